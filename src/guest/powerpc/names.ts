/** How operands are written in assembly: the spelling of binutils' objdump with -M power9. */

export const r = (n: number): string => `r${n}`;
export const fr = (n: number): string => `f${n}`;
export const v = (n: number): string => `v${n}`;
export const vs = (n: number): string => `vs${n}`;
/** Condition register fields, left out where they are cr0 and may be. */
export const crf = (n: number): string => `cr${n}`;
export const crfFirst = (n: number): string => (n === 0 ? '' : `cr${n},`);
/** A bit of the condition register: `eq`, `4*cr1+eq`. */
export const crBit = (n: number): string => `${n > 3 ? `4*cr${n >> 2}+` : ''}${['lt', 'gt', 'eq', 'so'][n & 3]}`;
/** RA in an address, where 0 is no register. */
export const rOr0 = (n: number): string => (n === 0 ? '0' : r(n));
/** `16(r1)`. */
export const memory = (displacement: number, RA: number): string => `${displacement}(${rOr0(RA)})`;
/** The name of an instruction with Rc and, where it has one, OE. */
export const dot = (name: string, Rc: number, OE = 0): string => `${name}${OE ? 'o' : ''}${Rc ? '.' : ''}`;
/** Where a branch goes. Of an absolute address objdump shows the low word. */
export const target = ({ AA }: { readonly AA: number }, pc: bigint, offset: number): string =>
  `0x${(AA ? BigInt.asUintN(32, BigInt(offset)) : BigInt.asUintN(64, pc + BigInt(offset))).toString(16)}`;
