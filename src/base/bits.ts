/** Bit fields of plain numbers. */

/** `value` bits `hi..lo` of a 32-bit number, unsigned. */
export const bits = (value: number, hi: number, lo: number): number => (value >>> lo) & (2 ** (hi - lo + 1) - 1);

/** The low `width` bits of `value`, sign-extended (width 1..32). */
export const signExtend = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);
