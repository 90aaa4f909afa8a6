/** The addresses of SVE's loads and stores: a base and an offset, and how they are written. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { baseAddress } from '../insn/base-address.ts';
import { reg, regSP } from '../names.ts';
import { signedOffset, X } from '../pseudocode.ts';

/**
 * Xn or SP plus an offset in bytes. CONSTRAINED UNPREDICTABLE: where no element is active we check the alignment of SP as always.
 */
export const baseImmediate = (b: Builder, Rn: Operand, offset: Operand): I64 => b.add(baseAddress(b, Rn), signedOffset(b, offset));

/** Xn or SP plus Xm in units of `1 << msz` bytes. */
export const baseRegister = (b: Builder, Rn: Operand, Rm: Operand, msz: number): I64 =>
  b.add(baseAddress(b, Rn), b.shl(X(b, Rm, 64), b.i32(msz)));

/** A signed field in units of `bytes`. */
export const scaledOffset = (field: number, width: number, bytes: number): number => signExtend(field, width) * bytes;

/** `[x0]`, `[x0, #1, mul vl]`. */
export function vectorMultiple(Rn: number, field: number, width: number, multiplier = 1): string {
  const offset = signExtend(field, width) * multiplier;
  return offset === 0 ? `[${regSP(1, Rn)}]` : `[${regSP(1, Rn)}, #${offset}, mul vl]`;
}

/** `[x0, x1, lsl #2]`. */
export const indexed = (Rn: number, Rm: number, msz: number): string => `[${regSP(1, Rn)}, ${reg(1, Rm)}${msz ? `, lsl #${msz}` : ''}]`;

/** `[x0, z1.s, uxtw #1]`. */
export const extendedOffset = (Rn: number, Zm: string, xs: number, scale: number): string =>
  `[${regSP(1, Rn)}, ${Zm}, ${xs ? 's' : 'u'}xtw${scale ? ` #${scale}` : ''}]`;
/** `[x0, z1.d, lsl #1]`. */
export const shiftedOffset = (Rn: number, Zm: string, scale: number): string => `[${regSP(1, Rn)}, ${Zm}${scale ? `, lsl #${scale}` : ''}]`;
/** `[z1.d, #8]`. */
export const vectorBase = (Zn: string, offset: number): string => `[${Zn}${offset ? `, #${offset}` : ''}]`;

/** `b`, `sh`, `d`: what a mnemonic ends in. */
export const elementName = ({ msz, signed }: { readonly msz: number; readonly signed: boolean }): string => `${signed ? 's' : ''}${'bhwd'[msz]}`;
