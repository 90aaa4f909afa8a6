/** Operands that floating point goes wrong on, and the modes to try them in: for tools/oracle/fp.ts and test/fp-modes.test.ts. */
import type { Random } from '../../src/base/random.ts';
import { DATA, type State } from './engine.ts';
import { predicate } from './inputs.ts';

export type Lane = 16 | 32 | 64;

const formats = { 16: { E: 5, F: 10 }, 32: { E: 8, F: 23 }, 64: { E: 11, F: 52 } } as const;

/** A fraction of few bits, or of nearly all: exact results, ties, and the carries of rounding. */
function fraction(random: Random, F: number): bigint {
  const all = (1n << BigInt(F)) - 1n;
  const some = BigInt.asUintN(F, random.u64());
  switch (random.below(8)) {
    case 0: return 0n;
    case 1: return 1n << BigInt(random.below(F));
    case 2: return all;
    case 3: return all ^ (1n << BigInt(random.below(F)));
    case 4: return some & ~(all >> BigInt(random.below(F)));
    case 5: return some & 3n;
    default: return some;
  }
}

/** Exponents near the ends, near one, and where integers of some size end. */
function exponent(random: Random, E: number, F: number): number {
  const top = 2 ** E - 1;
  const bias = top >> 1;
  const near = random.below(5) - 2;
  const at = random.pick([0, 0, 1, F, bias - F, bias, bias, bias, bias + 1, bias + F, bias + 8, bias + 15, bias + 16, bias + 31, bias + 32,
    bias + 63, bias + 64, (bias * 3) >> 1, bias >> 1, top - 1, top - 1, top - F, random.below(top)]);
  return Math.min(Math.max(at + near, 0), top - 1);
}

export function floatOf(random: Random, lane: Lane): bigint {
  const { E, F } = formats[lane];
  const sign = BigInt(random.below(2)) << BigInt(lane - 1);
  const infinity = (2n ** BigInt(E) - 1n) << BigInt(F);
  const quiet = 1n << BigInt(F - 1);
  switch (random.below(20)) {
    case 0: return sign;
    case 1: return sign | infinity;
    case 2: return sign | infinity | quiet | (random.chance(0.5) ? 0n : fraction(random, F));
    case 3: return sign | infinity | (fraction(random, F) & (quiet - 1n)) | 1n;
    case 4: return sign | fraction(random, F);
    case 5: return sign | (infinity - 1n);
    case 6: return sign | (1n << BigInt(F));
    default: return sign | (BigInt(exponent(random, E, F)) << BigInt(F)) | fraction(random, F);
  }
}

/** Often a neighbour or the opposite of another lane's value: cancellation, equality, quotients near one. */
function lanes(random: Random, lane: Lane): bigint {
  let all = 0n;
  for (let at = 0; at < 128; at += lane) all |= floatOf(random, lane) << BigInt(at);
  return all;
}

function vectors(random: Random, lane: Lane): bigint[] {
  const made: bigint[] = [];
  for (let r = 0; r < 32; r++) {
    const other = made[random.below(Math.max(r, 1))];
    if (other === undefined || random.chance(0.6)) made.push(lanes(random, lane));
    else if (random.chance(0.5)) made.push(other ^ (1n << BigInt(random.below(128))));
    else made.push(other ^ (1n << 127n) ^ (1n << BigInt(lane - 1)) ^ BigInt(random.below(4)));
  }
  return made;
}

/** Integers that have just too many bits, ties, and the ends of the ranges. */
function integer(random: Random): bigint {
  const at = BigInt(random.below(65));
  const near = (1n << at) + BigInt(random.below(5) - 2);
  switch (random.below(5)) {
    case 0: return BigInt.asUintN(64, near);
    case 1: return BigInt.asUintN(64, -near);
    case 2: return BigInt.asUintN(64, near + (1n << BigInt(random.below(64))));
    case 3: return BigInt.asUintN(64, BigInt.asIntN(64, random.u64()) >> BigInt(random.below(64)));
    default: return random.u64();
  }
}

/** RMode, FZ, DN, AHP and FZ16 in all combinations, zero more often. */
export const modes = (random: Random): number =>
  random.chance(0.25) ? 0 : random.below(32) << 22 | random.below(2) << 19;

const FPSR_IXC = 0x10;

export function fpState(random: Random, lane: Lane): State {
  return {
    x: Array.from({ length: 31 }, () => integer(random)),
    sp: DATA,
    nzcv: random.below(16) * 2 ** 28,
    fpcr: modes(random),
    fpsr: random.chance(0.5) ? 0 : random.chance(0.6) ? FPSR_IXC : random.u32() & 0x0800_009f,
    v: vectors(random, lane),
    p: Array.from({ length: 17 }, () => (random.chance(0.4) ? 0xffff : predicate(random))),
  };
}

/** Most of SVE's instructions have it in bits 23 and 22. */
const sizeOfSVE = (word: number): number => Math.max(16, 8 << ((word >>> 22) & 3));

/** The size of the floats that an instruction works on, if its name tells; now and then another one. */
export function laneOf(name: string, random: Random, word: number): Lane {
  const size = /\b(16|32|64)\b/.exec(name)?.[1] ?? (name.startsWith('SVE ') ? sizeOfSVE(word) : undefined);
  return size !== undefined && random.chance(0.85) ? (Number(size) as Lane) : random.pick([16, 32, 64] as const);
}

/** The groups of instructions that FPCR means anything to, and those that only look at floats. */
export const floatingPoint = /^fp-|^simd-fp|bfloat|^simd-two-misc$|^sve-fp/;
