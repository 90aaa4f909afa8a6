/** Fixed-point sums and differences: Power ISA Book I, 3.3.9. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { dot, r } from '../names.ts';
import { carries, fixed, GPR, is64, orZero, overflows, setGPR, setOverflow, setResult } from '../pseudocode.ts';
import { fields } from '../state.ts';

const signed = (b: Builder, immediate: Operand): I64 => b.extS(b.operand(immediate));

const addi = insn('addi', '001110 RT:5 RA:5 SI:16', {
  derive: f => ({ A: orZero(f.RA), immediate: signExtend(f.SI, 16) }),
  asm: f => (f.RA === 0 ? `li\t${r(f.RT)},${signExtend(f.SI, 16)}` : `addi\t${r(f.RT)},${r(f.RA)},${signExtend(f.SI, 16)}`),
  exec: (b, f) => setGPR(b, f.RT, b.add(GPR(b, f.A), signed(b, f.immediate))),
});

const addis = insn('addis', '001111 RT:5 RA:5 SI:16', {
  derive: f => ({ A: orZero(f.RA), immediate: f.SI << 16 }),
  asm: f => (f.RA === 0 ? `lis\t${r(f.RT)},${signExtend(f.SI, 16)}` : `addis\t${r(f.RT)},${r(f.RA)},${signExtend(f.SI, 16)}`),
  exec: (b, f) => setGPR(b, f.RT, b.add(GPR(b, f.A), signed(b, f.immediate))),
});

const displacement = (f: { readonly d0: number; readonly d1: number; readonly d2: number }): number => signExtend((f.d0 << 6) | (f.d1 << 1) | f.d2, 16);

const addpcis = insn('addpcis', '010011 RT:5 d1:5 d0:10 00010 d2:1', {
  feature: '3.0',
  derive: f => ({ offset: displacement(f) * 0x1_0000 }),
  asm: f => (displacement(f) === 0 ? `lnia\t${r(f.RT)}` : `addpcis\t${r(f.RT)},${displacement(f)}`),
  exec: (b, f) => setGPR(b, f.RT, b.add(b.add(b.pc(), b.i64(4)), signed(b, f.offset))),
});

/** What OE and the carrying forms set for sum = x + y or x + y + 1: overflow, and carry out of both widths. */
function setFlags(b: Builder, { x, y, sum }: Sum, OE: number, CA: boolean): void {
  if (OE) {
    const [OV, OV32] = overflows(b, x, y, sum);
    setOverflow(b, is64(b) ? OV : OV32, OV32);
  }
  if (CA) {
    const [carry, carry32] = carries(b, x, y, sum);
    b.set(fields.CA, is64(b) ? carry : carry32);
    b.set(fields.CA32, carry32);
  }
}

interface Sum { readonly x: I64; readonly y: I64; readonly sum: I64 }
const plus = (b: Builder, x: I64, y: I64): Sum => ({ x, y, sum: b.add(x, y) });
const plusCarry = (b: Builder, x: I64, y: I64, carry: I32): Sum => ({ x, y, sum: b.add(b.add(x, y), b.extU(carry)) });
const plusCA = (b: Builder, x: I64, y: I64): Sum => plusCarry(b, x, y, b.get(fields.CA));
/** y - x, which is y + ¬x + 1. */
const minus = (b: Builder, x: I64, y: I64): Sum => ({ x: b.not(x), y, sum: b.sub(y, x) });

/** XO-form sums and differences. */
function sum(name: string, XO: number, CA: boolean, of: (b: Builder, x: I64, y: I64) => Sum): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 OE!1 ${fixed(XO, 9)} Rc!1`, {
    asm: f => `${dot(name, f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const result = of(b, GPR(b, f.RA), GPR(b, f.RB));
      setFlags(b, result, f.OE, CA);
      setResult(b, f.RT, result.sum, f.Rc);
    },
  });
}

/** The same of one register. */
function unary(name: string, XO: number, CA: boolean, of: (b: Builder, x: I64) => Sum): Insn {
  return insn(name, `011111 RT:5 RA:5 00000 OE!1 ${fixed(XO, 9)} Rc!1`, {
    asm: f => `${dot(name, f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)}`,
    exec(b, f) {
      const result = of(b, GPR(b, f.RA));
      setFlags(b, result, f.OE, CA);
      setResult(b, f.RT, result.sum, f.Rc);
    },
  });
}

/** D-form: the immediate is one operand. */
function immediate(name: string, opcode: number, Rc: number, of: (b: Builder, x: I64, y: I64) => Sum): Insn {
  return insn(name, `${fixed(opcode, 6)} RT:5 RA:5 SI:16`, {
    derive: f => ({ immediate: signExtend(f.SI, 16) }),
    asm: f => `${name}\t${r(f.RT)},${r(f.RA)},${signExtend(f.SI, 16)}`,
    exec(b, f) {
      const result = of(b, GPR(b, f.RA), signed(b, f.immediate));
      setFlags(b, result, 0, true);
      setResult(b, f.RT, result.sum, Rc);
    },
  });
}

/** OV instead of CA carries, so that two sums can go side by side. */
const addex = insn('addex', '011111 RT:5 RA:5 RB:5 00 10101010 0', {
  feature: '3.0',
  asm: f => `addex\t${r(f.RT)},${r(f.RA)},${r(f.RB)},0`,
  exec(b, f) {
    const { x, y, sum } = plusCarry(b, GPR(b, f.RA), GPR(b, f.RB), b.get(fields.OV));
    const [carry, carry32] = carries(b, x, y, sum);
    b.set(fields.OV, is64(b) ? carry : carry32);
    b.set(fields.OV32, carry32);
    setGPR(b, f.RT, sum);
  },
});

export const fixedArithmetic: readonly Insn[] = [
  addi, addis, addpcis, addex,
  immediate('addic', 12, 0, plus),
  immediate('addic.', 13, 1, plus),
  immediate('subfic', 8, 0, minus),
  sum('add', 266, false, plus),
  sum('subf', 40, false, minus),
  sum('addc', 10, true, plus),
  sum('subfc', 8, true, minus),
  sum('adde', 138, true, plusCA),
  sum('subfe', 136, true, (b, x, y) => plusCA(b, b.not(x), y)),
  unary('addme', 234, true, (b, x) => plusCA(b, x, b.i64(-1))),
  unary('subfme', 232, true, (b, x) => plusCA(b, b.not(x), b.i64(-1))),
  unary('addze', 202, true, (b, x) => plusCA(b, x, b.i64(0))),
  unary('subfze', 200, true, (b, x) => plusCA(b, b.not(x), b.i64(0))),
  unary('neg', 104, false, (b, x) => minus(b, x, b.i64(0))),
];
