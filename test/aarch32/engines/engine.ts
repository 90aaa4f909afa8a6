/**
 * What every execution of A32 and T32 instructions looks like to the tests: a few instructions run from a whole register state in
 * User mode, with one area of memory, and what that leaves. Areas and their addresses are those of A64's (test/engines).
 */
import { CODE, type Stop } from '../../engines/engine.ts';

export { CODE, DATA, DATA_SIZE, Incomparable, SEA, SEA_SIZE, type Stop } from '../../engines/engine.ts';

/** The most bytes that the instructions of a run can have. */
export const MAX_BYTES = 128;
/**
 * What stands around the instructions, as a halfword that is UNDEFINED in A32 and in T32, wherever among such halfwords it is
 * entered: CDP2 of coprocessor 14.
 */
export const FILLER = 0xfe00;
/** Right behind T32 instructions stands a BKPT, which is unconditional even in an IT block that isn't over. */
export const BKPT = 0xbe00;

/** Bits of the CPSR. */
export const CPSR = { T: 1 << 5, E: 1 << 9, GE: 16, Q: 1 << 27 } as const;
/** ITSTATE, which lies there in two parts. */
export const ITSTATEOf = (cpsr: number): number => ((cpsr >>> 25) & 3) | (((cpsr >>> 10) & 0x3f) << 2);
export const withITSTATE = (cpsr: number, ITSTATE: number): number => ((cpsr & ~0x0600_fc00) | ((ITSTATE & 3) << 25) | ((ITSTATE >>> 2) << 10)) >>> 0;

export interface State {
  /** R0..R14. */
  readonly r: readonly number[];
  /** N Z C V, Q, GE, IT and T, where the CPSR has them; nothing else of it. */
  readonly cpsr: number;
  readonly fpscr: number;
  /** Q0..Q15, 128 bits each. */
  readonly q: readonly bigint[];
}

/** 'left' etc. are as for A64. */
export interface Outcome extends State {
  readonly pc: number;
  readonly stop: Stop;
  /** Aligned 16-byte pieces of the data area that differ from what they were: offset and new bits. */
  readonly memory: ReadonlyMap<number, bigint>;
}

export interface Engine {
  readonly name: string;
  /** Runs from the first of the code (at CODE) until another address is reached or an instruction raises. */
  run(code: Code, state: State): Outcome;
}

/** Instructions, of the set that CPSR.T names, one behind the other; from each index in `switches` on they are of the other set. */
export interface Code {
  readonly words: Uint32Array;
  readonly switches?: readonly number[];
}

export const isT32 = ({ cpsr }: Pick<State, 'cpsr'>): boolean => (cpsr & CPSR.T) !== 0;

/** Of an instruction that begins with this halfword (F3.1). */
export const hasTwoHalfwords = (first: number): boolean => first >>> 11 >= 0b11101;

/** The bytes of an instruction; a T32 instruction of one halfword is the upper half of its word. */
export const bytesOf = (word: number, thumb: boolean): 2 | 4 => (thumb && !hasTwoHalfwords(word >>> 16) ? 2 : 4);

export interface Placed {
  readonly at: number;
  readonly word: number;
  readonly thumb: boolean;
}

/** Where instructions stand. */
export function placed({ words, switches = [] }: Code, state: Pick<State, 'cpsr'>): Placed[] {
  let thumb = isT32(state);
  let at = Number(CODE);
  return Array.from(words, (word, i) => {
    if (switches.includes(i)) thumb = !thumb;
    const place = { at, word, thumb };
    at += bytesOf(word, thumb);
    return place;
  });
}

/** What memory holds from CODE on, in halfwords: a word of A32 lies as one number, T32's halfwords one after the other. */
export function inMemory(places: readonly Placed[]): Uint16Array<ArrayBuffer> {
  const halves = places.flatMap(({ word, thumb }) => {
    const [upper, lower] = [word >>> 16, word & 0xffff];
    return thumb ? (bytesOf(word, true) === 2 ? [upper] : [upper, lower]) : [lower, upper];
  });
  if (places.at(-1)?.thumb) halves.push(BKPT);
  return Uint16Array.from(halves);
}

/** Whether an outcome's PC is that of an instruction, in its own set. */
export const isInside = (places: readonly Placed[], { pc, cpsr }: Pick<Outcome, 'pc' | 'cpsr'>): boolean =>
  places.some(({ at, thumb }) => at === pc && thumb === isT32({ cpsr }));

/** Name and value of everything that is in an outcome. */
export function* items(s: Outcome): Generator<[name: string, value: bigint | string]> {
  yield ['stop', s.stop];
  yield ['pc', BigInt(s.pc)];
  yield* stateItems(s);
  for (const [offset, bits] of [...s.memory].sort(([a], [b]) => a - b)) yield [`mem+${offset.toString(16)}`, bits];
}

export function* stateItems(s: State): Generator<[name: string, value: bigint]> {
  for (const [i, value] of s.r.entries()) yield [`r${i}`, BigInt(value)];
  yield ['cpsr', BigInt(s.cpsr)];
  yield ['fpscr', BigInt(s.fpscr)];
  for (const [i, value] of s.q.entries()) yield [`q${i}`, value];
}

/** Names of what differs between two outcomes. */
export function differences(a: Outcome, b: Outcome): string[] {
  const left = new Map(items(a));
  const right = new Map(items(b));
  return [...new Set([...left.keys(), ...right.keys()])].filter(name => left.get(name) !== right.get(name));
}

/** What `outcome` of the one instruction at CODE changes in `before`, as golden vectors have it; without `pc` the next one follows. */
export function changes(word: number, before: State, outcome: Outcome): string {
  const next = CODE + BigInt(bytesOf(word, isT32(before)));
  const was = new Map<string, bigint | string>([...stateItems(before), ['pc', next], ['stop', 'left']]);
  return [...items(outcome)].filter(([name, value]) => was.get(name) !== value)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : value.toString(16)}`).join(' ');
}
