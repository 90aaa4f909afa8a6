/**
 * What a guest folder exports to the engine, and what the engine offers a guest's CPU.
 * The engine knows a guest by these interfaces only.
 */
import type { Arena } from '../base/arena.ts';
import { array, u32, u64, v128, type Field, type Layout, type Shapes } from '../base/layout.ts';
import type { Log } from '../base/log.ts';
import type { Decoder } from './decode.ts';
import { HELPER_ARGS } from './call.ts';
import type { Insn } from './insn.ts';

/**
 * What is counted of the instructions that were executed, where a guest asks for it: places in `tally`. Loads, stores and
 * accesses are what goes to memory by the engine; branches are direct ones, taken or not; jumps go to computed addresses,
 * returns are among them.
 */
export const TALLY = { instructions: 0, loads: 1, stores: 2, accesses: 3, branches: 4, jumps: 5, returns: 6 } as const;
export const TALLIES = 8;

/** What the engine keeps in every CPU's state, at its start; a guest's layout begins with these: `{...engineState, …}`. */
export const engineState = {
  /** Address of the next instruction; inside a unit it is written only where the unit leaves. */
  pc: u64,
  /** Virtual address of the page that the running unit's code lies in. */
  pcPage: u64,
  /** Not 0: leave at the next unit entry or back-edge. Any thread may set it. */
  request: u32,
  /** The translation mode (GuestCpu.modeKey) together with the translation space: what a found unit must match. */
  unitKey: u32,
  /** Arena addresses of the current TLB tables: for the current privilege, and for unprivileged accesses. */
  tlb: u32,
  tlbUnprivileged: u32,
  /** Arena address of the hash (PC, unitKey) to unit. */
  jumpCache: u32,
  /** Arena address of the predecoded block that the jump cache just found (cold tier). */
  coldRecord: u32,
  /** Instructions that may still be run before the unit must leave (counted runs only; may go below 0 inside). */
  budgetLeft: u32,
  /** Non-zero as long as every floating-point operation may take its fast path; the guest says what that means. */
  fpFast: u32,
  /** Not 0: other CPUs may not have done yet what this one asked them to (CpuEnv.broadcast). */
  broadcasts: u32,
  /** Counts since the start, modulo 2^64, of what was executed while they were kept (GuestCpu.tallyLimit). */
  tally: array(u64, TALLIES),
  arg: array(v128, HELPER_ARGS),
  result: array(v128, 2),
} satisfies Shapes;

/**
 * Thrown by helpers and by memory accesses to leave the instruction: an exception, or an exit to whoever runs the
 * CPU. Not an Error: nobody wants the stack, and making one is what costs.
 */
export abstract class GuestEvent {
  /** One line for `-d int`. */
  abstract describe(): string;
}

export type AccessKind = 'read' | 'write' | 'fetch';

/** A translated page, or the part of one for which the answer holds. */
export interface Translation {
  /** Guest physical address of `va`. */
  readonly pa: number;
  /** Whether a write may go through the same entry without being looked at again. */
  readonly writable: boolean;
  /** log2 of the bytes around `va` that are mapped alike (12 or more). */
  readonly pageBits: number;
  /** Device memory: unaligned accesses fault. */
  readonly device: boolean;
  /** Of a fetch: what the page adds to the mode key of the code in it, below 4096. Nothing, where it is left out. */
  readonly codeMode?: number;
}

/**
 * What of a CPU is looked at while it runs, for breakpoints and the like: of the guest's own, or of a debugger outside. What isn't
 * asked for here costs nothing.
 */
export interface GuestDebugging {
  /** Every instruction is run by itself, after `beforeFetch` and `beforeInstruction` were asked. */
  readonly steps: boolean;
  /** Addresses of instructions at which `beforeInstruction` is asked. */
  readonly stops: readonly bigint[];
  /** Accesses to pages of these ranges are asked for by `access`; bits 51..0 of their addresses count. */
  readonly watched: readonly (readonly [first: bigint, bytes: bigint])[];
  /** With PC at what would be fetched. An event comes in the place of the instruction. */
  beforeFetch(): GuestEvent | undefined;
  /** With PC at the instruction, which has been found. */
  beforeInstruction(word: number): GuestEvent | undefined;
  /** Before an access of so many bytes, which has no fault. 'modify': it reads and writes. */
  access(va: bigint, bytes: number, kind: 'read' | 'write' | 'modify', unprivileged: boolean): GuestEvent | undefined;
}

/** One CPU of a guest: everything about it that generated code does not do itself. */
export interface GuestCpu {
  readonly debug?: GuestDebugging;
  /** Everything but the PC that changes what code means: at most 16 bits. */
  modeKey(): number;
  /** Identity of the current address space: the same number means the same translations, unless `flush` was called between. */
  spaceKey(): bigint;
  /**
   * The same for a part of the address space in which code and data of the current mode usually lie (the kernel's) and
   * that is the same in many spaces: what is cached of it outlives a change of the rest. Undefined where there is none.
   */
  upperSpaceKey?(): bigint | undefined;
  /** Whether an address with this high half belongs to that part. */
  inUpperSpace?(high: number): boolean;
  /** Which table of the space an access uses: 0..3, e.g. by privilege. */
  mmuIndex(unprivileged: boolean): number;
  /** Throws a GuestEvent where the access is not allowed. A fetch is of PC, and may write PC: its canonical form. */
  translate(va: bigint, kind: AccessKind, unprivileged: boolean): Translation;
  /** The event of an access that no memory or device answers. */
  externalAbort(va: bigint, kind: AccessKind, unprivileged: boolean): GuestEvent;
  /** The event of an access that is not aligned as its kind or memory type asks. */
  alignmentFault(va: bigint, kind: AccessKind, unprivileged: boolean): GuestEvent;
  /** The event of a word that is no instruction of this CPU. */
  undefinedInstruction(word: number): GuestEvent;
  /** The event of an instruction whose `requires` is not met in the current mode. */
  requirementEvent?(requires: string, word: number): GuestEvent;
  /**
   * Takes an event that was thrown with PC at the instruction that threw it: an exception changes the state, an exit
   * is returned for the run loop.
   */
  deliver(event: GuestEvent): GuestExit | undefined;
  /**
   * How many instructions may be run before this is asked again, while the tally is kept; 0: nobody needs it. Asked before
   * the CPU runs, when so many were run, and after `CpuEnv.tally.changed`.
   */
  tallyLimit?(): number;
  /** Takes the most urgent pending interrupt that isn't masked; whether there was one. */
  takeInterrupt(): boolean;
  /** What another CPU of the machine broadcast. */
  receive?(operation: number, value: bigint): void;
}

/** Why a CPU came back from running, as the guest folder sees it. `kvm/<arch>` turns it into KVM's exits. */
export interface GuestExit {
  readonly kind: string;
}

/** What the engine offers a guest's CPU. */
export interface CpuEnv {
  readonly arena: Arena;
  /** Arena address of this CPU's state. */
  readonly base: number;
  readonly log: Log;
  /** Mode, space or MMU index may have changed: the engine asks again before the next unit. */
  modeChanged(): void;
  /** `stops` or `watched` of `GuestCpu.debug` are others than before. */
  debugChanged?(): void;
  /** Where the engine can keep a tally of what is executed. */
  readonly tally?: {
    /** `GuestCpu.tallyLimit` is asked again before the next unit. */
    changed(): void;
    /** Whoever runs the CPU gives it a number of instructions instead of time. */
    counted(): boolean;
  };
  /** Interrupts that were held back may have become deliverable: `takeInterrupt` is asked before the next unit. */
  interruptsChanged(): void;
  /** Forgets this CPU's cached translations: all, or those of a virtual page of `1 << pageBits` bytes in every space. */
  flushTlb(): void;
  flushTlbPage(va: bigint, pageBits: number): void;
  /**
   * Has every other CPU of the machine do `GuestCpu.receive` with this. One that runs on another thread may still be about
   * to: `broadcasts` in the state is not 0 then until it is known that they all have. Absent: the CPU is alone.
   */
  broadcast?(operation: number, value: bigint): void;
  /** Waits for that. Called from `GuestCpu.deliver` only: a CPU that waits may be asked for something by those it waits for. */
  awaitBroadcasts?(): void;
  /**
   * The guest says that these bytes of RAM, or everything (`bytes` undefined), hold other code than before. What CPUs of the
   * same thread store is seen without it; others are told, as by a broadcast.
   */
  codeChanged?(pa: number, bytes: number | undefined): void;
  /** Arena address of guest-physical RAM, or -1 where there is none (page-table walks). */
  ram(pa: number, bytes: number): number;
  /** The same of RAM that the MMU is about to write; -1 also where it is read-only. Code in it is forgotten. */
  ramForWrite(pa: number, bytes: number): number;
}

/**
 * Instructions of halfwords, the first of which is at the top of the instruction's word; below one that stands alone there are
 * zeros.
 */
export interface HalfwordCode {
  in(modeKey: number): boolean;
  /** Whether an instruction that begins so has two. */
  two(first: number): boolean;
  /**
   * The mode of what follows this instruction in line: some say how the next ones are to be understood. Branches leave with the
   * mode that the unit began with, or look up what is there.
   */
  modeBehind(modeKey: number, word: number): number;
}

/** Bytes of an instruction. */
export const bytesOf = ({ halfwords }: Pick<GuestArch, 'halfwords'>, modeKey: number, word: number): 2 | 4 =>
  (halfwords?.in(modeKey) && !halfwords.two(word >>> 16) ? 2 : 4);

export interface GuestArch<Cpu extends GuestCpu = GuestCpu, Options = unknown> {
  readonly name: string;
  readonly layout: Layout<typeof engineState & Shapes>;
  readonly decoder: Decoder;
  /** State fields that generated code may keep in locals: those that only instructions and this CPU's own helpers write. */
  readonly cached: readonly Field[];
  /** Array slots that always read as zero, and those that are written in vain: [field, index]. */
  readonly zeroSlots: readonly (readonly [Field, number])[];
  readonly sinkSlots: readonly (readonly [Field, number])[];
  /** Bytes of an instruction are most significant first in this mode. */
  bigEndianCode(modeKey: number): boolean;
  /** Modes whose instructions are of one or two halfwords; all are words, where it is left out. */
  readonly halfwords?: HalfwordCode;
  /** Data accesses that say nothing else are big-endian in this mode; never, where it is left out. */
  bigEndianData?(modeKey: number): boolean;
  /** Every data access must be a multiple of its size in this mode; never, where it is left out. */
  alignedData?(modeKey: number): boolean;
  /** What meanings may know of the mode (`Builder.mode`), such as the width of addresses; 0, where it is left out. */
  stagedMode?(modeKey: number): number;
  /**
   * What is done where code is entered at `word`, before its instruction: for a check that instructions in a row don't
   * need. Its fields are the word's. Nothing, where it is left out.
   */
  entry?(word: number, modeKey: number): Insn | undefined;
  /** Whether an instruction with this `requires` runs in this mode; else it raises `requirementEvent`. */
  requirementMet?(modeKey: number, requires: string): boolean;
  createCpu(env: CpuEnv, options: Options): Cpu;
}

/** What a mode changes about what instructions do. */
export interface Meaning {
  readonly bigEndianData: boolean;
  readonly alignedData: boolean;
  readonly staged: number;
}

export const meaningIn = (arch: GuestArch, modeKey: number): Meaning => ({
  bigEndianData: arch.bigEndianData?.(modeKey) ?? false,
  alignedData: arch.alignedData?.(modeKey) ?? false,
  staged: arch.stagedMode?.(modeKey) ?? 0,
});

/** Whether an instruction has what it requires of the mode. */
export const runsIn = (arch: GuestArch, { requires }: Insn, modeKey: number): boolean =>
  requires === undefined || (arch.requirementMet?.(modeKey, requires) ?? true);
