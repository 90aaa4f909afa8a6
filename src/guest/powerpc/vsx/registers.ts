/**
 * Vector-scalar registers over a Builder (Power ISA 2.07B Book I, 7.2.1): the first 32 are the floating-point registers
 * with a second doubleword, the others the vector registers. The bit X that chooses is a mode, the number is not.
 */
import type { Builder, I64, Operand, V128 } from '../../../isa/builder.ts';
import { fields } from '../state.ts';
import { setVR, VR } from '../vmx/registers.ts';

export const doublewords = (b: Builder, first: I64, second: I64): V128 => b.vset(64, b.vsplat(64, second), 1, first);

export const VSR = (b: Builder, X: number, r: Operand): V128 =>
  (X ? VR(b, r) : doublewords(b, b.getAt(fields.fpr, b.operand(r)), b.getAt(fields.vsrLow, b.operand(r))));

export function setVSR(b: Builder, X: number, r: Operand, value: V128): void {
  if (X) {
    setVR(b, r, value);
    return;
  }
  b.setAt(fields.fpr, b.operand(r), b.vget(64, value, 1));
  b.setAt(fields.vsrLow, b.operand(r), b.vget(64, value, 0));
}

/** Doubleword 0, where scalars are. */
export const scalar = (b: Builder, X: number, r: Operand): I64 => (X ? b.vget(64, VR(b, r), 1) : b.getAt(fields.fpr, b.operand(r)));

/** Doubleword 1 is undefined then: we choose 0. */
export function setScalar(b: Builder, X: number, r: Operand, value: I64): void {
  setVSR(b, X, r, doublewords(b, value, b.i64(0)));
}
