/**
 * What every execution of PowerPC instructions looks like to the tests: a few words run from a whole register state in
 * user mode, with one area of memory (test/engines/engine.ts has its place), and what that leaves.
 */
import { CODE, DATA, DATA_SIZE, Incomparable, MAX_WORDS, SEA, SEA_SIZE, type Stop } from '../../engines/engine.ts';

export { CODE, DATA, DATA_SIZE, Incomparable, MAX_WORDS, SEA, SEA_SIZE, type Stop };

/** By the names of QEMU's user-mode emulators. */
export const variants = {
  ppc64le: { model: 'power9', bits: 64, bigEndian: false },
  ppc64: { model: 'power9', bits: 64, bigEndian: true },
  ppc: { model: 7400, bits: 32, bigEndian: true },
} as const;
export type VariantName = keyof typeof variants;
export const variantNames = Object.keys(variants) as VariantName[];

export interface State {
  readonly gpr: readonly bigint[];
  readonly cr: number;
  readonly xer: number;
  readonly lr: bigint;
  readonly ctr: bigint;
  readonly fpr: readonly bigint[];
  readonly fpscr: number;
  /** Byte element 0 of the manual is the most significant. */
  readonly vr: readonly bigint[];
  readonly vscr: number;
  readonly vrsave: number;
}

export interface Outcome extends State {
  readonly pc: bigint;
  readonly stop: Stop;
  /** Aligned 16-byte pieces of the data area that differ from what they were: offset and new bytes, the first one least significant. */
  readonly memory: ReadonlyMap<number, bigint>;
}

export interface Engine {
  readonly name: string;
  readonly variant: VariantName;
  /** Runs from the first of `words` (at CODE) until another address is reached or an instruction raises. */
  run(words: Uint32Array, state: State): Outcome;
}

/** Name and value of everything that is in an outcome. */
export function* items(s: Outcome): Generator<[name: string, value: bigint | string]> {
  yield ['stop', s.stop];
  yield ['pc', s.pc];
  yield* stateItems(s);
  for (const [offset, bits] of [...s.memory].sort(([a], [b]) => a - b)) yield [`mem+${offset.toString(16)}`, bits];
}

export function* stateItems(s: State): Generator<[name: string, value: bigint]> {
  for (const [i, value] of s.gpr.entries()) yield [`r${i}`, value];
  yield ['cr', BigInt(s.cr)];
  yield ['xer', BigInt(s.xer)];
  yield ['lr', s.lr];
  yield ['ctr', s.ctr];
  for (const [i, value] of s.fpr.entries()) yield [`f${i}`, value];
  yield ['fpscr', BigInt(s.fpscr)];
  for (const [i, value] of s.vr.entries()) yield [`v${i}`, value];
  yield ['vscr', BigInt(s.vscr)];
  yield ['vrsave', BigInt(s.vrsave)];
}

/** Whether nothing differs, quicker than by name. */
export function equal(a: Outcome, b: Outcome): boolean {
  const [{ gpr, fpr, vr, memory }, others] = [a, b];
  return a.stop === b.stop && a.pc === b.pc && a.cr === b.cr && a.xer === b.xer && a.lr === b.lr && a.ctr === b.ctr &&
    a.fpscr === b.fpscr && a.vscr === b.vscr && a.vrsave === b.vrsave &&
    gpr.every((value, r) => value === others.gpr[r]) && fpr.every((value, r) => value === others.fpr[r]) && vr.every((value, r) => value === others.vr[r]) &&
    memory.size === others.memory.size && [...memory].every(([offset, bits]) => others.memory.get(offset) === bits);
}

/** Names of what differs between two outcomes. */
export function differences(a: Outcome, b: Outcome): string[] {
  const left = new Map(items(a));
  const right = new Map(items(b));
  return [...new Set([...left.keys(), ...right.keys()])].filter(name => left.get(name) !== right.get(name));
}

/** What `outcome` of the one word at CODE changes in `before`, as a golden vector has it (test/engines/golden.ts). */
export function changes(before: State, outcome: Outcome): string {
  const was = new Map<string, bigint | string>([...stateItems(before), ['pc', CODE + 4n], ['stop', 'left']]);
  return [...items(outcome)].filter(([name, value]) => was.get(name) !== value)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : value.toString(16)}`).join(' ');
}
