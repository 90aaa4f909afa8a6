/** Conditional compare and select: ARM DDI 0487, C4.1, "Data Processing -- Register". */
import type { Builder, I32, Int, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { condName, hex, reg } from '../names.ts';
import { ConditionHolds, immediate, setNZCV, setX, X } from '../pseudocode.ts';

function compareWhen(b: Builder, cond: number, x: Int, y: Int, op: number, otherwise: Operand): void {
  const flags: I32 = op ? b.nzcvOfSub(x, y) : b.nzcvOfAdd(x, y);
  setNZCV(b, b.select(ConditionHolds(b, cond), flags, b.operand(otherwise)));
}

const compareName = (op: number): string => (op ? 'ccmp' : 'ccmn');

const CCMP_register = insn('CCMN/CCMP (register)', 'sf!1 op!1 1 11010010 Rm:5 cond!4 00 Rn:5 0 nzcv:4', {
  derive: f => ({ flags: f.nzcv << 28 }),
  asm: f => `${compareName(f.op)}\t${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}, ${hex(f.nzcv)}, ${condName(f.cond)}`,
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    compareWhen(b, f.cond, X(b, f.Rn, n), X(b, f.Rm, n), f.op, f.flags);
  },
});

const CCMP_immediate = insn('CCMN/CCMP (immediate)', 'sf!1 op!1 1 11010010 imm5:5 cond!4 10 Rn:5 0 nzcv:4', {
  derive: f => ({ flags: f.nzcv << 28 }),
  asm: f => `${compareName(f.op)}\t${reg(f.sf, f.Rn)}, ${hex(f.imm5)}, ${hex(f.nzcv)}, ${condName(f.cond)}`,
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    compareWhen(b, f.cond, X(b, f.Rn, n), immediate(b, f.imm5, n), f.op, f.flags);
  },
});

const selectNames = ['csel', 'csinc', 'csinv', 'csneg'] as const;
const setNames = ['', 'cset', 'csetm', ''] as const;
const sameNames = ['', 'cinc', 'cinv', 'cneg'] as const;

const CSEL = insn('conditional select', 'sf!1 op!1 0 11010100 Rm:5 cond!4 0 o2!1 Rn:5 Rd:5', {
  asm(f) {
    const kind = f.op * 2 + f.o2;
    const d = reg(f.sf, f.Rd);
    if (kind !== 0 && f.Rn === f.Rm && f.cond < 14) {
      const inverted = condName(f.cond ^ 1);
      if (f.Rn === 31 && kind !== 3) return `${setNames[kind]}\t${d}, ${inverted}`;
      return `${sameNames[kind]}\t${d}, ${reg(f.sf, f.Rn)}, ${inverted}`;
    }
    return `${selectNames[kind]}\t${d}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}, ${condName(f.cond)}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const m = X(b, f.Rm, n);
    const inverted = f.op ? b.not(m) : m;
    const one: Int = f.sf ? b.i64(1) : b.i32(1);
    const otherwise = f.op && f.o2 ? b.neg(m) : f.o2 ? b.add(m, one) : inverted;
    setX(b, f.Rd, b.select<Int>(ConditionHolds(b, f.cond), X(b, f.Rn, n), otherwise));
  },
});

export const dataProcessingConditional: readonly Insn[] = [CCMP_register, CCMP_immediate, CSEL];
