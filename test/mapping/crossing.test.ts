/** Accesses over the end of a page: issue 3, item 6. */
import { runEverywhere, twoWays } from './machine.ts';
import { crossing } from './programs/crossing.ts';

runEverywhere(crossing, { ways: twoWays });
