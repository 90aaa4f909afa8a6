/**
 * Binary floating-point formats and unpacking (Arm ARM DDI 0487, J1: shared/functions/float FPUnpack, FPZero, …).
 * A number is kept exactly: `mant` * 2 ** `exp`, with `mant` a bigint.
 */
import { FPProcessException, FZ, FZ16, AHP, IDC, type FpState } from './status.ts';

export type FpSize = 16 | 32 | 64;

export interface Format {
  /** Bits of the exponent and of the fraction. */
  readonly E: number;
  readonly F: number;
  /** Exponent of the smallest normal number. */
  readonly minimumExp: number;
}

const formats = {
  16: { E: 5, F: 10, minimumExp: -14 },
  32: { E: 8, F: 23, minimumExp: -126 },
  64: { E: 11, F: 52, minimumExp: -1022 },
} as const;

export const formatOf = (N: FpSize): Format => formats[N];

export type FPType = 'zero' | 'nonzero' | 'infinity' | 'QNaN' | 'SNaN';

export interface Unpacked {
  readonly type: FPType;
  readonly sign: 0 | 1;
  /** 0n unless the type is 'nonzero'. */
  readonly mant: bigint;
  readonly exp: number;
}

export const ones = (width: number): bigint => (1n << BigInt(width)) - 1n;

export function pack(N: FpSize, sign: number, biasedExp: number | bigint, fraction: bigint): bigint {
  const { F } = formatOf(N);
  return (BigInt(sign) << BigInt(N - 1)) | (BigInt(biasedExp) << BigInt(F)) | fraction;
}

export const signOf = (N: FpSize, op: bigint): 0 | 1 => Number(op >> BigInt(N - 1)) as 0 | 1;
export const exponentOf = (N: FpSize, op: bigint): bigint => (op >> BigInt(formatOf(N).F)) & ones(formatOf(N).E);
export const fractionOf = (N: FpSize, op: bigint): bigint => op & ones(formatOf(N).F);

export const FPNeg = (N: FpSize, op: bigint): bigint => op ^ (1n << BigInt(N - 1));
export const FPAbs = (N: FpSize, op: bigint): bigint => op & ones(N - 1);
export const FPZero = (N: FpSize, sign: number): bigint => pack(N, sign, 0, 0n);
export const FPInfinity = (N: FpSize, sign: number): bigint => pack(N, sign, ones(formatOf(N).E), 0n);
export const FPMaxNormal = (N: FpSize, sign: number): bigint => pack(N, sign, ones(formatOf(N).E) - 1n, ones(formatOf(N).F));
export const FPDefaultNaN = (N: FpSize): bigint => pack(N, 0, ones(formatOf(N).E), 1n << BigInt(formatOf(N).F - 1));
/** 2 ** n times a sign. */
export const FPPowerOfTwo = (N: FpSize, sign: number, n: number): bigint => pack(N, sign, n - formatOf(N).minimumExp + 1, 0n);

/** FPUnpack: operands of arithmetic. Half precision is always IEEE here. */
export function FPUnpack(s: FpState, N: FpSize, op: bigint): Unpacked {
  return unpackBase(s, N, op, (s.FPCR & (N === 16 ? FZ16 : FZ)) !== 0, false);
}

/** FPUnpackCV: operands of conversions between formats. FZ16 has no effect, AHP has. */
export function FPUnpackCV(s: FpState, N: FpSize, op: bigint): Unpacked {
  return unpackBase(s, N, op, N !== 16 && (s.FPCR & FZ) !== 0, N === 16 && (s.FPCR & AHP) !== 0);
}

function unpackBase(s: FpState, N: FpSize, op: bigint, flush: boolean, alternative: boolean): Unpacked {
  const { E, F, minimumExp } = formatOf(N);
  const sign = signOf(N, op);
  const exponent = Number(exponentOf(N, op));
  const fraction = fractionOf(N, op);
  if (exponent === 0) {
    if (fraction === 0n) return { type: 'zero', sign, mant: 0n, exp: 0 };
    if (!flush) return { type: 'nonzero', sign, mant: fraction, exp: minimumExp - F };
    // Half-precision flushing is not reported.
    if (N !== 16) FPProcessException(s, IDC);
    return { type: 'zero', sign, mant: 0n, exp: 0 };
  }
  if (exponent === 2 ** E - 1 && !alternative) {
    if (fraction === 0n) return { type: 'infinity', sign, mant: 0n, exp: 0 };
    return { type: fraction >> BigInt(F - 1) ? 'QNaN' : 'SNaN', sign, mant: 0n, exp: 0 };
  }
  return { type: 'nonzero', sign, mant: fraction | (1n << BigInt(F)), exp: exponent - 1 + minimumExp - F };
}
