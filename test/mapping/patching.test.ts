/** Self-modifying code: issue 3, item 6. */
import { runEverywhere } from './machine.ts';
import { patching } from './programs/patching.ts';

runEverywhere(patching);
