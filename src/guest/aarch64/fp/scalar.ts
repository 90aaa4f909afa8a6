/**
 * Scalar arithmetic over a Builder: the host's where it can't differ from the exact helpers, flags included.
 * Operands and results are the low N bits of vectors.
 *
 * With `fpFast` set (see status.ts) inexactness needs no report. What remains to be excluded: NaNs and infinities as
 * results (payloads, IOC, DZC, OFC), and results that may have underflowed.
 */
import type { Builder, Float, I32, Int, V128 } from '../../../isa/builder.ts';
import { finite, fusedMultiplyAdd, isZero, normalOr, unlikeSubnormal } from '../../../isa/hostfloat.ts';
import { staged } from '../mode.ts';
import { fields } from '../state.ts';
import type { FpSize } from './format.ts';
import * as helpers from './operations.ts';
import { shapeOf, type Binary } from './operations.ts';
import { standardFPSCR } from './standard.ts';
import { FZ } from './status.ts';

export const floatOf = (b: Builder, N: 32 | 64, x: V128): Float => (N === 64 ? b.f64(x) : b.f32(x));
/** Translated for FPCR.FZ, or for what always flushes. */
export const flushing = (b: Builder): boolean => (b.mode & staged.FZ) !== 0;
/** FPSR.IXC is bit 4: nothing else changes of what is standard. */
export const fast = (b: Builder): I32 =>
  standardFPSCR(b) ? b.and(b.shrU(b.get(fields.FPSR), b.i32(4)), b.i32(1)) : b.get(flushing(b) ? fields.fpFastFlushing : fields.fpFast);

/** Of operands none is flushed, if it is translated for flushing. */
export const unflushed = (b: Builder, N: 32 | 64, ...operands: Float[]): I32 =>
  flushing(b) ? operands.map(x => unlikeSubnormal(b, N, x)).reduce((all, x) => b.and(all, x)) : b.i32(1);

/** No flushing of operands: what exact operations need of FPCR. */
export const noFlush = (b: Builder, N: 32 | 64, ...operands: Float[]): I32 =>
  flushing(b) ? unflushed(b, N, ...operands) : b.eqz(b.and(b.get(fields.FPCR), b.i32(FZ)));
export const isNumber = (b: Builder, x: Float): I32 => b.feq(x, x);

type FastBinary = (b: Builder, N: 32 | 64, x: Float, y: Float) => [ok: I32, result: Float];

export type ScalarBinary = (b: Builder, N: FpSize, x: V128, y: V128) => V128;

const binary =
  (helper: Binary, compute: FastBinary): ScalarBinary =>
  (b, N, x, y) => {
    const shape = shapeOf(b, N, 1);
    if (N === 16) return b.call(helper, x, y, shape);
    return b.fallback(helper, [x, y, shape], () => {
      const [p, q] = [floatOf(b, N, x), floatOf(b, N, y)];
      const [ok, result] = compute(b, N, p, q);
      return [b.and(ok, unflushed(b, N, p, q)), b.vOfFloat(result)];
    });
  };

/** Subnormal sums are exact: only overflow and NaNs matter, unless they are flushed. */
const exactOr = (b: Builder, N: 32 | 64, result: Float): I32 =>
  flushing(b) ? normalOr(b, N, isZero(b, result), result) : finite(b, N, result);

const sum =
  (op: 'fadd' | 'fsub'): FastBinary =>
  (b, N, x, y) => {
    const result = b[op](x, y);
    return [b.and(fast(b), exactOr(b, N, result)), result];
  };

export const FPAdd = binary(helpers.FPAdd, sum('fadd'));
export const FPSub = binary(helpers.FPSub, sum('fsub'));
export const FPAbsDiff = binary(helpers.FPAbsDiff, (b, N, x, y) => {
  const [ok, result] = sum('fsub')(b, N, x, y);
  return [ok, b.fabs(result)];
});

/** A product is exact where a factor is zero. */
const product =
  (negate: boolean): FastBinary =>
  (b, N, x, y) => {
    const result = b.fmul(x, y);
    const zero = b.or(isZero(b, x), isZero(b, y));
    return [b.and(fast(b), normalOr(b, N, zero, result)), negate ? b.fneg(result) : result];
  };

export const FPMul = binary(helpers.FPMul, product(false));
export const FPNegMul = binary(helpers.FPNegMul, product(true));
/** Differs from FPMul where that gives NaN, which is the helper's. */
export const FPMulX = binary(helpers.FPMulX, product(false));

export const FPDiv = binary(helpers.FPDiv, (b, N, x, y) => {
  const result = b.fdiv(x, y);
  return [b.and(fast(b), normalOr(b, N, isZero(b, x), result)), result];
});

/** Exact or not, whatever FPCR rounds: only NaNs, and flushing, are the helper's. */
const extreme =
  (direction: 'max' | 'min'): FastBinary =>
  (b, N, x, y) => {
    const less = b.flt(x, y);
    const greater = b.flt(y, x);
    // Equal numbers have equal bits, unless they are zeros: +0 is the maximum, -0 the minimum.
    const equal = direction === 'max' ? bitwise(b, 'and', x, y) : bitwise(b, 'or', x, y);
    const ofLess = direction === 'max' ? y : x;
    const ofGreater = direction === 'max' ? x : y;
    const ok = b.and(noFlush(b, N, x, y), b.and(isNumber(b, x), isNumber(b, y)));
    return [ok, b.select(less, ofLess, b.select(greater, ofGreater, equal))];
  };

const bitwise = (b: Builder, op: 'and' | 'or', x: Float, y: Float): Float =>
  b.floatOfBits(b[op]<Int>(b.bitsOfFloat<Float>(x), b.bitsOfFloat<Float>(y))) as Float;

export const FPMax = binary(helpers.FPMax, extreme('max'));
export const FPMin = binary(helpers.FPMin, extreme('min'));
export const FPMaxNum = binary(helpers.FPMaxNum, extreme('max'));
export const FPMinNum = binary(helpers.FPMinNum, extreme('min'));

export function FPSqrt(b: Builder, N: FpSize, x: V128): V128 {
  const shape = shapeOf(b, N, 1);
  if (N === 16) return b.call(helpers.FPSqrt, x, shape);
  return b.fallback(helpers.FPSqrt, [x, shape], () => {
    const operand = floatOf(b, N, x);
    const result = b.fsqrt(operand);
    return [b.and(b.and(fast(b), unflushed(b, N, operand)), finite(b, N, result)), b.vOfFloat(result)];
  });
}

/** addend + op1 * op2, rounded once. */
export function FPMulAdd(b: Builder, N: FpSize, addend: V128, op1: V128, op2: V128): V128 {
  const shape = shapeOf(b, N, 1);
  if (N === 16) return b.call(helpers.FPMulAdd, addend, op1, op2, shape);
  return b.fallback(helpers.FPMulAdd, [addend, op1, op2, shape], () => {
    const [sure, result] = fusedMultiplyAdd(b, N, op1, op2, addend);
    const [a, x, y] = [floatOf(b, N, addend), floatOf(b, N, op1), floatOf(b, N, op2)];
    const settled = flushing(b) ? b.and(unflushed(b, N, a, x, y), exactOr(b, N, result)) : b.i32(1);
    return [b.and(b.and(fast(b), sure), settled), b.vOfFloat(result)];
  });
}

/** NZCV of a comparison where `holds`, else `otherwise`. Nothing is compared then, so nothing is reported. */
export function FPCompare(b: Builder, N: FpSize, x: V128, y: V128, signalNaNs: boolean, holds: I32, otherwise: I32): I32 {
  const how = b.i32(N | (signalNaNs ? 0x100 : 0));
  if (N === 16) return b.call(helpers.FPConditionalCompare, holds, x, y, otherwise, how);
  return b.fallback(helpers.FPConditionalCompare, [holds, x, y, otherwise, how], () => {
    const p = floatOf(b, N, x);
    const q = floatOf(b, N, y);
    const less = b.flt(p, q);
    const equal = b.feq(p, q);
    const notLess = b.or(equal, b.flt(q, p));
    // NaNs are neither. No selection here: hosts make a branch of it.
    const numbers = b.and(noFlush(b, N, p, q), b.or(less, notLess));
    const flags = b.or(b.shl(less, b.i32(31)), b.or(b.shl(equal, b.i32(30)), b.shl(notLess, b.i32(29))));
    return [b.or(numbers, b.eqz(holds)), b.select(holds, flags, otherwise)];
  });
}
