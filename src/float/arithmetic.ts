/** Exact arithmetic (IEEE 754-2008, 5.4.1): the result as if with unlimited range and precision, rounded once. */
import { formatOf, infinity, zero, type FpSize, type Unpacked } from './format.ts';
import { bitLength, invalid, round } from './round.ts';
import { Exception, Invalid, Rounding, type Rules } from './rules.ts';

/** A signed exact number: value * 2 ** exp. */
export interface Real {
  readonly value: bigint;
  readonly exp: number;
}

export const real = (u: Unpacked): Real => ({ value: u.sign ? -u.mant : u.mant, exp: u.exp });
export const product = (x: Real, y: Real): Real => ({ value: x.value * y.value, exp: x.exp + y.exp });

export function sum(x: Real, y: Real): Real {
  const exp = Math.min(x.exp, y.exp);
  return { value: (x.value << BigInt(x.exp - exp)) + (y.value << BigInt(y.exp - exp)), exp };
}

/** Rounds as the state says; an exact zero gets the sign that the rounding mode gives it. */
export function roundReal<S>(rules: Rules<S>, s: S, N: FpSize, x: Real): bigint {
  const rounding = rules.rounding(s);
  if (x.value === 0n) return zero(N, rounding === Rounding.NEGINF ? 1 : 0);
  return x.value < 0n ? round(rules, s, N, 1, -x.value, x.exp, rounding) : round(rules, s, N, 0, x.value, x.exp, rounding);
}

export function add<S>(rules: Rules<S>, s: S, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = rules.unpack(s, N, op1);
  const y = rules.unpack(s, N, op2);
  return rules.processNaNs(s, N, [[x, op1], [y, op2]]) ?? addNumbers(rules, s, N, x, y);
}

export function subtract<S>(rules: Rules<S>, s: S, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = rules.unpack(s, N, op1);
  const y = rules.unpack(s, N, op2);
  return rules.processNaNs(s, N, [[x, op1], [y, op2]]) ?? addNumbers(rules, s, N, x, { ...y, sign: y.sign ? 0 : 1 });
}

function addNumbers<S>(rules: Rules<S>, s: S, N: FpSize, x: Unpacked, y: Unpacked): bigint {
  if (x.type === 'infinity' && y.type === 'infinity' && x.sign !== y.sign) return invalid(rules, s, N, Invalid.INFINITY_MINUS_INFINITY);
  if (x.type === 'infinity') return infinity(N, x.sign);
  if (y.type === 'infinity') return infinity(N, y.sign);
  if (x.type === 'zero' && y.type === 'zero' && x.sign === y.sign) return zero(N, x.sign);
  return roundReal(rules, s, N, sum(real(x), real(y)));
}

export const infinityTimesZero = (x: Unpacked, y: Unpacked): boolean =>
  (x.type === 'infinity' && y.type === 'zero') || (x.type === 'zero' && y.type === 'infinity');

export function multiply<S>(rules: Rules<S>, s: S, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = rules.unpack(s, N, op1);
  const y = rules.unpack(s, N, op2);
  return rules.processNaNs(s, N, [[x, op1], [y, op2]]) ?? multiplyNumbers(rules, s, N, x, y);
}

export function multiplyNumbers<S>(rules: Rules<S>, s: S, N: FpSize, x: Unpacked, y: Unpacked): bigint {
  const sign = x.sign ^ y.sign;
  if (infinityTimesZero(x, y)) return invalid(rules, s, N, Invalid.INFINITY_TIMES_ZERO);
  if (x.type === 'infinity' || y.type === 'infinity') return infinity(N, sign);
  if (x.type === 'zero' || y.type === 'zero') return zero(N, sign);
  return roundReal(rules, s, N, product(real(x), real(y)));
}

/** addend + op1 * op2, rounded once. */
export function multiplyAdd<S>(rules: Rules<S>, s: S, N: FpSize, addend: bigint, op1: bigint, op2: bigint): bigint {
  const a = rules.unpack(s, N, addend);
  const x = rules.unpack(s, N, op1);
  const y = rules.unpack(s, N, op2);
  const nan = rules.processNaNs(s, N, [[a, addend], [x, op1], [y, op2]]);
  if (infinityTimesZero(x, y)) {
    const ofProduct = invalid(rules, s, N, Invalid.INFINITY_TIMES_ZERO);
    return nan === undefined || (a.type === 'QNaN' && rules.invalidProductBeatsNaN) ? ofProduct : nan;
  }
  if (nan !== undefined) return nan;
  const sign = (x.sign ^ y.sign) as 0 | 1;
  const infinite = x.type === 'infinity' || y.type === 'infinity';
  const none = x.type === 'zero' || y.type === 'zero';
  if (infinite || a.type === 'infinity') {
    if (infinite && a.type === 'infinity' && a.sign !== sign) return invalid(rules, s, N, Invalid.INFINITY_MINUS_INFINITY);
    return infinity(N, infinite ? sign : a.sign);
  }
  if (none && a.type === 'zero' && a.sign === sign) return zero(N, sign);
  return roundReal(rules, s, N, sum(real(a), none ? { value: 0n, exp: 0 } : product(real(x), real(y))));
}

export function divide<S>(rules: Rules<S>, s: S, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = rules.unpack(s, N, op1);
  const y = rules.unpack(s, N, op2);
  const nan = rules.processNaNs(s, N, [[x, op1], [y, op2]]);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  if (x.type === y.type && x.type !== 'nonzero') {
    return invalid(rules, s, N, x.type === 'zero' ? Invalid.ZERO_BY_ZERO : Invalid.INFINITY_BY_INFINITY);
  }
  if (x.type === 'infinity') return infinity(N, sign);
  if (y.type === 'zero') {
    rules.raise(s, Exception.DIVIDE_BY_ZERO);
    return infinity(N, sign);
  }
  if (x.type === 'zero' || y.type === 'infinity') return zero(N, sign);
  // Enough quotient bits whatever the operands' normalisation, and one more that stands for all that follow.
  const scale = Math.max(bitLength(y.mant) - bitLength(x.mant) + formatOf(N).F + 4, 0);
  const dividend = x.mant << BigInt(scale);
  const quotient = ((dividend / y.mant) << 1n) | (dividend % y.mant ? 1n : 0n);
  return round(rules, s, N, sign, quotient, x.exp - scale - y.exp - 1, rules.rounding(s));
}

export function squareRoot<S>(rules: Rules<S>, s: S, N: FpSize, op: bigint): bigint {
  const x = rules.unpack(s, N, op);
  const nan = rules.processNaNs(s, N, [[x, op]]);
  if (nan !== undefined) return nan;
  if (x.type === 'zero') return zero(N, x.sign);
  if (x.sign) return invalid(rules, s, N, Invalid.ROOT);
  if (x.type === 'infinity') return infinity(N, 0);
  // An even exponent, and a root with some bits more than the fraction. The operand may have more bits than the format.
  let scale = Math.max(2 * formatOf(N).F + 6 - bitLength(x.mant), 0);
  if ((x.exp - scale) & 1) scale++;
  const square = x.mant << BigInt(scale);
  const root = integerRoot(square);
  const sticky = root * root === square ? 0n : 1n;
  return round(rules, s, N, 0, (root << 1n) | sticky, (x.exp - scale) / 2 - 1, rules.rounding(s));
}

/** The largest integer whose square is not above `square` (Newton's method from above). */
function integerRoot(square: bigint): bigint {
  let root = 1n << BigInt((bitLength(square) + 1) >> 1);
  for (;;) {
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
