/** Rounding to a format (IEEE 754-2008, 4.3 and 7.4 to 7.6). */
import { defaultNaN, formatOf, infinity, largest, ones, pack, zero, type FpSize } from './format.ts';
import { Exception, Rounding, type Invalid, type Rules } from './rules.ts';

/** Position of the highest set bit plus one. */
export function bitLength(value: bigint): number {
  let length = 0;
  let rest = value;
  for (; rest >= 1n << 64n; rest >>= 64n) length += 64;
  const high = Number(rest >> 32n);
  return length + (high ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(rest)));
}

/** Whether what was cut off (`rest` of `1 << shift`) rounds the magnitude `kept` up. */
export function roundsUp(rounding: Rounding, sign: number, kept: bigint, rest: bigint, shift: number): boolean {
  if (rest === 0n) return false;
  const half = 1n << BigInt(shift - 1);
  switch (rounding) {
    case Rounding.TIEEVEN:
      return rest > half || (rest === half && (kept & 1n) === 1n);
    case Rounding.TIEAWAY:
      return rest >= half;
    case Rounding.POSINF:
      return sign === 0;
    case Rounding.NEGINF:
      return sign === 1;
    default:
      return false;
  }
}

const overflowsToInfinity = (rounding: Rounding, sign: number): boolean =>
  rounding === Rounding.TIEEVEN ||
  rounding === Rounding.TIEAWAY ||
  (rounding === Rounding.POSINF && sign === 0) ||
  (rounding === Rounding.NEGINF && sign === 1);

/**
 * (-1)^sign * mant * 2^exp, mant > 0, to the nearest number that `rounding` allows. `flush`: tiny results become zero.
 * `finiteOnly`: the format has neither infinities nor NaNs; overflow is invalid, and gives the largest number.
 */
export function round<S>(
  rules: Rules<S>,
  s: S,
  N: FpSize,
  sign: number,
  mant: bigint,
  exp: number,
  rounding: Rounding,
  flush = rules.flushes(s, N),
  finiteOnly = false,
): bigint {
  const { E, F, minimumExp } = formatOf(N);
  const exponent = exp + bitLength(mant) - 1;
  if (exponent < minimumExp) {
    if (flush) {
      rules.raise(s, Exception.UNDERFLOW);
      return zero(N, sign);
    }
    if (rules.traps?.(s, Exception.UNDERFLOW)) {
      rules.raise(s, Exception.UNDERFLOW);
      return wrapped(rules, s, N, sign, mant, exp + wrap(E), rounding);
    }
  }
  let biasedExp = Math.max(exponent - minimumExp + 1, 0);
  const shift = Math.max(exponent, minimumExp) - F - exp;
  let kept = shift > 0 ? mant >> BigInt(shift) : mant << BigInt(-shift);
  const rest = shift > 0 ? mant & ones(shift) : 0n;
  let inexact = rest !== 0n;
  let up = 0;
  if (biasedExp === 0 && inexact) rules.raise(s, Exception.UNDERFLOW);
  if (roundsUp(rounding, sign, kept, rest, shift)) {
    up = 1;
    kept++;
    if (kept === 1n << BigInt(F)) biasedExp = 1;
    if (kept === 1n << BigInt(F + 1)) {
      biasedExp++;
      kept >>= 1n;
    }
  }
  if (rounding === Rounding.ODD && inexact) kept |= 1n;

  let result = pack(N, sign, biasedExp, kept & ones(F));
  if (finiteOnly) {
    if (biasedExp >= 2 ** E) {
      rules.raise(s, Exception.INVALID);
      inexact = false;
      result = pack(N, sign, ones(E), ones(F));
    }
  } else if (biasedExp >= 2 ** E - 1) {
    rules.raise(s, Exception.OVERFLOW);
    if (rules.traps?.(s, Exception.OVERFLOW)) return wrapped(rules, s, N, sign, mant, exp - wrap(E), rounding);
    inexact = true;
    result = overflowsToInfinity(rounding, sign) ? infinity(N, sign) : largest(N, sign);
  }
  if (inexact) rules.raise(s, Exception.INEXACT, up);
  return result;
}

/** By how much the exponent of a trapped result is wrapped (IEEE 754-1985, 7.3): 192 and 1536. */
const wrap = (E: number): number => 3 << (E - 2);

/** What traps is rounded again with its exponent wrapped into the range; the fraction and the rounding are the same. */
function wrapped<S>(rules: Rules<S>, s: S, N: FpSize, sign: number, mant: bigint, exp: number, rounding: Rounding): bigint {
  return round({ ...rules, traps: () => false }, s, N, sign, mant, exp, rounding, false);
}

/** The default NaN of an operation without a result, reported as invalid. */
export function invalid<S>(rules: Rules<S>, s: S, N: FpSize, why: Invalid): bigint {
  rules.raise(s, Exception.INVALID, why);
  return defaultNaN(N);
}
