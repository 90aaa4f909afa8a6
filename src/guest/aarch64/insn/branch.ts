/** Branches: ARM DDI 0487, C4.1, "Branches, Exception Generating and System instructions". */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Int, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { staged } from '../mode.ts';
import { condName, reg, target } from '../names.ts';
import { ConditionHolds, X } from '../pseudocode.ts';
import { fields } from '../state.ts';

const linkRegister = 30;

function writeLink(b: Builder): void {
  b.setAt(fields.x, b.i32(linkRegister), b.add(b.pc(), b.i64(4)));
}

const B = insn('B/BL', 'op!1 00101 imm26:26', {
  derive: f => ({ offset: signExtend(f.imm26, 26) * 4 }),
  asm: (f, pc) => `${f.op ? 'bl' : 'b'}\t${target(pc, signExtend(f.imm26, 26) * 4)}`,
  exec(b, f) {
    if (f.op) writeLink(b);
    b.branch(b.operand(f.offset), { link: f.op === 1 });
  },
});

const B_cond = insn('B.cond', '01010100 imm19:19 0 cond!4', {
  derive: f => ({ offset: signExtend(f.imm19, 19) * 4 }),
  asm: (f, pc) => `b.${condName(f.cond)}\t${target(pc, signExtend(f.imm19, 19) * 4)}`,
  exec: (b, f) => b.branchIf(ConditionHolds(b, f.cond), b.operand(f.offset)),
});

const CBZ = insn('CBZ/CBNZ', 'sf!1 011010 op!1 imm19:19 Rt:5', {
  derive: f => ({ offset: signExtend(f.imm19, 19) * 4 }),
  asm: (f, pc) => `${f.op ? 'cbnz' : 'cbz'}\t${reg(f.sf, f.Rt)}, ${target(pc, signExtend(f.imm19, 19) * 4)}`,
  exec(b, f) {
    const value: Int = X(b, f.Rt, f.sf ? 64 : 32);
    const isZero = b.eqz(value);
    b.branchIf(f.op ? b.eqz(isZero) : isZero, b.operand(f.offset));
  },
});

const TBZ = insn('TBZ/TBNZ', 'b5:1 011011 op!1 b40:5 imm14:14 Rt:5', {
  derive: f => ({ bit: (f.b5 << 5) | f.b40, offset: signExtend(f.imm14, 14) * 4 }),
  asm: (f, pc) =>
    `${f.op ? 'tbnz' : 'tbz'}\t${reg(f.b5, f.Rt)}, #${(f.b5 << 5) | f.b40}, ${target(pc, signExtend(f.imm14, 14) * 4)}`,
  exec(b, f) {
    const bit = b.wrap(b.and(b.shrU(X(b, f.Rt, 64), b.operand(f.bit)), b.i64(1)));
    b.branchIf(f.op ? bit : b.eqz(bit), b.operand(f.offset));
  },
});

const BR = insn('BR/BLR/RET', '1101011 00 opc!2 11111 000000 Rn:5 00000', {
  valid: f => f.opc !== 3,
  asm: f => (f.opc === 2 && f.Rn === linkRegister ? 'ret' : `${['br', 'blr', 'ret'][f.opc]}\t${reg(1, f.Rn)}`),
  exec(b, f) {
    const to = X(b, f.Rn, 64);
    if (f.opc === 2) b.branchTo(to, 'return');
    else branchRegister(b, f.opc === 0 ? 'jump' : 'call', f.Rn, to);
  },
});

/** BR and BLR of register Rn, and what they say to a guarded page (BTypeNext): RET says what all else does, nothing. */
export function branchRegister(b: Builder, kind: 'jump' | 'call', Rn: Operand, to: I64): void {
  if (kind === 'call') writeLink(b);
  if (b.mode & staged.BTI) {
    b.set(fields.BTYPE, kind === 'call' ? b.i32(2) : jumpType(b, Rn));
    b.set(fields.branchTarget, to);
  }
  b.branchTo(to, kind);
}

/** Jumps from guarded pages go to landing places for jumps, but those by X16 and X17, which linkers make of calls. */
function jumpType(b: Builder, Rn: Operand): I32 {
  if (!(b.mode & staged.guarded)) return b.i32(1);
  const n = b.operand(Rn);
  return b.select(b.or(b.eq(n, b.i32(16)), b.eq(n, b.i32(17))), b.i32(1), b.i32(3));
}

export const branches: readonly Insn[] = [B, B_cond, CBZ, TBZ, BR];
