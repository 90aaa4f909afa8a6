/** Mappings that change: issue 3, item 6. */
import { runEverywhere } from './machine.ts';
import { remapping } from './programs/remapping.ts';

runEverywhere(remapping);
