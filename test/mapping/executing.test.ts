/** Where instructions come from: issue 3, item 6. */
import { runEverywhere } from './machine.ts';
import { executing } from './programs/executing.ts';

runEverywhere(executing);
