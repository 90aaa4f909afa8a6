/** Tables in awkward places, and what the MMU writes into them: issue 3, item 6. */
import { runEverywhere } from './machine.ts';
import { romTable, tables } from './programs/tables.ts';

runEverywhere(tables, { prepare: machine => machine.arena.u64.set(romTable, machine.rom / 8) });
