/**
 * A32 loads and stores of a word or an unsigned byte: ARM DDI 0487, F4.1.6 "Load/Store Word, Unsigned Byte"; F5.1. The address of
 * a literal is that of any base that is the PC, which is a multiple of 4.
 */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { a32 } from '../describe.ts';
import { reg, shifted, spelt } from '../names.ts';
import { PC, R, SP } from '../pseudocode.ts';
import { shiftByImmediate } from '../shift.ts';
import { immediate, indexed, isBase, isUnprivileged, memory, signed } from './address.ts';
import { transfer, transferName, transferToPC } from './transfer.ts';

interface Word { readonly P: number; readonly W: number; readonly B: number; readonly L: number; readonly Rn: number; readonly Rt: number }

const kind = ({ B, L }: { readonly B: number; readonly L: number }) => ({ size: B ? 0 : 2, load: L, signed: 0 });
const isAllocated = ({ P, W, B, L, Rn, Rt }: Word): boolean => isBase(P, W, Rn, Rt) && (Rt !== PC || (!B && !L));
const spelling = (f: Word, offset: string): string =>
  spelt(transferName(kind(f), isUnprivileged(f.P, f.W) ? 't' : ''), f, `${reg(f.Rt)}, ${memory(f.P, f.W, f.Rn, offset)}`);

/** A word that is pushed or popped by itself. */
function immediateSpelling(f: Word & { readonly U: number; readonly imm12: number }): string {
  if (f.Rn === SP && f.imm12 === 4 && !f.B) {
    if (!f.L && f.P && f.W && !f.U) return spelt('push', f, `{${reg(f.Rt)}}`);
    if (f.L && !f.P && !f.W && f.U) return spelt('pop', f, `{${reg(f.Rt)}}`);
  }
  return spelling(f, immediate(f.P, f.W, f.U, f.imm12));
}

const LDR = a32('LDR/STR (immediate)', '010 P!1 U:1 B!1 W!1 L!1 Rn:4 Rt:4 imm12:12', {
  valid: isAllocated,
  derive: f => ({ offset: signed(f.U, f.imm12) }),
  asm: f => immediateSpelling({ ...f }),
  exec: (b, f) => indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), address => transfer(b, kind(f), f.Rt, address)),
});

const LDR_PC = a32('LDR (immediate) of the PC', '010 P!1 U:1 0 W!1 1 Rn:4 1111 imm12:12', {
  overrides: ['A32 LDR/STR (immediate)'],
  valid: f => isBase(f.P, f.W, f.Rn) && !isUnprivileged(f.P, f.W),
  derive: f => ({ offset: signed(f.U, f.imm12) }),
  asm: f => immediateSpelling({ ...f, B: 0, L: 1, Rt: PC }),
  exec: (b, f) => indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), address => transferToPC(b, address)),
});

/** A shifted register, added or subtracted. */
function shiftedOffset(b: Builder, U: number, Rm: Operand, type: number, imm5: Operand): I32 {
  const [offset] = shiftByImmediate(b, R(b, Rm), type, imm5);
  return U ? offset : b.neg(offset);
}
export const registerOffset = (U: number, Rm: number, shift = ''): string => `${U ? '' : '-'}${reg(Rm)}${shift}`;

const LDR_register = a32('LDR/STR (register)', '011 P!1 U!1 B!1 W!1 L!1 Rn:4 Rt:4 imm5:5 type!2 0 Rm:4', {
  valid: f => isAllocated(f) && f.Rm !== PC,
  asm: f => spelling({ ...f }, registerOffset(f.U, f.Rm, shifted(f.type, f.imm5))),
  exec: (b, f) => indexed(b, f.P, f.W, f.Rn, shiftedOffset(b, f.U, f.Rm, f.type, f.imm5), address => transfer(b, kind(f), f.Rt, address)),
});

const LDR_register_PC = a32('LDR (register) of the PC', '011 P!1 U!1 0 W!1 1 Rn:4 1111 imm5:5 type!2 0 Rm:4', {
  overrides: ['A32 LDR/STR (register)'],
  valid: f => isBase(f.P, f.W, f.Rn) && !isUnprivileged(f.P, f.W) && f.Rm !== PC,
  asm: f => spelling({ ...f, B: 0, L: 1, Rt: PC }, registerOffset(f.U, f.Rm, shifted(f.type, f.imm5))),
  exec: (b, f) => indexed(b, f.P, f.W, f.Rn, shiftedOffset(b, f.U, f.Rm, f.type, f.imm5), address => transferToPC(b, address)),
});

export const loadStoreWord: readonly Insn[] = [LDR, LDR_PC, LDR_register, LDR_register_PC];
