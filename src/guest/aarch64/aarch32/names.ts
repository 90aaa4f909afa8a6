/** How A32 and T32 operands are written in assembly: the spelling of binutils' objdump (T32 as it stands outside IT blocks). */
import { A32ExpandImm } from './shift.ts';

const registers = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'sl', 'fp', 'ip', 'sp', 'lr', 'pc'] as const;
export const reg = (r: number): string => registers[r & 15] as string;
/** Registers by commas: the operands of most instructions. */
export const regs = (...numbers: readonly number[]): string => numbers.map(reg).join(', ');
/** The registers whose bits are set, as LDM has them: `{r0, r1, pc}`. */
export const registerList = (bits: number): string => `{${registers.filter((_, r) => (bits >>> r) & 1).join(', ')}}`;

const conditions = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', '', ''] as const;
export const condName = (cond: number): string => conditions[cond & 15] as string;
/** The suffix of an instruction with these fields: that of A32's condition, nothing where it has none (T32, or A32 without one). */
export const cond = (f: object): string => condName((f as { readonly cond?: number }).cond ?? 14);
/** Whether an instruction with these fields is A32's with a condition: for what only differs in its width's suffix. */
export const isConditional = (f: object): boolean => 'cond' in f;
/** Mnemonic with condition, a tab, operands. */
export const spelt = (mnemonic: string, f: object, operands: string): string => `${mnemonic}${cond(f)}\t${operands}`;
/** The same; T32's has the suffix of its width. */
export const wide = (mnemonic: string, f: object, operands: string): string => spelt(isConditional(f) ? mnemonic : `${mnemonic}.w`, f, operands);

export const shiftNames = ['lsl', 'lsr', 'asr', 'ror'] as const;
/** `, lsl #3` by type and amount as they are encoded: 0 is 32 for LSR and ASR, RRX for ROR, and nothing for LSL. */
export function shifted(type: number, imm5: number): string {
  if (imm5 === 0 && type === 0) return '';
  if (imm5 === 0 && type === 3) return ', rrx';
  return `, ${shiftNames[type & 3]} #${imm5 || 32}`;
}

export const hex = (n: number): string => (n < 0 ? `#-0x${(-n).toString(16)}` : `#0x${n.toString(16)}`);
/** The target of a branch, `offset` bytes from the PC value. */
export const target = (pcValue: bigint, offset: number): string => `0x${BigInt.asUintN(32, pcValue + BigInt(offset)).toString(16)}`;

/** A modified immediate of A32: by value where its rotation is the least that gives it, else as it is encoded. */
export function modifiedImmediate(imm12: number): string {
  const value = A32ExpandImm(imm12);
  const rotation = imm12 >>> 8;
  const lesser = Array.from({ length: rotation }, (_, r) => r).some(r => ((value << (2 * r)) | (value >>> (32 - 2 * r) % 32)) >>> 0 <= 0xff);
  return lesser ? `#${imm12 & 0xff}, ${rotation * 2}` : `#${value}`;
}
