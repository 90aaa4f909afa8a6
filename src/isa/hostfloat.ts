/**
 * When a result of the host's floating point is beyond doubt, for the fast paths of guests: tests on its bits, and a
 * multiply-add that rounds once made of operations that don't.
 */
import type { Builder, F32, F64, Float, I32, Int, V128 } from './builder.ts';

export type FloatWidth = 32 | 64;

const smallestNormal = { 32: 1n << 23n, 64: 1n << 52n } as const;
const infinity = { 32: 0xffn << 23n, 64: 0x7ffn << 52n } as const;

const imm = (b: Builder, n: FloatWidth, bits: bigint): Int => (n === 64 ? b.i64(bits) : b.i32(Number(BigInt.asIntN(32, bits))));

/** The bits without the sign, shifted left by one. */
const magnitude = (b: Builder, x: Float): Int => b.shl<Int>(b.bitsOfFloat<Float>(x), b.i32(1));

/** Neither infinite nor NaN. */
export const finite = (b: Builder, n: FloatWidth, x: Float): I32 => b.ltU<Int>(magnitude(b, x), imm(b, n, infinity[n] * 2n));

/**
 * Finite, and above the smallest normal number, so that it wasn't rounded up from a subnormal one either; or at least
 * finite where `exact`.
 */
export function normalOr(b: Builder, n: FloatWidth, exact: I32, x: Float): I32 {
  const above = b.ltU<Int>(imm(b, n, smallestNormal[n] * 2n), magnitude(b, x));
  return b.and(finite(b, n, x), b.or(above, exact));
}

/** Not subnormal. */
export const unlikeSubnormal = (b: Builder, n: FloatWidth, x: Float): I32 =>
  b.leU<Int>(imm(b, n, smallestNormal[n] * 2n - 1n), b.sub<Int>(magnitude(b, x), imm(b, n, 1n)));

/** The zero test of a float whose sign doesn't matter. */
export const isZero = (b: Builder, x: Float): I32 => b.eqz(magnitude(b, x));

/** x + y and the error of that sum, exactly, unless it overflows (Knuth, TAOCP 4.2.2, theorem B). */
function twoSum(b: Builder, x: F64, y: F64): [sum: F64, error: F64] {
  const sum = b.fadd(x, y);
  const yRounded = b.fsub(sum, x);
  const xRounded = b.fsub(sum, yRounded);
  return [sum, b.fadd(b.fsub(x, xRounded), b.fsub(y, yRounded))];
}

/** Two halves of the significand whose products are exact (Dekker 1971); not finite for very large x. */
function split(b: Builder, x: F64): [high: F64, low: F64] {
  const scaled = b.fmul(x, b.floatOfBits(b.i64(0x41a0000002000000n))); // 2 ** 27 + 1
  const high = b.fsub(scaled, b.fsub(scaled, x));
  return [high, b.fsub(x, high)];
}

function productError(b: Builder, x: F64, y: F64, product: F64): F64 {
  const [xHigh, xLow] = split(b, x);
  const [yHigh, yLow] = split(b, y);
  const high = b.fsub(b.fmul(xHigh, yHigh), product);
  return b.fadd(b.fadd(b.fadd(high, b.fmul(xHigh, yLow)), b.fmul(xLow, yHigh)), b.fmul(xLow, yLow));
}

/** x + error rounded to odd, where x is that sum rounded to nearest: rounding the outcome once more is then harmless. */
function roundToOdd(b: Builder, x: F64, error: F64): F64 {
  const bits = b.bitsOfFloat(x);
  const towardsZero = b.add(bits, b.shrS(b.xor(bits, b.bitsOfFloat(error)), b.i32(63)));
  return b.floatOfBits(b.select(isZero(b, error), bits, b.or(towardsZero, b.i64(1))));
}

/**
 * x * y + z rounded once to nearest even, and whether that is sure and nothing but inexactness has to be reported.
 * After Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums" (2008): product and sum are kept as exact
 * pairs, and the two errors are added with rounding to odd.
 */
function fusedMultiplyAdd64(b: Builder, x: F64, y: F64, z: F64): [sure: I32, result: F64] {
  const product = b.fmul(x, y);
  const [sum, sumError] = twoSum(b, product, z);
  const [error, rest] = twoSum(b, sumError, productError(b, x, y, product));
  const result = b.fadd(sum, roundToOdd(b, error, rest));
  // The product's error must not underflow. Whatever overflows on the way leaves a result that isn't finite.
  const productExact = b.ltU(b.i64(0x07b0000000000000n * 2n), magnitude(b, product) as ReturnType<Builder['i64']>); // 2 ** -900
  const zeroFactor = b.or(isZero(b, x), isZero(b, y));
  return [b.and(finite(b, 64, result), b.or(productExact, zeroFactor)), result];
}

/** The same in single precision: products are exact in double precision, and what a sum loses is rounded to odd. */
function fusedMultiplyAdd32(b: Builder, x: F32, y: F32, z: F32): [sure: I32, result: F32] {
  const [sum, error] = twoSum(b, b.fmul(b.promote(x), b.promote(y)), b.promote(z));
  const result = b.demote(roundToOdd(b, sum, error));
  return [normalOr(b, 32, isZero(b, sum), result), result];
}

/** x * y + z of the vectors' lowest lanes, rounded once to nearest even, and whether it is sure: nothing but inexactness to report. */
export function fusedMultiplyAdd(b: Builder, n: FloatWidth, x: V128, y: V128, z: V128): [sure: I32, result: Float] {
  if (!b.fused) {
    return n === 64 ? fusedMultiplyAdd64(b, b.f64(x), b.f64(y), b.f64(z)) : fusedMultiplyAdd32(b, b.f32(x), b.f32(y), b.f32(z));
  }
  const lowest = (v: V128): Float => (n === 64 ? b.f64(v) : b.f32(v));
  const result = lowest(b.vfmadd(n, x, y, z));
  const zeroFactor = b.or(isZero(b, lowest(x)), isZero(b, lowest(y)));
  return [normalOr(b, n, zeroFactor, result), result];
}
