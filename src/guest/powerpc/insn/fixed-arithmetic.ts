/** Fixed-point arithmetic: Power ISA Book I, 3.3.9. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { dot, r } from '../names.ts';
import { fixed, GPR, is64, orZero, setGPR, setOverflow, setResult } from '../pseudocode.ts';
import { fields } from '../state.ts';

const addi = insn('addi', '001110 RT:5 RA:5 SI:16', {
  derive: f => ({ A: orZero(f.RA), immediate: signExtend(f.SI, 16) }),
  asm: f => (f.RA === 0 ? `li\t${r(f.RT)},${signExtend(f.SI, 16)}` : `addi\t${r(f.RT)},${r(f.RA)},${signExtend(f.SI, 16)}`),
  exec: (b, f) => setGPR(b, f.RT, b.add(GPR(b, f.A), b.extS(b.operand(f.immediate)))),
});

const addis = insn('addis', '001111 RT:5 RA:5 SI:16', {
  derive: f => ({ A: orZero(f.RA), immediate: f.SI << 16 }),
  asm: f => (f.RA === 0 ? `lis\t${r(f.RT)},${signExtend(f.SI, 16)}` : `addis\t${r(f.RT)},${r(f.RA)},${signExtend(f.SI, 16)}`),
  exec: (b, f) => setGPR(b, f.RT, b.add(GPR(b, f.A), b.extS(b.operand(f.immediate)))),
});

/** What OE and the carrying forms set for sum = x + y or x + y + 1: overflow, and carry out of both widths. */
function setFlags(b: Builder, x: I64, y: I64, sum: I64, sets: { readonly OE: number; readonly CA: boolean }): void {
  if (sets.OE) {
    const bits = b.and(b.xor(x, sum), b.xor(y, sum));
    const OV32 = b.and(b.wrap(b.shrU(bits, b.i32(31))), b.i32(1));
    setOverflow(b, is64(b) ? b.wrap(b.shrU(bits, b.i32(63))) : OV32, OV32);
  }
  if (sets.CA) {
    // The carry out of a bit is the majority of the operands' bits and of the complement of the sum's.
    const bits = b.or(b.and(x, y), b.and(b.or(x, y), b.not(sum)));
    const CA32 = b.and(b.wrap(b.shrU(bits, b.i32(31))), b.i32(1));
    b.set(fields.CA, is64(b) ? b.wrap(b.shrU(bits, b.i32(63))) : CA32);
    b.set(fields.CA32, CA32);
  }
}

interface Sum { readonly x: I64; readonly y: I64; readonly sum: I64 }
const plus = (b: Builder, x: I64, y: I64): Sum => ({ x, y, sum: b.add(x, y) });
const plusCA = (b: Builder, x: I64, y: I64): Sum => ({ x, y, sum: b.add(b.add(x, y), b.extU(b.get(fields.CA))) });
/** y - x, which is y + ¬x + 1. */
const minus = (b: Builder, x: I64, y: I64): Sum => ({ x: b.not(x), y, sum: b.sub(y, x) });

/** XO-form sums and differences. */
function sum(name: string, XO: number, CA: boolean, of: (b: Builder, x: I64, y: I64) => Sum, unary = false): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 OE!1 ${fixed(XO, 9)} Rc!1`, {
    valid: f => !unary || f.RB === 0,
    asm: f => `${dot(name, f.Rc, f.OE)}\t${r(f.RT)},${unary ? r(f.RA) : `${r(f.RA)},${r(f.RB)}`}`,
    exec(b, f) {
      const { x, y, sum } = of(b, GPR(b, f.RA), GPR(b, f.RB));
      setFlags(b, x, y, sum, { OE: f.OE, CA });
      setResult(b, f.RT, sum, f.Rc);
    },
  });
}

export const fixedArithmetic: readonly Insn[] = [
  addi, addis,
  sum('add', 266, false, plus),
  sum('subf', 40, false, minus),
  sum('addc', 10, true, plus),
  sum('subfc', 8, true, minus),
  sum('adde', 138, true, plusCA),
  sum('subfe', 136, true, (b, x, y) => plusCA(b, b.not(x), y)),
  sum('addme', 234, true, (b, x) => plusCA(b, x, b.i64(-1)), true),
  sum('subfme', 232, true, (b, x) => plusCA(b, b.not(x), b.i64(-1)), true),
  sum('addze', 202, true, (b, x) => plusCA(b, x, b.i64(0)), true),
  sum('subfze', 200, true, (b, x) => plusCA(b, b.not(x), b.i64(0)), true),
  sum('neg', 104, false, (b, x) => minus(b, x, b.i64(0)), true),
];
