/** The tests of hostfloat.ts lane by lane: all ones in the lanes that they hold for, zeros in the others. */
import type { Builder, V128 } from './builder.ts';
import type { FloatWidth } from './hostfloat.ts';

const fractionBits = { 32: 23n, 64: 52n } as const;
const smallestNormal = (n: FloatWidth): bigint => 1n << fractionBits[n];
const infinity = (n: FloatWidth): bigint => (1n << BigInt(n - 1)) - smallestNormal(n);

const splat = (b: Builder, n: FloatWidth, bits: bigint): V128 => {
  let all = 0n;
  for (let at = 0; at < 128; at += n) all |= bits << BigInt(at);
  return b.v128(all);
};

/** Neither infinite nor NaN. */
export const finiteLanes = (b: Builder, n: FloatWidth, x: V128): V128 => b.vgtS(n, splat(b, n, infinity(n)), b.vfabs(n, x));

/** Finite, and above the smallest normal number or `exact`. */
export function normalLanesOr(b: Builder, n: FloatWidth, exact: V128, x: V128): V128 {
  const magnitude = b.vfabs(n, x);
  const above = b.vgtS(n, magnitude, splat(b, n, smallestNormal(n)));
  return b.vand(b.vgtS(n, splat(b, n, infinity(n)), magnitude), b.vor(above, exact));
}

/** Not subnormal. */
export function unlikeSubnormalLanes(b: Builder, n: FloatWidth, x: V128): V128 {
  const magnitude = b.vfabs(n, x);
  return b.vor(b.vgtS(n, magnitude, splat(b, n, smallestNormal(n) - 1n)), b.veq(n, magnitude, b.v128(0n)));
}

export const zeroLanes = (b: Builder, n: FloatWidth, x: V128): V128 => b.vfeq(n, x, b.v128(0n));

/** Neither x nor y is a NaN. */
export const numbers = (b: Builder, n: FloatWidth, x: V128, y: V128): V128 => b.vand(b.vfeq(n, x, x), b.vfeq(n, y, y));

function twoSum(b: Builder, n: FloatWidth, x: V128, y: V128): [sum: V128, error: V128] {
  const sum = b.vfadd(n, x, y);
  const yRounded = b.vfsub(n, sum, x);
  const xRounded = b.vfsub(n, sum, yRounded);
  return [sum, b.vfadd(n, b.vfsub(n, x, xRounded), b.vfsub(n, y, yRounded))];
}

/** 2 ** 12 + 1 and 2 ** 27 + 1. */
const splitter = { 32: 0x45800800n, 64: 0x41a0000002000000n } as const;

function split(b: Builder, n: FloatWidth, x: V128): [high: V128, low: V128] {
  const scaled = b.vfmul(n, x, splat(b, n, splitter[n]));
  const high = b.vfsub(n, scaled, b.vfsub(n, scaled, x));
  return [high, b.vfsub(n, x, high)];
}

function productError(b: Builder, n: FloatWidth, x: V128, y: V128, product: V128): V128 {
  const [xHigh, xLow] = split(b, n, x);
  const [yHigh, yLow] = split(b, n, y);
  const add = (p: V128, q: V128): V128 => b.vfadd(n, p, q);
  const high = b.vfsub(n, b.vfmul(n, xHigh, yHigh), product);
  return add(add(add(high, b.vfmul(n, xHigh, yLow)), b.vfmul(n, xLow, yHigh)), b.vfmul(n, xLow, yLow));
}

function roundToOdd(b: Builder, n: FloatWidth, x: V128, error: V128): V128 {
  const towardsZero = b.vadd(n, x, b.vshrS(n, b.vxor(x, error), b.i32(n - 1)));
  return b.vselect(zeroLanes(b, n, error), x, b.vor(towardsZero, splat(b, n, 1n)));
}

/** 2 ** -90 and 2 ** -900: from there on a product's error is exact, too. */
const exactProduct = { 32: 0x12800000n, 64: 0x07b0000000000000n } as const;

/** fusedMultiplyAdd of hostfloat.ts in every lane. */
export function fusedMultiplyAddLanes(b: Builder, n: FloatWidth, x: V128, y: V128, z: V128): [sure: V128, result: V128] {
  const zeroFactor = b.vor(zeroLanes(b, n, x), zeroLanes(b, n, y));
  if (b.fused) {
    const result = b.vfmadd(n, x, y, z);
    return [normalLanesOr(b, n, zeroFactor, result), result];
  }
  const product = b.vfmul(n, x, y);
  const [sum, sumError] = twoSum(b, n, product, z);
  const [error, rest] = twoSum(b, n, sumError, productError(b, n, x, y, product));
  // A product that is zero is exact, and its sum has the right sign of zero only before an error of +0 is added to it.
  const result = b.vselect(zeroFactor, sum, b.vfadd(n, sum, roundToOdd(b, n, error, rest)));
  const productExact = b.vgtS(n, b.vfabs(n, product), splat(b, n, exactProduct[n]));
  return [b.vand(finiteLanes(b, n, result), b.vor(productExact, zeroFactor)), result];
}
