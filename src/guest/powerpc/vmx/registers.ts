/** Vector registers over a Builder (Power ISA 2.07B Book I, 6.2): the manual's element 0 is our highest lane. */
import type { Builder, V128, Operand } from '../../../isa/builder.ts';
import { fields } from '../state.ts';

export const VR = (b: Builder, r: Operand): V128 => b.getAt(fields.vr, b.operand(r));
export const setVR = (b: Builder, r: Operand, value: V128): void => b.setAt(fields.vr, b.operand(r), value);

/** VSCR: saturation has happened, and non-Java mode. */
export const SAT = 1;
export const NJ = 1 << 16;

/** Notes in VSCR.SAT that a bit of `changed` is set. */
export const setSAT = (b: Builder, changed: V128): void => b.set(fields.VSCR, b.or(b.get(fields.VSCR), b.vany(changed)));
