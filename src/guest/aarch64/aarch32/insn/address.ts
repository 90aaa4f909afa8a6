/**
 * Addresses of loads and stores (ARM DDI 0487, F1.5.1) and how operands that are memory are spelt. P and W as the encodings have
 * them: P 0 is post-indexed, W writes an offset or pre-indexed address back. Of a post-indexed access W means that it is done
 * with user code's rights, as all of EL0 are.
 */
import type { Builder, I32, I64, Operand } from '../../../../isa/builder.ts';
import { reg } from '../names.ts';
import { PC, R, setR } from '../pseudocode.ts';

export const writesBack = (P: number, W: number): boolean => P === 0 || W === 1;
export const isUnprivileged = (P: number, W: number): boolean => P === 0 && W === 1;

/** A base that is written back is neither the PC nor one of the registers that are transferred: UNPREDICTABLE else. */
export const isBase = (P: number, W: number, Rn: number, ...transferred: readonly number[]): boolean =>
  !writesBack(P, W) || (Rn !== PC && !transferred.includes(Rn));

/**
 * Does `access` at the address from Rn and `offset`. What it gives is done last: behind the write of the base, as only that may
 * follow which ends the instruction.
 */
export function indexed(b: Builder, P: number, W: number, Rn: Operand, offset: I32, access: (address: I64) => () => void): void {
  const base = R(b, Rn);
  const moved = b.add(base, offset);
  const finish = access(b.extU(P ? moved : base));
  if (writesBack(P, W)) setR(b, Rn, moved);
  finish();
}

/** `[r1, #-4]`, `[r1, r2]!`, `[r1], #4`; `offset` without its comma. */
export function memory(P: number, W: number, Rn: number, offset: string): string {
  if (P === 0) return `[${reg(Rn)}], ${offset}`;
  return `[${reg(Rn)}${offset === '' ? '' : `, ${offset}`}]${W ? '!' : ''}`;
}

/** An immediate offset; one of 0 that is added isn't spelt where nothing is written back. */
export const immediate = (P: number, W: number, U: number, imm: number): string =>
  (imm === 0 && U === 1 && !writesBack(P, W) ? '' : `#${U ? '' : '-'}${imm}`);

/** The same in T32, where 0 has no sign and isn't spelt inside the brackets. */
export const immediateT32 = (P: number, U: number, imm: number): string => (imm !== 0 ? `#${U ? '' : '-'}${imm}` : P ? '' : '#0');

/** A number of bytes to add or, where U is 0, to subtract. */
export const signed = (U: number, imm: number): number => (U ? imm : -imm);
