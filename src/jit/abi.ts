/**
 * What generated code, the static code and the run loop agree on: exit codes, the TLB's and the jump cache's shapes,
 * the imports. A unit is a function (cpu) → exit code.
 */
import { I32 } from '../wasm/opcodes.ts';
import type { Signature } from '../wasm/module.ts';

/** Why generated code returned. The PC is in the state. */
export const exit = {
  /** Nothing is known at PC: translate. */
  lookup: 1,
  /** The request word was seen; nothing of the unit was executed. */
  request: 2,
  /** A helper or a memory access left an event with the CPU. */
  raised: 3,
  /** The word at PC is no instruction. */
  undefined: 5,
  /** The instruction at PC needs what the mode does not allow. */
  requirement: 6,
  /** The cold block at PC has been run often enough. */
  hot: 7,
  /** The budget does not cover the unit. */
  budget: 8,
} as const;

/** A TLB table is direct-mapped by virtual page: what 16 MiB in a row need, as a miss costs a hundred times what a hit does. */
export const TLB_ENTRIES = 4096;
export const TLB_ENTRY_BYTES = 32;
export const TLB_TABLE_BYTES = TLB_ENTRIES * TLB_ENTRY_BYTES;
/** Fields of an entry: tags are the page's address, or odd when invalid; the addend leads from VA to arena, modulo 2^32. */
export const tlbEntry = { readTag: 0, writeTag: 8, addend: 16 } as const;
export const PAGE = 4096;

/** The jump cache: hash of PC to unit, entries of 20 bytes padded to 32. */
export const JUMP_ENTRIES = 32768;
export const JUMP_ENTRY_BYTES = 32;
export const jumpEntry = { pc: 0, key: 8, unit: 12, record: 16 } as const;

/**
 * A cold block: a header, then one record an instruction, each with the table slot of its handler. A handler goes to the
 * next record's by itself. In counted blocks a record that takes one from the budget precedes each; the last one goes on
 * at the block's end. A record that goes to a known place has a link: the address of the cold block there, or 0.
 */
export const coldHeader = { heat: 0, pcOffset: 4, size: 16 } as const;
export const coldRecord = { handler: 0, pcOffset: 4, fields: 8 } as const;
/** The record behind a block's last instruction. */
export const endRecord = { link: 8, size: 16 } as const;

/** Table slots of the static code. Slot 0 means "no unit" in link cells, so nothing is ever put there. */
export const staticSlots = { cold: 1, count: 2, end: 3, stale: 4, next: 5 } as const;

const numbers = (n: number): number[] => Array.from({ length: n }, () => I32);
const returnsI32 = (params: number[]): Signature => ({ params, results: [I32] });

/** Imports of every module, in order: their index is their function number. */
export const imports: readonly (readonly [name: string, signature: Signature])[] = [
  // (cpu, address low, high, descriptor) → not 0: leave. A result is in the state's `result`.
  ['load', returnsI32(numbers(4))],
  // The value is in argument slots 0 and 1.
  ['store', returnsI32(numbers(4))],
  ['atomic', returnsI32(numbers(4))],
  ['helper', returnsI32(numbers(2))],
];
export const importIndex = { load: 0, store: 1, atomic: 2, helper: 3 } as const;

/** Byte offsets of the engine's fields in a CPU's state. */
export interface StateOffsets {
  readonly pc: number;
  readonly pcPage: number;
  readonly request: number;
  readonly unitKey: number;
  readonly tlb: number;
  readonly tlbUnprivileged: number;
  readonly jumpCache: number;
  readonly coldRecord: number;
  readonly budgetLeft: number;
  readonly tally: number;
  readonly arg: number;
  readonly result: number;
  /** CPUs run on several threads: what the guest orders has to be ordered for them. */
  readonly threads: boolean;
}
