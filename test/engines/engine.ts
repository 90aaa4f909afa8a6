/**
 * What every execution of A64 instructions looks like to the tests: a few words run from a whole register state at
 * EL0, with one area of memory, and what that leaves. The oracle (tools/oracle) has the same map of memory.
 */

/** Where the words stand; zeros (UDF) around them, so that a run ends at the first word that isn't one of them. */
export const SEA = 0x1000_0000n;
export const SEA_SIZE = 0x1_0000;
export const CODE = SEA + 0x8000n;
/** The data area: readable and writable, all around it unmapped. */
export const DATA = 0x1002_0000n;
export const DATA_SIZE = 0x1_0000;
/** The most words that one run can have. */
export const MAX_WORDS = 16;

export interface State {
  /** X0..X30. */
  readonly x: readonly bigint[];
  readonly sp: bigint;
  /** N Z C V in bits 31..28. */
  readonly nzcv: number;
  readonly fpcr: number;
  readonly fpsr: number;
  /** V0..V31, 128 bits each. */
  readonly v: readonly bigint[];
  /** P0..P15 and FFR, 16 bits each. */
  readonly p: readonly number[];
}

/**
 * How a run ended: it left the words (pc says where to), or the instruction at pc was undefined, raised for its memory
 * access, or did something else (a breakpoint, a trap).
 */
export type Stop = 'left' | 'undefined' | 'memory' | 'other';

export interface Outcome extends State {
  readonly pc: bigint;
  readonly stop: Stop;
  /** Aligned 16-byte pieces of the data area that differ from what they were: offset and new bits. */
  readonly memory: ReadonlyMap<number, bigint>;
}

export interface Engine {
  readonly name: string;
  /** Runs from the first of `words` (at CODE) until another address is reached or an instruction raises. */
  run(words: Uint32Array, state: State): Outcome;
}

/** The words say something that can't be compared: they go round for ever, or write over themselves. */
export class Incomparable extends Error {
  override readonly name = 'Incomparable';
}

/** Name and value of everything that is in an outcome. */
export function* items(s: Outcome): Generator<[name: string, value: bigint | string]> {
  yield ['stop', s.stop];
  yield ['pc', s.pc];
  yield* stateItems(s);
  for (const [offset, bits] of [...s.memory].sort(([a], [b]) => a - b)) yield [`mem+${offset.toString(16)}`, bits];
}

export function* stateItems(s: State): Generator<[name: string, value: bigint]> {
  for (const [i, value] of s.x.entries()) yield [`x${i}`, value];
  yield ['sp', s.sp];
  yield ['nzcv', BigInt(s.nzcv)];
  yield ['fpcr', BigInt(s.fpcr)];
  yield ['fpsr', BigInt(s.fpsr)];
  for (const [i, value] of s.v.entries()) yield [`v${i}`, value];
  for (const [i, value] of s.p.entries()) yield [i === 16 ? 'ffr' : `p${i}`, BigInt(value)];
}

/** Names of what differs between two outcomes. */
export function differences(a: Outcome, b: Outcome): string[] {
  const left = new Map(items(a));
  const right = new Map(items(b));
  return [...new Set([...left.keys(), ...right.keys()])].filter(name => left.get(name) !== right.get(name));
}
