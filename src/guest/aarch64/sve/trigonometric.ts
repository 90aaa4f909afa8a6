/** What SVE has for sines, cosines and exponentials (DDI 0487, J1: FPTrigSMul, FPTrigSSel, FPTrigMAddCoefficient, FPExpCoefficient). */
import type { Builder, I64, V128 } from '../../../isa/builder.ts';
import { FPInfinity, ones, type FpSize } from '../fp/format.ts';
import * as helpers from '../fp/operations.ts';
import { FPMul, FPMulAdd } from '../fp/vector.ts';
import { constant, negative } from '../simd/lanes.ts';
import { elementsIn, one } from './fp.ts';

const magnitude = (b: Builder, N: FpSize, x: V128): V128 => b.vand(x, constant(b, N, ones(N - 1)));
const sign = (b: Builder, N: FpSize, x: V128): V128 => b.vand(x, constant(b, N, 1n << BigInt(N - 1)));

/** x squared with the sign that bit 0 of y gives, unless it is a NaN. */
export function FPTrigSMul(b: Builder, N: FpSize, count: number, x: V128, y: V128): V128 {
  const square = FPMul(b, N, count, x, x);
  const NaNs = b.vgtS(N, magnitude(b, N, square), constant(b, N, FPInfinity(N, 0)));
  return b.vselect(NaNs, square, b.vor(magnitude(b, N, square), b.vshl(N, y, b.i32(N - 1))));
}

/** x, or 1.0 where bit 0 of y says so; negated where bit 1 does. */
export function FPTrigSSel(b: Builder, N: FpSize, x: V128, y: V128): V128 {
  const odd = negative(b, N, b.vshl(N, y, b.i32(N - 1)));
  return b.vxor(b.vselect(odd, one(b, N), x), sign(b, N, b.vshl(N, y, b.i32(N - 2))));
}

/** x times the magnitude of y, plus one of two coefficients by the sign of y. */
export function FPTrigMAdd(b: Builder, N: FpSize, x: V128, y: V128, ofPositive: I64, ofNegative: I64): V128 {
  const coefficient = b.vselect(negative(b, N, y), b.vsplat(N, ofNegative), b.vsplat(N, ofPositive));
  return FPMulAdd(b, N, elementsIn(N), coefficient, x, magnitude(b, N, y), false);
}

export const FPExpCoefficient = (b: Builder, N: FpSize, x: V128): V128 =>
  b.call(helpers.FPExponential, x, helpers.shapeOf(b, N, elementsIn(N)));

/** Of the sine's series, then of the cosine's, as the manual has them. */
const coefficients: Readonly<Record<FpSize, readonly (readonly bigint[])[]>> = {
  16: [
    [0x3c00n, 0xb155n, 0x2030n],
    [0x3c00n, 0xb800n, 0x293an],
  ],
  32: [
    [0x3f800000n, 0xbe2aaaabn, 0x3c088886n, 0xb95008b9n, 0x36369d6dn],
    [0x3f800000n, 0xbf000000n, 0x3d2aaaa6n, 0xbab60705n, 0x37cd37ccn],
  ],
  64: [
    [
      0x3ff0000000000000n, 0xbfc5555555555543n, 0x3f8111111110f30cn, 0xbf2a01a019b92fc6n, 0x3ec71de351f3d22bn, 0xbe5ae5e2b60f7b91n,
      0x3de5d8408868552fn,
    ],
    [
      0x3ff0000000000000n, 0xbfe0000000000000n, 0x3fa5555555555536n, 0xbf56c16c16c13a0bn, 0x3efa01a019b1e8d8n, 0xbe927e4f7282f468n,
      0x3e21ee96d2641b13n, 0xbda8f76380fbb401n,
    ],
  ],
};
/** The coefficient of the term `index`, 0..7. */
export const FPTrigMAddCoefficient = (N: FpSize, cosine: 0 | 1, index: number): bigint => coefficients[N][cosine]?.[index] ?? 0n;
