/** How A64 operands are written in assembly: the spelling of binutils' objdump. */

/** X or W register, 31 being the zero register. */
export const reg = (sf: number, r: number): string => (sf ? 'x' : 'w') + (r === 31 ? 'zr' : r);
/** X or W register, 31 being the stack pointer. */
export const regSP = (sf: number, r: number): string => (r === 31 ? (sf ? 'sp' : 'wsp') : reg(sf, r));

/** A scalar SIMD&FP register: `size` 0..4 for b, h, s, d, q. */
export const scalar = (size: number, r: number): string => `${'bhsdq'[size]}${r}`;
/** The lanes of a vector of 64 (Q 0) or 128 bits, `size` 0..3 for b, h, s, d: '8b' … '2d'. */
export const lanes = (Q: number, size: number): string => `${(Q ? 16 : 8) >> size}${'bhsd'[size]}`;
/** A vector register with its arrangement, such as v3.4s. */
export const vector = (Q: number, size: number, r: number): string => `v${r}.${lanes(Q, size)}`;
/** One element of a vector register, such as v3.s[1]. */
export const element = (size: number, r: number, index: number): string => `v${r}.${'bhsd'[size]}[${index}]`;
/** A list of consecutive vector registers; objdump writes a range where that is three or more and doesn't wrap. */
export function vectorList(first: number, count: number, arrangement: string): string {
  const name = (i: number): string => `v${(first + i) % 32}.${arrangement}`;
  if (count > 2 && first + count <= 32) return `{${name(0)}-${name(count - 1)}}`;
  return `{${Array.from({ length: count }, (_, i) => name(i)).join(', ')}}`;
}

const conditions = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', 'al', 'nv'] as const;
export const condName = (cond: number): string => conditions[cond & 15] as string;

export const shiftNames = ['lsl', 'lsr', 'asr', 'ror'] as const;
export const extendNames = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'] as const;

/** `, lsl #3`, or nothing for a shift by 0. */
export const shifted = (type: number, amount: number): string =>
  (type === 0 && amount === 0 ? '' : `, ${shiftNames[type & 3]} #${amount}`);

export const hex = (n: number | bigint): string => (n < 0 ? `#-0x${(-n).toString(16)}` : `#0x${n.toString(16)}`);
/** A target `offset` bytes from `pc`. */
export const target = (pc: bigint, offset: number | bigint): string => `0x${BigInt.asUintN(64, pc + BigInt(offset)).toString(16)}`;

/** `[x0]`, `[sp, #16]`. */
export const memory = (Rn: number, offset = 0): string => (offset === 0 ? `[${regSP(1, Rn)}]` : `[${regSP(1, Rn)}, #${offset}]`);
export const memoryPre = (Rn: number, offset: number): string => `[${regSP(1, Rn)}, #${offset}]!`;
export const memoryPost = (Rn: number, offset: number): string => `[${regSP(1, Rn)}], #${offset}`;

