/** What the element and structure loads and stores have in common: alignment, write-back, spelling (ARM DDI 0487, F4.1 and F6: VLD1 …). */
import type { Access, Builder, I64, Operand } from '../../../../isa/builder.ts';
import { reg } from '../names.ts';
import { PC, Rnot15, setR, SP } from '../pseudocode.ts';

/** Alignment in bytes that the address must have, 1 for none, is asked for once; elements have to be aligned where all data has to be. */
export const accessOf = (element: 1 | 2 | 4 | 8, alignment: number): Access => ({ element, ...(alignment > 1 ? { align: alignment } : {}) });

export const baseOf = (b: Builder, Rn: Operand): I64 => b.extU(Rnot15(b, Rn));

/** Rm 15 is none, 13 the bytes transferred, any other one a register to be added. */
export function writeBack(b: Builder, f: { readonly Rn: Operand; readonly Rm: Operand }, bytes: number): void {
  const n = Rnot15(b, f.Rn);
  const m = b.operand(f.Rm);
  const offset = b.select(b.eq(m, b.i32(SP)), b.i32(bytes), b.select(b.eq(m, b.i32(PC)), b.i32(0), Rnot15(b, f.Rm)));
  setR(b, f.Rn, b.add(n, offset));
}

export function addressName(f: { readonly Rn: number; readonly Rm: number }, alignment: number): string {
  const base = `[${reg(f.Rn)}${alignment > 1 ? ` :${8 * alignment}` : ''}]`;
  return f.Rm === PC ? base : f.Rm === SP ? `${base}!` : `${base}, ${reg(f.Rm)}`;
}
