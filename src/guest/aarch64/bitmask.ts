/** Bit mask immediates: DecodeBitMasks and MoveWidePreferred of ARM DDI 0487, shared/functions. */

/** The 64-bit mask (repeated, for an instruction of 32 bits too), or undefined where the encoding is reserved. */
export function DecodeBitMasks(N: number, imms: number, immr: number): bigint | undefined {
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

/** Whether a MOVZ or MOVN makes the same value: then ORR isn't written as MOV. */
export function MoveWidePreferred(sf: number, N: number, imms: number, immr: number): boolean {
  const width = sf ? 64 : 32;
  if (sf ? N !== 1 : N !== 0 || (imms & 0x20) !== 0) return false;
  if (imms < 16) return (-immr & 15) <= 15 - imms;
  if (imms >= width - 15) return (immr & 15) <= imms - (width - 15);
  return false;
}
