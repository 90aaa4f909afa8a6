/**
 * What the block fuzzer has to know of a guest. A block is a few dozen instructions that are run from one register state;
 * an instruction that raises is noted down and skipped, so that all of a block is run. QEMU and our engines leave the same
 * record of it, an array of doublewords that can be compared as a whole.
 */
import type { Random } from '../../../src/base/random.ts';
import type { CpuEnv, GuestArch, GuestCpu, GuestEvent } from '../../../src/isa/arch.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import type { Insn } from '../../../src/isa/insn.ts';

/** Block n stands at CODE + n * BLOCK_BYTES; what its words leave of that is filled with a word that is no instruction. */
export const CODE = 0x1000_0000;
export const BLOCK_BYTES = 256;
export const BLOCK_WORDS = BLOCK_BYTES / 4;
export const MAX_WORDS = 48;
/** Blocks in a batch at most. */
export const BATCH = 1024;
export const CODE_BYTES = BATCH * BLOCK_BYTES;
/** Readable and writable, all around it unmapped; it holds the same at the start of each block. */
export const DATA = 0x1400_0000;
export const DATA_BYTES = 0x2000;
/** Pieces of 16 bytes of the data area that a record has room for. */
export const MAX_CHANGES = 40;

/** Doublewords in front of the registers of a record: the PC that ended the block, and two sets of instructions as bits. */
export const RECORD = { pc: 0, memory: 1, other: 2, slots: 3 } as const;

/** Words of the code that are run from one state, until something raises outside of them. */
export interface Piece {
  /** Index of the first word in the code. */
  readonly first: number;
  /** In words. */
  readonly length: number;
  /** A doubleword for each of the target's slots. */
  readonly state: BigUint64Array;
}

/** The code stays as it is for all pieces, as any of them may load from it or branch to it. */
export interface Batch {
  readonly code: Uint32Array;
  readonly pieces: readonly Piece[];
}

export const wordsOf = (code: Uint32Array, { first, length }: Piece): Uint32Array => code.subarray(first, first + length);

export interface Target<Cpu extends GuestCpu = GuestCpu> {
  readonly name: string;
  readonly groups: Readonly<Record<string, readonly Insn[]>>;
  /** The guest with a decoder that knows every instruction. */
  readonly arch: GuestArch<Cpu, never>;
  readonly decoder: Decoder;
  /** Names of the registers; one of 128 bits has two slots, of which the first is the less significant. */
  readonly slots: readonly string[];
  /** Both instructions and data. */
  readonly bigEndian: boolean;
  /** A word that is no instruction. */
  readonly trap: number;
  /** One that does nothing. */
  readonly nop: number;
  /** Bits of an address that are looked at. */
  readonly addressBits: number;
  /** An instance of `insn` for one of the last `left` places of a block; undefined: it has none that can be compared. */
  randomWord(insn: Insn, random: Random, left: number): number | undefined;
  /** For a block of `length` words at `start`. */
  randomState(random: Random, start: number, length: number): BigUint64Array;
  createCpu(env: CpuEnv): Cpu;
  /** Makes the CPU anew in user mode with these registers. The PC is the caller's. */
  put(cpu: Cpu, state: BigUint64Array): void;
  get(cpu: Cpu, to: BigUint64Array): void;
  /** What a raised instruction changes besides: QEMU's kernel was entered. */
  raised(cpu: Cpu): void;
  /** Whether the event is a fault of an access to data (SIGSEGV, SIGBUS). */
  isMemory(event: GuestEvent): boolean;
  /** Why QEMU may leave another record of a block, in which the instructions with a bit in `faulted` faulted; or undefined. */
  blockDeviation(words: Uint32Array, faulted: bigint): string | undefined;
  /** The same of one instruction that is run by itself. */
  instructionDeviation(insn: Insn, word: number, before: BigUint64Array, ours: BigUint64Array, theirs: BigUint64Array): string | undefined;
  /** QEMU and its arguments, without the program. */
  readonly command: readonly [string, ...string[]];
  /**
   * The program for QEMU: an executable that runs blocks and writes their records to standard output, in the guest's order of
   * bytes. `cases`: for each piece its address and bytes, then its slots.
   */
  program(code: Uint32Array, cases: BigUint64Array, data: Uint8Array): Uint8Array;
  disassemble(word: number, pc: number): string;
}

export const recordWords = (target: Pick<Target, 'slots'>): number => RECORD.slots + target.slots.length + 1 + 3 * MAX_CHANGES;
export const caseWords = (target: Pick<Target, 'slots'>): number => 2 + target.slots.length;
