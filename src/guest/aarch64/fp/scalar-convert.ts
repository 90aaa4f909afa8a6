/** Scalar conversions and roundings over a Builder: the host's where it can't differ from the exact helpers (see scalar.ts). */
import type { Builder, F32, F64, Float, I32, I64, Int, V128 } from '../../../isa/builder.ts';
import { isZero, normalOr } from '../../../isa/hostfloat.ts';
import { fields } from '../state.ts';
import type { FpSize } from './format.ts';
import { convertDouble, convertNarrower, convertWider } from './half.ts';
import * as helpers from './operations.ts';
import { conversion, type RoundingChoice } from './operations.ts';
import { fast, floatOf, flushing, isNumber, noFlush, unflushed } from './scalar.ts';
import { standardFPSCR } from './standard.ts';
import { FPRounding, FZ, RMode } from './status.ts';

type Width = 32 | 64;

/** A float constant from its value as a double. */
function constant(b: Builder, N: Width, value: number): Float {
  if (N === 64) return b.floatOfBits(b.i64(new BigInt64Array(new Float64Array([value]).buffer)[0] as bigint));
  return b.floatOfBits(b.i32(new Int32Array(new Float32Array([value]).buffer)[0] as number));
}

/**
 * From N to M bits. Widening is exact; narrowing to single precision may overflow or underflow. `ofSVE`: FPConvertSVE, which
 * knows no FPCR.AHP.
 */
export function FPConvert(b: Builder, N: FpSize, M: FpSize, x: V128, ofSVE = false): V128 {
  const how = conversion(b, N, M, 1, 'FPCR', ofSVE);
  return b.fallback(helpers.FPConversion, [x, how], () => {
    if (N === 16) {
      const [sure, result] = convertWider(b, b.vand(x, b.v128(0xffffn)));
      if (M === 32) return [sure, result];
      return [b.and(sure, isNumber(b, b.f32(result))), b.vOfFloat(b.promote(b.f32(result)))];
    }
    if (M === 16 && N === 32) return convertNarrower(b, fast(b), b.vand(x, b.v128(0xffff_ffffn)));
    if (M === 16) {
      const [sure, result] = convertDouble(b, fast(b), b.vget(64, x, 0));
      return [sure, b.vset(64, b.v128(0n), 0, result)];
    }
    if (N === 32) {
      const value = b.f32(x);
      return [b.and(noFlush(b, 32, value), isNumber(b, value)), b.vOfFloat(b.promote(value))];
    }
    const value = b.f64(x);
    const result = b.demote(value);
    return [b.and(fast(b), normalOr(b, 32, isZero(b, value), result)), b.vOfFloat(result)];
  });
}

/** To an integral value. The host has no rounding of ties away from zero: just under a half is added instead. */
function roundIntegral(b: Builder, N: Width, x: Float, rounding: RoundingChoice): Float {
  switch (rounding) {
    case FPRounding.POSINF:
      return b.fround('up', x);
    case FPRounding.NEGINF:
      return b.fround('down', x);
    case FPRounding.ZERO:
      return b.fround('zero', x);
    case FPRounding.TIEAWAY: {
      const underHalf = constant(b, N, N === 64 ? 0.5 - 2 ** -54 : 0.5 - 2 ** -25);
      const magnitude = b.fround('zero', b.fadd(b.fabs(x), underHalf));
      return copySign(b, N, magnitude, x);
    }
    default:
      return b.fround('nearest', x);
  }
}

function copySign(b: Builder, N: Width, magnitude: Float, x: Float): Float {
  return N === 64
    ? b.floatOfBits(b.or(b.bitsOfFloat(magnitude as F64), b.and(b.bitsOfFloat(x as F64), b.i64(1n << 63n))))
    : b.floatOfBits(b.or(b.bitsOfFloat(magnitude as F32), b.and(b.bitsOfFloat(x as F32), b.i32(1 << 31))));
}

/** FPCR rounds to nearest, and doesn't flush the operand. */
const nearest = (b: Builder, N: Width, x: Float): I32 =>
  standardFPSCR(b) ? unflushed(b, N, x)
  : flushing(b) ? b.and(b.eqz(b.and(b.get(fields.FPCR), b.i32(RMode))), unflushed(b, N, x))
  : b.eqz(b.and(b.get(fields.FPCR), b.i32(RMode | FZ)));

export function FPRoundInt(b: Builder, N: FpSize, x: V128, rounding: RoundingChoice, exact: boolean): V128 {
  const how = conversion(b, N, N, 1, rounding, exact);
  if (N === 16) return b.call(helpers.FPRoundIntegral, x, how);
  return b.fallback(helpers.FPRoundIntegral, [x, how], () => {
    const value = floatOf(b, N, x);
    const result = roundIntegral(b, N, value, rounding);
    const mode = rounding === 'FPCR' ? nearest(b, N, value) : noFlush(b, N, value);
    const quiet = exact ? b.or(fast(b), b.feq(value, result)) : b.i32(1);
    return [b.and(b.and(mode, quiet), isNumber(b, value)), b.vOfFloat(result)];
  });
}

/** A fixed-point format: the number of fraction bits, and a power of two as the bits of a float. */
export interface FixedPoint {
  readonly fbits: I32;
  readonly factor: Int;
}

/**
 * To an M-bit integer in an X register's width, zero-extended. `fixed.factor` is 2 ** fbits: multiplying by it is
 * exact, or overflows to what is out of range anyway.
 */
export function FPToFixed(b: Builder, N: FpSize, M: Width, x: V128, rounding: RoundingChoice, unsigned: boolean, fixed?: FixedPoint): I64 {
  const how = conversion(b, N, M, 1, rounding, unsigned);
  const fbits = fixed ? fixed.fbits : b.i32(0);
  if (N === 16) return b.call(helpers.FPToFixedInteger, x, fbits, how);
  return b.fallback(helpers.FPToFixedInteger, [x, fbits, how], () => {
    const operand = floatOf(b, N, x);
    const value = fixed ? b.fmul(operand, b.floatOfBits<Int>(fixed.factor) as Float) : operand;
    const rounded = roundIntegral(b, N, value, rounding);
    const inRange = unsigned
      ? b.and(b.fle(constant(b, N, 0), rounded), b.flt(rounded, constant(b, N, 2 ** M)))
      : b.flt(b.fabs(rounded), constant(b, N, 2 ** (M - 1)));
    const quiet = b.or(fast(b), b.feq(value, rounded));
    return [b.and(b.and(inRange, quiet), unflushed(b, N, operand)), b.extU(unsigned ? b.toIntU(M, rounded) : b.toIntS(M, rounded))];
  });
}

/** From an M-bit integer, the low bits of `x`. `fixed.factor` is 2 ** -fbits: multiplying by it is exact. */
export function FixedToFP(
  b: Builder,
  M: Width | 16,
  N: FpSize,
  x: I64,
  unsigned: boolean,
  fixed?: FixedPoint,
  rounding: 'FPCR' | typeof FPRounding.TIEEVEN = 'FPCR',
): V128 {
  const how = conversion(b, M, N, 1, rounding, unsigned);
  const fbits = fixed ? fixed.fbits : b.i32(0);
  if (N === 16 || M === 16) return b.call(helpers.FixedIntegerToFP, x, fbits, how);
  return b.fallback(helpers.FixedIntegerToFP, [x, fbits, how], () => {
    const value: Int = M === 32 ? b.wrap(x) : x;
    const converted = unsigned ? b.fromIntU(N, value) : b.fromIntS(N, value);
    const result = fixed ? b.fmul<Float>(converted, b.floatOfBits<Int>(fixed.factor) as Float) : converted;
    return [b.or(fast(b), fitsFraction(b, M, N, value, unsigned)), b.vOfFloat(result)];
  });
}

/** Whether an integer surely has no more significant bits than a float of N bits. */
function fitsFraction(b: Builder, M: Width, N: Width, value: Int, unsigned: boolean): I32 {
  const precision = N === 64 ? 53 : 24;
  if (M < precision) return b.i32(1);
  if (unsigned) return b.eqz(b.shrU<Int>(value, b.i32(precision)));
  const spare = b.i32(M - precision - 1);
  return b.eq<Int>(b.shrS<Int>(b.shl<Int>(value, spare), spare), value);
}
