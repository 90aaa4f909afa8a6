/** Conversions to and from integers and to integral numbers (IEEE 754-2008, 5.3.1 and 5.4.1). */
import { infinity, ones, zero, type FpSize, type Unpacked } from './format.ts';
import { round, roundsUp } from './round.ts';
import { Exception, Invalid, Rounding, type Rules } from './rules.ts';

/** |x| * 2 ** fbits rounded to an integer. */
export function rounded(x: Unpacked, fbits: number, rounding: Rounding): { magnitude: bigint; inexact: boolean; up: 0 | 1 } {
  const exp = x.exp + fbits;
  if (exp >= 0) return { magnitude: x.mant << BigInt(exp), inexact: false, up: 0 };
  const kept = x.mant >> BigInt(-exp);
  const rest = x.mant & ones(-exp);
  const up = roundsUp(rounding, x.sign, kept, rest, -exp);
  return { magnitude: up ? kept + 1n : kept, inexact: rest !== 0n, up: up ? 1 : 0 };
}

/** A number or infinity, which is no NaN, to an integer of M bits with `fbits` fraction bits, saturating; given as M unsigned bits. */
export function toInteger<S>(rules: Rules<S>, s: S, x: Unpacked, M: number, fbits: number, unsigned: boolean, rounding: Rounding): bigint {
  const highest = unsigned ? ones(M) : ones(M - 1);
  const lowest = unsigned ? 0n : -(1n << BigInt(M - 1));
  if (x.type === 'infinity') {
    rules.raise(s, Exception.INVALID, Invalid.CONVERSION);
    return BigInt.asUintN(M, x.sign ? lowest : highest);
  }
  const { magnitude, inexact, up } = rounded(x, fbits, rounding);
  const value = x.sign ? -magnitude : magnitude;
  if (value > highest || value < lowest) {
    rules.raise(s, Exception.INVALID, Invalid.CONVERSION);
    return BigInt.asUintN(M, value > highest ? highest : lowest);
  }
  if (inexact) rules.raise(s, Exception.INEXACT, up);
  return BigInt.asUintN(M, value);
}

/** Of an integer of M bits with `fbits` fraction bits. */
export function fromInteger<S>(
  rules: Rules<S>,
  s: S,
  M: number,
  N: FpSize,
  op: bigint,
  fbits: number,
  unsigned: boolean,
  rounding: Rounding,
): bigint {
  const value = unsigned ? op : BigInt.asIntN(M, op);
  if (value === 0n) return zero(N, 0);
  return value < 0n ? round(rules, s, N, 1, -value, -fbits, rounding) : round(rules, s, N, 0, value, -fbits, rounding);
}

/** To an integral number of the same format. `exact` reports inexactness. */
export function toIntegral<S>(rules: Rules<S>, s: S, N: FpSize, op: bigint, rounding: Rounding, exact: boolean): bigint {
  const x = rules.unpack(s, N, op);
  const nan = rules.processNaNs(s, N, [[x, op]]);
  if (nan !== undefined) return nan;
  if (x.type === 'infinity') return infinity(N, x.sign);
  if (x.type === 'zero') return zero(N, x.sign);
  const { magnitude, inexact, up } = rounded(x, 0, rounding);
  if (exact && inexact) rules.raise(s, Exception.INEXACT, up);
  return magnitude === 0n ? zero(N, x.sign) : round(rules, s, N, x.sign, magnitude, 0, Rounding.ZERO);
}
