/**
 * Binary interchange formats (IEEE 754-2008, 3.4) and their parts. A number is kept exactly: `mant` * 2 ** `exp`, with
 * `mant` a bigint. Encodings are unsigned bigints of N bits.
 */

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

export type FpType = 'zero' | 'nonzero' | 'infinity' | 'QNaN' | 'SNaN';

export interface Unpacked {
  readonly type: FpType;
  readonly sign: 0 | 1;
  /** 0n unless the type is 'nonzero'. */
  readonly mant: bigint;
  readonly exp: number;
}

export const isNaN = (type: FpType): boolean => type === 'QNaN' || type === 'SNaN';

const allOnes = Array.from({ length: 129 }, (_, width) => (1n << BigInt(width)) - 1n);
/** The lowest `width` bits. */
export const ones = (width: number): bigint => allOnes[width] ?? (1n << BigInt(width)) - 1n;

export function pack(N: FpSize, sign: number, biasedExp: number | bigint, fraction: bigint): bigint {
  const { F } = formatOf(N);
  return (BigInt(sign) << BigInt(N - 1)) | (BigInt(biasedExp) << BigInt(F)) | fraction;
}

export const signOf = (N: FpSize, op: bigint): 0 | 1 => Number(op >> BigInt(N - 1)) as 0 | 1;
export const exponentOf = (N: FpSize, op: bigint): bigint => (op >> BigInt(formatOf(N).F)) & ones(formatOf(N).E);
export const fractionOf = (N: FpSize, op: bigint): bigint => op & ones(formatOf(N).F);

export const negated = (N: FpSize, op: bigint): bigint => op ^ (1n << BigInt(N - 1));
export const magnitude = (N: FpSize, op: bigint): bigint => op & ones(N - 1);
export const zero = (N: FpSize, sign: number): bigint => pack(N, sign, 0, 0n);
export const infinity = (N: FpSize, sign: number): bigint => pack(N, sign, ones(formatOf(N).E), 0n);
export const largest = (N: FpSize, sign: number): bigint => pack(N, sign, ones(formatOf(N).E) - 1n, ones(formatOf(N).F));
export const defaultNaN = (N: FpSize): bigint => pack(N, 0, ones(formatOf(N).E), 1n << BigInt(formatOf(N).F - 1));
export const quieted = (N: FpSize, nan: bigint): bigint => nan | (1n << BigInt(formatOf(N).F - 1));
/** 2 ** n times a sign. */
export const powerOfTwo = (N: FpSize, sign: number, n: number): bigint => pack(N, sign, n - formatOf(N).minimumExp + 1, 0n);

/** `finiteOnly`: the highest exponent is one of numbers, too. */
export function unpack(N: FpSize, op: bigint, finiteOnly = false): Unpacked {
  const { E, F, minimumExp } = formatOf(N);
  const sign = signOf(N, op);
  const exponent = Number(exponentOf(N, op));
  const fraction = fractionOf(N, op);
  if (exponent === 0) {
    if (fraction === 0n) return { type: 'zero', sign, mant: 0n, exp: 0 };
    return { type: 'nonzero', sign, mant: fraction, exp: minimumExp - F };
  }
  if (exponent === 2 ** E - 1 && !finiteOnly) {
    if (fraction === 0n) return { type: 'infinity', sign, mant: 0n, exp: 0 };
    return { type: fraction >> BigInt(F - 1) ? 'QNaN' : 'SNaN', sign, mant: 0n, exp: 0 };
  }
  return { type: 'nonzero', sign, mant: fraction | (1n << BigInt(F)), exp: exponent - 1 + minimumExp - F };
}

/** A NaN of N bits in M bits: the top of the payload is kept, and the result is quiet. */
export function convertedNaN(N: FpSize, M: FpSize, op: bigint): bigint {
  const from = formatOf(N).F;
  const { E, F } = formatOf(M);
  const fraction = from > F ? fractionOf(N, op) >> BigInt(from - F) : fractionOf(N, op) << BigInt(F - from);
  return pack(M, signOf(N, op), ones(E), fraction | (1n << BigInt(F - 1)));
}
