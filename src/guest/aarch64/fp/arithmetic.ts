/** Exact arithmetic (Arm ARM DDI 0487, J1: FPAdd, FPSub, FPMul, FPMulX, FPMulAdd, FPDiv, FPSqrt, the fused steps). */
import { FPInfinity, FPNeg, FPPowerOfTwo, FPUnpack, FPZero, formatOf, pack, type FpSize, type Unpacked } from './format.ts';
import { FPProcessNaNs, FPRound, bitLength, invalid } from './round.ts';
import { DZC, FPProcessException, FPRounding, FPRoundingMode, type FpState } from './status.ts';

/** A signed exact number: value * 2 ** exp. */
interface Real {
  readonly value: bigint;
  readonly exp: number;
}

const real = (u: Unpacked): Real => ({ value: u.sign ? -u.mant : u.mant, exp: u.exp });
const product = (x: Real, y: Real): Real => ({ value: x.value * y.value, exp: x.exp + y.exp });

function sum(x: Real, y: Real): Real {
  const exp = Math.min(x.exp, y.exp);
  return { value: (x.value << BigInt(x.exp - exp)) + (y.value << BigInt(y.exp - exp)), exp };
}

/** Rounds as FPCR says; an exact zero gets the sign that the rounding mode gives it. */
function roundReal(s: FpState, N: FpSize, x: Real): bigint {
  const rounding = FPRoundingMode(s);
  if (x.value === 0n) return FPZero(N, rounding === FPRounding.NEGINF ? 1 : 0);
  return x.value < 0n ? FPRound(s, N, 1, -x.value, x.exp, rounding) : FPRound(s, N, 0, x.value, x.exp, rounding);
}

export function FPAdd(s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  return FPProcessNaNs(s, N, [x, op1], [y, op2]) ?? add(s, N, x, y);
}

export function FPSub(s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  return FPProcessNaNs(s, N, [x, op1], [y, op2]) ?? add(s, N, x, { ...y, sign: y.sign ? 0 : 1 });
}

/** FPAbs(FPSub(x, y)) as FABD has it. */
export const FPAbsDiff = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint => {
  const difference = FPSub(s, N, op1, op2);
  return difference & ~(1n << BigInt(N - 1));
};

function add(s: FpState, N: FpSize, x: Unpacked, y: Unpacked): bigint {
  if (x.type === 'infinity' && y.type === 'infinity' && x.sign !== y.sign) return invalid(s, N);
  if (x.type === 'infinity') return FPInfinity(N, x.sign);
  if (y.type === 'infinity') return FPInfinity(N, y.sign);
  if (x.type === 'zero' && y.type === 'zero' && x.sign === y.sign) return FPZero(N, x.sign);
  return roundReal(s, N, sum(real(x), real(y)));
}

const infinityTimesZero = (x: Unpacked, y: Unpacked): boolean =>
  (x.type === 'infinity' && y.type === 'zero') || (x.type === 'zero' && y.type === 'infinity');

export const FPMul = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint => multiply(s, N, op1, op2, false);
export const FPMulX = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint => multiply(s, N, op1, op2, true);
export const FPNegMul = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint => FPNeg(N, multiply(s, N, op1, op2, false));

/** `extended`: infinity times zero is 2.0 (FPMulX). */
function multiply(s: FpState, N: FpSize, op1: bigint, op2: bigint, extended: boolean): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [x, op1], [y, op2]);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  if (infinityTimesZero(x, y)) return extended ? FPPowerOfTwo(N, sign, 1) : invalid(s, N);
  if (x.type === 'infinity' || y.type === 'infinity') return FPInfinity(N, sign);
  if (x.type === 'zero' || y.type === 'zero') return FPZero(N, sign);
  return roundReal(s, N, product(real(x), real(y)));
}

/** addend + op1 * op2, rounded once. */
export function FPMulAdd(s: FpState, N: FpSize, addend: bigint, op1: bigint, op2: bigint): bigint {
  const a = FPUnpack(s, N, addend);
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [a, addend], [x, op1], [y, op2]);
  if (a.type === 'QNaN' && infinityTimesZero(x, y)) return invalid(s, N);
  if (nan !== undefined) return nan;
  const sign = (x.sign ^ y.sign) as 0 | 1;
  if (infinityTimesZero(x, y)) return invalid(s, N);
  const infinite = x.type === 'infinity' || y.type === 'infinity';
  const zero = x.type === 'zero' || y.type === 'zero';
  if (infinite || a.type === 'infinity') {
    if (infinite && a.type === 'infinity' && a.sign !== sign) return invalid(s, N);
    return FPInfinity(N, infinite ? sign : a.sign);
  }
  if (zero && a.type === 'zero' && a.sign === sign) return FPZero(N, sign);
  return roundReal(s, N, sum(real(a), zero ? { value: 0n, exp: 0 } : product(real(x), real(y))));
}

export function FPDiv(s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [x, op1], [y, op2]);
  if (nan !== undefined) return nan;
  const sign = x.sign ^ y.sign;
  if (x.type === y.type && x.type !== 'nonzero') return invalid(s, N);
  if (x.type === 'infinity') return FPInfinity(N, sign);
  if (y.type === 'zero') {
    FPProcessException(s, DZC);
    return FPInfinity(N, sign);
  }
  if (x.type === 'zero' || y.type === 'infinity') return FPZero(N, sign);
  // Enough quotient bits whatever the operands' normalisation, and one more that stands for all that follow.
  const scale = bitLength(y.mant) - bitLength(x.mant) + formatOf(N).F + 4;
  const dividend = x.mant << BigInt(scale);
  const quotient = ((dividend / y.mant) << 1n) | (dividend % y.mant ? 1n : 0n);
  return FPRound(s, N, sign, quotient, x.exp - scale - y.exp - 1, FPRoundingMode(s));
}

export function FPSqrt(s: FpState, N: FpSize, op: bigint): bigint {
  const x = FPUnpack(s, N, op);
  const nan = FPProcessNaNs(s, N, [x, op]);
  if (nan !== undefined) return nan;
  if (x.type === 'zero') return FPZero(N, x.sign);
  if (x.sign) return invalid(s, N);
  if (x.type === 'infinity') return FPInfinity(N, 0);
  // An even exponent, and a root with some bits more than the fraction.
  let scale = 2 * formatOf(N).F + 6 - bitLength(x.mant);
  if ((x.exp - scale) & 1) scale++;
  const square = x.mant << BigInt(scale);
  const root = integerRoot(square);
  const sticky = root * root === square ? 0n : 1n;
  return FPRound(s, N, 0, (root << 1n) | sticky, (x.exp - scale) / 2 - 1, FPRoundingMode(s));
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

const TWO: Real = { value: 2n, exp: 0 };
const THREE: Real = { value: 3n, exp: 0 };

/** 2 - op1 * op2. */
export const FPRecipStepFused = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint =>
  step(s, N, FPNeg(N, op1), op2, FPPowerOfTwo(N, 0, 1), TWO, 0);

/** (3 - op1 * op2) / 2. */
export const FPRSqrtStepFused = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint =>
  step(s, N, FPNeg(N, op1), op2, onePointFive(N), THREE, 1);

const onePointFive = (N: FpSize): bigint => pack(N, 0, -formatOf(N).minimumExp + 1, 1n << BigInt(formatOf(N).F - 1));

function step(s: FpState, N: FpSize, op1: bigint, op2: bigint, ofInvalid: bigint, addend: Real, halvings: number): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [x, op1], [y, op2]);
  if (nan !== undefined) return nan;
  if (infinityTimesZero(x, y)) return ofInvalid;
  if (x.type === 'infinity' || y.type === 'infinity') return FPInfinity(N, x.sign ^ y.sign);
  const zero = x.type === 'zero' || y.type === 'zero';
  const total = sum(addend, zero ? { value: 0n, exp: 0 } : product(real(x), real(y)));
  return roundReal(s, N, { value: total.value, exp: total.exp - halvings });
}
