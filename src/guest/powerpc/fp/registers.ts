/** Floating-point registers over a Builder (Power ISA 2.07B Book I, 4.2.1 and 7.2.1). */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { fields } from '../state.ts';

export const FPR = (b: Builder, r: Operand): I64 => b.getAt(fields.fpr, b.operand(r));

/** The other doubleword of the VSR is undefined up to version 3.0, and 0 from 3.1 on: we choose 0. */
export function setFPR(b: Builder, r: Operand, value: I64): void {
  b.setAt(fields.fpr, b.operand(r), value);
  b.setAt(fields.vsrLow, b.operand(r), b.i64(0));
}
