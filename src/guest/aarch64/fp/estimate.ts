/** Estimates (Arm ARM DDI 0487, J1: RecipEstimate, RecipSqrtEstimate, FPRecipEstimate, FPRSqrtEstimate, FPRecpX). */
import { FPInfinity, FPMaxNormal, FPUnpack, FPZero, exponentOf, formatOf, fractionOf, isNaN, ones, pack, signOf, type FpSize } from './format.ts';
import { FPProcessNaN, bitLength, invalid } from './round.ts';
import { DZC, FPProcessException, FPRounding, FPRoundingMode, FZ, FZ16, IXC, OFC, UFC, type FpState, type Rounding } from './status.ts';

/** 1 / (a / 512) in units of 1/256; a and the result 256..511. */
export function RecipEstimate(a: number): number {
  const b = Math.floor((1 << 19) / (a * 2 + 1));
  return (b + 1) >> 1;
}

/** 1 / sqrt(a / 512) in units of 1/256; a 128..511, the result 256..511. */
export function RecipSqrtEstimate(a: number): number {
  const scaled = a < 256 ? a * 2 + 1 : (((a >> 1) << 1) + 1) * 2;
  let b = 512;
  while (scaled * (b + 1) * (b + 1) < 1 << 28) b++;
  return (b + 1) >> 1;
}

function overflowsToInfinity(rounding: Rounding, sign: number): boolean {
  if (rounding === FPRounding.TIEEVEN) return true;
  return rounding === (sign ? FPRounding.NEGINF : FPRounding.POSINF);
}

/** Fraction as 52 bits and exponent of a number, as the estimates take them. */
function fields(N: FpSize, op: bigint): { fraction: bigint; exp: number } {
  return { fraction: fractionOf(N, op) << BigInt(52 - formatOf(N).F), exp: Number(exponentOf(N, op)) };
}

export function FPRecipEstimate(s: FpState, N: FpSize, op: bigint): bigint {
  const x = FPUnpack(s, N, op);
  const { F, minimumExp } = formatOf(N);
  if (isNaN(x.type)) return FPProcessNaN(s, N, x.type, op);
  if (x.type === 'infinity') return FPZero(N, x.sign);
  if (x.type === 'zero') {
    FPProcessException(s, DZC);
    return FPInfinity(N, x.sign);
  }
  const magnitude = bitLength(x.mant) - 1 + x.exp;
  if (magnitude < minimumExp - 2) {
    FPProcessException(s, OFC | IXC);
    return overflowsToInfinity(FPRoundingMode(s), x.sign) ? FPInfinity(N, x.sign) : FPMaxNormal(N, x.sign);
  }
  if ((s.FPCR & (N === 16 ? FZ16 : FZ)) !== 0 && magnitude >= -minimumExp) {
    FPProcessException(s, UFC);
    return FPZero(N, x.sign);
  }
  let { fraction, exp } = fields(N, op);
  if (exp === 0) {
    if (fraction >> 51n) {
      fraction = (fraction << 1n) & ones(52);
    } else {
      exp = -1;
      fraction = (fraction << 2n) & ones(52);
    }
  }
  const scaled = 256 | Number(fraction >> 44n);
  let resultExp = -2 * minimumExp + 1 - exp;
  fraction = BigInt(RecipEstimate(scaled) & 255) << 44n;
  if (resultExp === 0) fraction = (1n << 51n) | (fraction >> 1n);
  if (resultExp === -1) {
    fraction = (1n << 50n) | (fraction >> 2n);
    resultExp = 0;
  }
  return pack(N, x.sign, resultExp, fraction >> BigInt(52 - F));
}

export function FPRSqrtEstimate(s: FpState, N: FpSize, op: bigint): bigint {
  const x = FPUnpack(s, N, op);
  const { F, minimumExp } = formatOf(N);
  if (isNaN(x.type)) return FPProcessNaN(s, N, x.type, op);
  if (x.type === 'zero') {
    FPProcessException(s, DZC);
    return FPInfinity(N, x.sign);
  }
  if (x.sign) return invalid(s, N);
  if (x.type === 'infinity') return FPZero(N, 0);
  let { fraction, exp } = fields(N, op);
  if (exp === 0) {
    for (; !(fraction >> 51n); fraction <<= 1n) exp--;
    fraction = (fraction << 1n) & ones(52);
  }
  const scaled = exp & 1 ? 128 | Number(fraction >> 45n) : 256 | Number(fraction >> 44n);
  const resultExp = Math.floor((3 * (1 - minimumExp) - 1 - exp) / 2);
  return pack(N, 0, resultExp, BigInt(RecipSqrtEstimate(scaled) & 255) << BigInt(F - 8));
}

/** FPRecpX: the exponent inverted, a first guess for a reciprocal's. */
export function FPRecpX(s: FpState, N: FpSize, op: bigint): bigint {
  const x = FPUnpack(s, N, op);
  if (isNaN(x.type)) return FPProcessNaN(s, N, x.type, op);
  const highest = ones(formatOf(N).E);
  const exponent = exponentOf(N, op);
  return pack(N, signOf(N, op), exponent === 0n ? highest - 1n : highest ^ exponent, 0n);
}
