/** Fixed-point comparisons, and what goes by their results: Power ISA Book I, 3.3.10, 3.3.12. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Int, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { crBit, crf, crfFirst, r, rOr0 } from '../names.ts';
import { CRBit, CRField, fixed, GPR, orZero, setCRField, setGPR } from '../pseudocode.ts';

function compare(b: Builder, BF: Operand, signed: boolean, x: Int, y: Int): void {
  const less = signed ? b.ltS<Int>(x, y) : b.ltU<Int>(x, y);
  const greater = signed ? b.ltS<Int>(y, x) : b.ltU<Int>(y, x);
  setCRField(b, CRField(b, BF), less, greater, b.eq<Int>(x, y));
}

/** `L`: doublewords instead of words. */
function registers(name: string, XO: number, L: 0 | 1, signed: boolean): Insn {
  return insn(name, `011111 BF:3 0 ${fixed(L, 1)} RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    ...(L && { feature: '64' }),
    asm: f => `${name}\t${crfFirst(f.BF)}${r(f.RA)},${r(f.RB)}`,
    exec: (b, f) => compare(b, f.BF, signed, width(b, L, GPR(b, f.RA)), width(b, L, GPR(b, f.RB))),
  });
}

const width = (b: Builder, L: 0 | 1, x: I64): Int => (L ? x : b.wrap(x));

function immediate(name: string, opcode: number, L: 0 | 1, signed: boolean): Insn {
  const value = (SI: number): number => (signed ? signExtend(SI, 16) : SI);
  return insn(name, `${fixed(opcode, 6)} BF:3 0 ${fixed(L, 1)} RA:5 SI:16`, {
    ...(L && { feature: '64' }),
    derive: f => ({ immediate: value(f.SI) }),
    asm: f => `${name}\t${crfFirst(f.BF)}${r(f.RA)},${value(f.SI)}`,
    exec: (b, f) => compare(b, f.BF, signed, width(b, L, GPR(b, f.RA)), width(b, L, b.extS(b.operand(f.immediate)))),
  });
}

const byte = (b: Builder, x: I64, n: number): I32 => b.and(b.wrap(b.shrU(x, b.i32(n * 8))), b.i32(255));

/** Only the second bit of the field says something. */
function setOneBit(b: Builder, BF: Operand, found: I32): void {
  const none = b.i32(0);
  setCRField(b, CRField(b, BF), none, found, none, none);
}

const cmprb = insn('cmprb', '011111 BF:3 0 L!1 RA:5 RB:5 0011000000 0', {
  feature: '3.0',
  asm: f => `cmprb\t${crf(f.BF)},${f.L},${r(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const value = byte(b, GPR(b, f.RA), 0);
    const bounds = GPR(b, f.RB);
    const within = (low: number): I32 => b.and(b.leU(byte(b, bounds, low), value), b.leU(value, byte(b, bounds, low + 1)));
    setOneBit(b, f.BF, f.L ? b.or(within(2), within(0)) : within(0));
  },
});

const cmpeqb = insn('cmpeqb', '011111 BF:3 00 RA:5 RB:5 0011100000 0', {
  feature: '3.0',
  asm: f => `cmpeqb\t${crf(f.BF)},${r(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const equal = b.veq(8, b.vsplat(8, GPR(b, f.RA)), b.vsplat(64, GPR(b, f.RB)));
    setOneBit(b, f.BF, b.vany(equal));
  },
});

const selectNames = ['isellt', 'iselgt', 'iseleq'] as const;

const isel = insn('isel', '011111 RT:5 RA:5 RB:5 BC:5 01111 0', {
  feature: '2.03',
  derive: f => ({ A: orZero(f.RA) }),
  asm(f) {
    const operands = `${r(f.RT)},${rOr0(f.RA)},${r(f.RB)}`;
    return selectNames[f.BC] ? `${selectNames[f.BC]}\t${operands}` : `isel\t${operands},${crBit(f.BC)}`;
  },
  exec: (b, f) => setGPR(b, f.RT, b.select(CRBit(b, b.operand(f.BC)), GPR(b, f.A), GPR(b, f.RB))),
});

const setb = insn('setb', '011111 RT:5 BFA:3 00 00000 0010000000 0', {
  feature: '3.0',
  asm: f => `setb\t${r(f.RT)},${crf(f.BFA)}`,
  exec(b, f) {
    const first = CRField(b, f.BFA);
    const less = b.extU(CRBit(b, first));
    const greater = b.extU(CRBit(b, b.add(first, b.i32(1))));
    setGPR(b, f.RT, b.select(b.wrap(less), b.i64(-1), greater));
  },
});

export const fixedCompare: readonly Insn[] = [
  registers('cmpw', 0, 0, true), registers('cmpd', 0, 1, true),
  registers('cmplw', 32, 0, false), registers('cmpld', 32, 1, false),
  immediate('cmpwi', 11, 0, true), immediate('cmpdi', 11, 1, true),
  immediate('cmplwi', 10, 0, false), immediate('cmpldi', 10, 1, false),
  cmprb, cmpeqb, isel, setb,
];
