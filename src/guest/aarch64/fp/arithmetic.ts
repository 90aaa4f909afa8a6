/** Arithmetic with Arm's rules (Arm ARM DDI 0487, J1: FPAdd, FPSub, FPMul, FPMulX, FPMulAdd, FPDiv, FPSqrt, FPScale, the fused steps). */
import * as float from '../../../float/arithmetic.ts';
import type { Real } from '../../../float/arithmetic.ts';
import { FPAbs, FPInfinity, FPNeg, FPPowerOfTwo, FPUnpack, FPZero, formatOf, pack, type FpSize } from './format.ts';
import { FPProcessNaNs, FPRound, rules } from './round.ts';
import { FPRoundingMode, type FpState } from './status.ts';

type Binary = (s: FpState, N: FpSize, op1: bigint, op2: bigint) => bigint;

export const FPAdd: Binary = (s, N, op1, op2) => float.add(rules, s, N, op1, op2);
export const FPSub: Binary = (s, N, op1, op2) => float.subtract(rules, s, N, op1, op2);
export const FPMul: Binary = (s, N, op1, op2) => float.multiply(rules, s, N, op1, op2);
export const FPDiv: Binary = (s, N, op1, op2) => float.divide(rules, s, N, op1, op2);
export const FPSqrt = (s: FpState, N: FpSize, op: bigint): bigint => float.squareRoot(rules, s, N, op);
/** addend + op1 * op2, rounded once. */
export const FPMulAdd = (s: FpState, N: FpSize, addend: bigint, op1: bigint, op2: bigint): bigint =>
  float.multiplyAdd(rules, s, N, addend, op1, op2);

/** FPAbs(FPSub(x, y)) as FABD has it. */
export const FPAbsDiff: Binary = (s, N, op1, op2) => FPAbs(N, FPSub(s, N, op1, op2));
export const FPNegMul: Binary = (s, N, op1, op2) => FPNeg(N, FPMul(s, N, op1, op2));

/** A product where infinity times zero is 2.0. */
export const FPMulX: Binary = (s, N, op1, op2) => {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [[x, op1], [y, op2]]);
  if (nan !== undefined) return nan;
  if (float.infinityTimesZero(x, y)) return FPPowerOfTwo(N, x.sign ^ y.sign, 1);
  return float.multiplyNumbers(rules, s, N, x, y);
};

/** FPScale: op1 times two to the power of op2, a signed integer. No exponent is further away than LARGEST_SCALE. */
export const FPScale: Binary = (s, N, op1, op2) => {
  const x = FPUnpack(s, N, op1);
  const nan = FPProcessNaNs(s, N, [[x, op1]]);
  if (nan !== undefined) return nan;
  if (x.type === 'infinity') return FPInfinity(N, x.sign);
  if (x.type === 'zero') return FPZero(N, x.sign);
  const scale = Math.max(-LARGEST_SCALE, Math.min(Number(BigInt.asIntN(N, op2)), LARGEST_SCALE));
  return FPRound(s, N, x.sign, x.mant, x.exp + scale, FPRoundingMode(s));
};
const LARGEST_SCALE = 5000;

const TWO: Real = { value: 2n, exp: 0 };
const THREE: Real = { value: 3n, exp: 0 };

/** 2 - op1 * op2. */
export const FPRecipStepFused: Binary = (s, N, op1, op2) => step(s, N, FPNeg(N, op1), op2, FPPowerOfTwo(N, 0, 1), TWO, 0);

/** (3 - op1 * op2) / 2. */
export const FPRSqrtStepFused: Binary = (s, N, op1, op2) => step(s, N, FPNeg(N, op1), op2, onePointFive(N), THREE, 1);

/** AArch32's steps, whose products are rounded; that of infinity and zero is zero. */
function stepProduct(s: FpState, N: FpSize, op1: bigint, op2: bigint, step: (product: bigint) => bigint): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [[x, op1], [y, op2]]);
  return nan ?? step(float.infinityTimesZero(x, y) ? FPZero(N, 0) : FPMul(s, N, op1, op2));
}
export const FPRecipStep: Binary = (s, N, op1, op2) => stepProduct(s, N, op1, op2, product => FPSub(s, N, FPPowerOfTwo(N, 0, 1), product));
/** Halving is exact: a difference from 3 is zero or far above the subnormal numbers. */
export const FPRSqrtStep: Binary = (s, N, op1, op2) =>
  stepProduct(s, N, op1, op2, product => FPMul(s, N, FPSub(s, N, three(N), product), FPPowerOfTwo(N, 0, -1)));

const three = (N: FpSize): bigint => FPPowerOfTwo(N, 0, 1) | (1n << BigInt(formatOf(N).F - 1));
const onePointFive = (N: FpSize): bigint => pack(N, 0, -formatOf(N).minimumExp + 1, 1n << BigInt(formatOf(N).F - 1));

function step(s: FpState, N: FpSize, op1: bigint, op2: bigint, ofInvalid: bigint, addend: Real, halvings: number): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [[x, op1], [y, op2]]);
  if (nan !== undefined) return nan;
  if (float.infinityTimesZero(x, y)) return ofInvalid;
  if (x.type === 'infinity' || y.type === 'infinity') return FPInfinity(N, x.sign ^ y.sign);
  const zero = x.type === 'zero' || y.type === 'zero';
  const total = float.sum(addend, zero ? { value: 0n, exp: 0 } : float.product(float.real(x), float.real(y)));
  return float.roundReal(rules, s, N, { value: total.value, exp: total.exp - halvings });
}
