/** Bit fields of plain numbers and bigints. */

/** `value` bits `hi..lo` of a 32-bit number, unsigned. */
export const bits = (value: number, hi: number, lo: number): number => (value >>> lo) & (2 ** (hi - lo + 1) - 1);

/** The low `width` bits of `value`, sign-extended (width 1..32). */
export const signExtend = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

/** `value` bits `hi..lo` of a bigint, unsigned. */
export const bigBits = (value: bigint, hi: number, lo: number): bigint => (value >> BigInt(lo)) & ((1n << BigInt(hi - lo + 1)) - 1n);

export const popcount = (value: number): number => {
  let n = 0;
  for (let v = value >>> 0; v !== 0; v &= v - 1) n++;
  return n;
};
