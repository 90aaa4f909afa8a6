/** Bit mask immediates: DecodeBitMasks and MoveWidePreferred of ARM DDI 0487, shared/functions. */

const RESERVED = 0n;
/** All of them, as they are first asked for: a decoder asks again and again. No mask is 0. */
const masks: (bigint | undefined)[] = new Array<undefined>(1 << 13).fill(undefined);

/** The 64-bit mask (repeated, for an instruction of 32 bits too), or undefined where the encoding is reserved. */
export function DecodeBitMasks(N: number, imms: number, immr: number): bigint | undefined {
  const mask = (masks[(N << 12) | (imms << 6) | immr] ??= bitMask(N, imms, immr) ?? RESERVED);
  return mask === RESERVED ? undefined : mask;
}

function bitMask(N: number, imms: number, immr: number): bigint | undefined {
  const length = 31 - Math.clz32((N << 6) | (~imms & 0x3f));
  if (length < 1) return undefined;
  const size = 1 << length;
  const levels = size - 1;
  const S = imms & levels;
  const R = immr & levels;
  if (S === levels) return undefined;
  const ones = (1n << BigInt(S + 1)) - 1n;
  let mask = BigInt.asUintN(size, (ones >> BigInt(R)) | (ones << BigInt(size - R)));
  for (let width = size; width < 64; width *= 2) mask |= mask << BigInt(width);
  return mask;
}

/** MoveWidePreferred: whether a MOVZ or MOVN makes the same value, so that ORR isn't written as MOV. */
export function MoveWidePreferred(value: bigint, width: 32 | 64): boolean {
  const halfwords = Array.from({ length: width / 16 }, (_, i) => (value >> BigInt(16 * i)) & 0xffffn);
  return [0n, 0xffffn].some(rest => halfwords.filter(h => h !== rest).length <= 1);
}
