/**
 * Branches of A32 and T32: ARM DDI 0487, F4.1.4 and F3.1.3; F5.1 (B, BL, BLX, BX, BXJ, CBZ, TBB). Offsets are from the PC value, 8
 * or 4 behind the instruction. A32's B under a condition is a conditional branch, so that loops stay in their unit.
 */
import { signExtend } from '../../../../base/bits.ts';
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import { insn, type Insn } from '../../../../isa/insn.ts';
import { a32, a32Always, t16, t32 } from '../describe.ts';
import { thumb } from '../mode.ts';
import { condName, reg, regs, spelt, target } from '../names.ts';
import {
  AlignedPC, branchBy, BranchWritePC, BXWritePC, ConditionPassed, LR, PC, PCValue, R, RNumber, Rnot15, setRNumber,
} from '../pseudocode.ts';
import { lastOfIT, outsideIT } from './it-block.ts';

const A32_PC = 8;
const T32_PC = 4;
const AL = 14;

/** LR gets the address of the next instruction, with the bit 0 that BX wants. */
function writeLink(b: Builder, bytes: 2 | 4): void {
  const next = b.add(b.wrap(b.pc()), b.i32(bytes));
  setRNumber(b, LR, thumb(b) ? b.or(next, b.i32(1)) : next);
}

function branchWithLink(b: Builder, offset: Operand): void {
  writeLink(b, 4);
  branchBy(b, offset, { link: true });
}

/** To the other instruction set; `offset` is from the aligned PC value. */
function branchExchange(b: Builder, offset: Operand): void {
  const to = b.add(AlignedPC(b), b.operand(offset));
  writeLink(b, 4);
  BXWritePC(b, thumb(b) ? to : b.or(to, b.i32(1)), 'call');
}

/** To what a register holds; LR's is a return. */
const toRegister = (b: Builder, Rm: number): void =>
  BXWritePC(b, Rm === PC ? PCValue(b) : RNumber(b, Rm), Rm === LR ? 'return' : 'jump');

/** The target is read before LR is written: they may be one. */
function callRegister(b: Builder, to: I32, bytes: 2 | 4): void {
  writeLink(b, bytes);
  BXWritePC(b, to, 'call');
}

// ---- A32
const offsetA32 = (imm24: number): number => signExtend(imm24, 24) * 4;

const B = insn('A32 B', 'cond!4 1010 imm24:24', {
  valid: f => f.cond !== 15,
  derive: f => ({ offset: offsetA32(f.imm24) + A32_PC }),
  asm: (f, pc) => spelt('b', f, target(pc + 8n, offsetA32(f.imm24))),
  exec(b, f) {
    if (f.cond === AL) b.branch(b.operand(f.offset));
    else b.branchIf(ConditionPassed(b, f.cond), b.operand(f.offset));
  },
});

const BL = a32('BL', '1011 imm24:24', {
  derive: f => ({ offset: offsetA32(f.imm24) + A32_PC }),
  asm: (f, pc) => spelt('bl', f, target(pc + 8n, offsetA32(f.imm24))),
  exec: (b, f) => branchWithLink(b, f.offset),
});

const BLX_immediate = a32Always('BLX (immediate)', '101 H:1 imm24:24', {
  derive: f => ({ offset: offsetA32(f.imm24) + f.H * 2 }),
  asm: (f, pc) => `blx\t${target(pc + 8n, offsetA32(f.imm24) + f.H * 2)}`,
  exec: (b, f) => branchExchange(b, f.offset),
});

const BX = a32('BX', '00010010 1111 1111 1111 0001 Rm!4', {
  asm: f => spelt('bx', f, reg(f.Rm)),
  exec: (b, f) => toRegister(b, f.Rm),
});

const BXJ = a32('BXJ', '00010010 1111 1111 1111 0010 Rm!4', {
  valid: f => f.Rm !== PC,
  asm: f => spelt('bxj', f, reg(f.Rm)),
  exec: (b, f) => toRegister(b, f.Rm),
});

const BLX_register = a32('BLX (register)', '00010010 1111 1111 1111 0011 Rm:4', {
  valid: f => f.Rm !== PC,
  asm: f => spelt('blx', f, reg(f.Rm)),
  exec: (b, f) => callRegister(b, Rnot15(b, f.Rm), 4),
});

// ---- T32
const offsetT16 = (imm8: number): number => signExtend(imm8, 8) * 2;

const B_cond_T16 = t16('B<c>', '1101 cond!4 imm8:8', {
  // 14 is UDF, 15 SVC.
  valid: f => f.cond < AL,
  derive: f => ({ offset: offsetT16(f.imm8) + T32_PC }),
  asm: (f, pc) => `b${condName(f.cond)}.n\t${target(pc + 4n, offsetT16(f.imm8))}`,
  exec: (b, f) => outsideIT(b, () => b.branchIf(ConditionPassed(b, f.cond), b.operand(f.offset))),
});

const B_T16 = t16('B', '11100 imm11:11', {
  derive: f => ({ offset: signExtend(f.imm11, 11) * 2 + T32_PC }),
  asm: (f, pc) => `b.n\t${target(pc + 4n, signExtend(f.imm11, 11) * 2)}`,
  exec: (b, f) => lastOfIT(b, () => branchBy(b, f.offset)),
});

interface Jump { readonly S: number; readonly J1: number; readonly J2: number; readonly high: number; readonly low: number }
/** S:J2:J1:imm6:imm11:0. */
const offsetConditional = (f: Jump): number => signExtend((f.S << 20) | (f.J2 << 19) | (f.J1 << 18) | (f.high << 12) | (f.low << 1), 21);
/** S:I1:I2:imm10:imm11:0, where I1 and I2 are J1 and J2 if S is 1, else their inverse. */
const offsetT32 = (f: Jump): number =>
  signExtend((f.S << 24) | ((f.J1 ^ f.S ^ 1) << 23) | ((f.J2 ^ f.S ^ 1) << 22) | (f.high << 12) | (f.low << 1), 25);

/** Its condition is cut in two, so that 14 and 15, which are other instructions, don't match: `fixed` are its upper bits. */
const conditional = (fixed: '0' | '10' | '110'): Insn => {
  const width = 4 - fixed.length;
  const base = Number.parseInt(fixed, 2) << width;
  return t32(`B<c> ${fixed}`, `11110 S:1 ${fixed} c!${width} high:6 10 J1:1 0 J2:1 low:11` as 'S:1 c!4 high:6 J1:1 J2:1 low:11', {
    derive: f => ({ offset: offsetConditional(f) + T32_PC }),
    asm: (f, pc) => `b${condName(base | f.c)}.w\t${target(pc + 4n, offsetConditional(f))}`,
    exec: (b, f) => outsideIT(b, () => b.branchIf(ConditionPassed(b, base | f.c), b.operand(f.offset))),
  });
};

const B_T32 = t32('B', '11110 S:1 high:10 10 J1:1 1 J2:1 low:11', {
  derive: f => ({ offset: offsetT32(f) + T32_PC }),
  asm: (f, pc) => `b.w\t${target(pc + 4n, offsetT32(f))}`,
  exec: (b, f) => lastOfIT(b, () => branchBy(b, f.offset)),
});

const BL_T32 = t32('BL', '11110 S:1 high:10 11 J1:1 1 J2:1 low:11', {
  derive: f => ({ offset: offsetT32(f) + T32_PC }),
  asm: (f, pc) => `bl\t${target(pc + 4n, offsetT32(f))}`,
  exec: (b, f) => lastOfIT(b, () => branchWithLink(b, f.offset)),
});

const BLX_T32 = t32('BLX (immediate)', '11110 S:1 high:10 11 J1:1 0 J2:1 low:11', {
  // H is UNDEFINED.
  valid: f => (f.low & 1) === 0,
  derive: f => ({ offset: offsetT32(f) }),
  asm: (f, pc) => `blx\t${target((pc + 4n) & ~3n, offsetT32(f))}`,
  exec: (b, f) => lastOfIT(b, () => branchExchange(b, f.offset)),
});

const BX_T16 = t16('BX', '010001 110 Rm!4 000', {
  asm: f => `bx\t${reg(f.Rm)}`,
  exec: (b, f) => lastOfIT(b, () => toRegister(b, f.Rm)),
});

const BLX_T16 = t16('BLX (register)', '010001 111 Rm:4 000', {
  valid: f => f.Rm !== PC,
  asm: f => `blx\t${reg(f.Rm)}`,
  exec: (b, f) => lastOfIT(b, () => callRegister(b, Rnot15(b, f.Rm), 2)),
});

const BXJ_T32 = t32('BXJ', '111100111100 Rm!4 1000 1111 0000 0000', {
  valid: f => f.Rm !== PC,
  asm: f => `bxj\t${reg(f.Rm)}`,
  exec: (b, f) => lastOfIT(b, () => toRegister(b, f.Rm)),
});

const CBZ = t16('CBZ/CBNZ', '1011 op!1 0 i:1 1 imm5:5 Rn:3', {
  derive: f => ({ offset: (f.i << 6) + (f.imm5 << 1) + T32_PC }),
  asm: (f, pc) => `${f.op ? 'cbnz' : 'cbz'}\t${reg(f.Rn)}, ${target(pc + 4n, (f.i << 6) + (f.imm5 << 1))}`,
  exec: (b, f) => outsideIT(b, () => {
    const isZero = b.eqz(Rnot15(b, f.Rn));
    b.branchIf(f.op ? b.eqz(isZero) : isZero, b.operand(f.offset));
  }),
});

const TBB = t32('TBB/TBH', '111010001101 Rn:4 1111 0000 000 H!1 Rm:4', {
  valid: f => f.Rm !== PC,
  asm: f => (f.H ? `tbh\t[${regs(f.Rn, f.Rm)}, lsl #1]` : `tbb\t[${regs(f.Rn, f.Rm)}]`),
  exec: (b, f) => lastOfIT(b, () => {
    const index = Rnot15(b, f.Rm);
    const address = b.add(R(b, f.Rn), f.H ? b.shl(index, b.i32(1)) : index);
    const entry = b.wrap(b.load(b.extU(address), f.H ? 2 : 1));
    BranchWritePC(b, b.add(PCValue(b), b.shl(entry, b.i32(1))));
  }),
});

export const branchesA32: readonly Insn[] = [B, BL, BLX_immediate, BX, BXJ, BLX_register];
export const branchesT32: readonly Insn[] = [
  B_cond_T16, B_T16, conditional('0'), conditional('10'), conditional('110'), B_T32, BL_T32, BLX_T32, BX_T16, BLX_T16, BXJ_T32, CBZ, TBB,
];
