/**
 * Fixed-point quotients and remainders: Power ISA Book I, 3.3.9. Of a quotient that can't be represented RT is undefined:
 * we choose what a divisor of 1 gives, and 0 for the extended forms.
 */
import type { Builder, I32, I64, Int } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { dot, r } from '../names.ts';
import { fixed, GPR, setGPR, setOverflow, setResult } from '../pseudocode.ts';

/** Whether the quotient of x and y can't be represented. */
function impossible<T extends Int>(b: Builder, signed: boolean, x: T, y: T): I32 {
  if (!signed) return b.eqz(y);
  const minusOne = b.eqz(b.not<Int>(y));
  const shift = b.i32(b.width(x) - 1);
  const smallest = b.eqz(b.xor<Int>(x, b.shl<Int>(b.width(x) === 64 ? b.i64(1) : b.i32(1), shift)));
  return b.or(b.eqz(y), b.and(minusOne, smallest));
}

const quotient = <T extends Int>(b: Builder, signed: boolean, x: T, y: T): T => (signed ? b.divS(x, y) : b.divU(x, y));
const one = (b: Builder, bits: 32 | 64): Int => (bits === 64 ? b.i64(1) : b.i32(1));
const operand = (b: Builder, bits: 32 | 64, x: I64): Int => (bits === 64 ? x : b.wrap(x));

function divide(name: string, XO: number, bits: 32 | 64, signed: boolean): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 OE!1 ${fixed(XO, 9)} Rc!1`, {
    ...(bits === 64 && { feature: '64' }),
    asm: f => `${dot(name, f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const [x, y] = [operand(b, bits, GPR(b, f.RA)), operand(b, bits, GPR(b, f.RB))];
      const bad = impossible(b, signed, x, y);
      if (f.OE) setOverflow(b, bad, bad);
      // The upper word is undefined for words: we choose zeros.
      setResult(b, f.RT, b.extU(quotient(b, signed, x, b.select(bad, one(b, bits), y))), f.Rc);
    },
  });
}

function modulo(name: string, XO: number, bits: 32 | 64, signed: boolean): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    feature: '3.0',
    asm: f => `${name}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const [x, given] = [operand(b, bits, GPR(b, f.RA)), operand(b, bits, GPR(b, f.RB))];
      const y = b.select(impossible(b, signed, x, given), one(b, bits), given);
      const rest = b.sub(x, b.mul(quotient(b, signed, x, y), y));
      setGPR(b, f.RT, signed ? b.extS(rest) : b.extU(rest));
    },
  });
}

/** The quotient of RA followed by 32 zeros; 0 where it doesn't fit. */
function extendedWord(name: string, XO: number, signed: boolean): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 OE!1 ${fixed(XO, 9)} Rc!1`, {
    feature: '2.06',
    asm: f => `${dot(name, f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const x = b.shl(GPR(b, f.RA), b.i32(32));
      const y = signed ? b.signExtend(GPR(b, f.RB), 32) : b.extU(b.wrap(GPR(b, f.RB)));
      const result = quotient(b, signed, x, y);
      const fits = b.eq(result, signed ? b.signExtend(result, 32) : b.extU(b.wrap(result)));
      const bad = b.or(impossible(b, signed, x, y), b.eqz(fits));
      if (f.OE) setOverflow(b, bad, bad);
      setResult(b, f.RT, b.select(bad, b.i64(0), result), f.Rc);
    },
  });
}

const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

/** The quotient of RA followed by 64 zeros, and whether it doesn't fit (bit 64): its low bits then, 0 where it is longer than 64 bits. */
function quotientOf(x: bigint, y: bigint, inRange: (q: bigint) => boolean): bigint {
  const overflow = 1n << 64n;
  if (magnitude(x) >= magnitude(y)) return overflow;
  const q = (x << 64n) / y;
  return BigInt.asUintN(64, q) | (inRange(q) ? 0n : overflow);
}

const extendedSigned = defineHelper('divde', ['i64', 'i64'], 'v128', {}, (_cpu, x, y) =>
  quotientOf(BigInt.asIntN(64, x), BigInt.asIntN(64, y), q => BigInt.asIntN(64, q) === q));
const extendedUnsigned = defineHelper('divdeu', ['i64', 'i64'], 'v128', {}, (_cpu, x, y) =>
  quotientOf(x, y, q => BigInt.asUintN(64, q) === q));

function extendedDoubleword(name: string, XO: number, helper: typeof extendedSigned): Insn {
  return insn(name, `011111 RT:5 RA:5 RB:5 OE!1 ${fixed(XO, 9)} Rc!1`, {
    feature: '2.06',
    asm: f => `${dot(name, f.Rc, f.OE)}\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
    exec(b, f) {
      const both = b.call(helper, GPR(b, f.RA), GPR(b, f.RB));
      const bad = b.wrap(b.vget(64, both, 1));
      if (f.OE) setOverflow(b, bad, bad);
      setResult(b, f.RT, b.vget(64, both, 0), f.Rc);
    },
  });
}

export const fixedDivide: readonly Insn[] = [
  divide('divw', 491, 32, true),
  divide('divwu', 459, 32, false),
  divide('divd', 489, 64, true),
  divide('divdu', 457, 64, false),
  extendedWord('divwe', 427, true),
  extendedWord('divweu', 395, false),
  extendedDoubleword('divde', 425, extendedSigned),
  extendedDoubleword('divdeu', 393, extendedUnsigned),
  modulo('modsw', 779, 32, true),
  modulo('moduw', 267, 32, false),
  modulo('modsd', 777, 64, true),
  modulo('modud', 265, 64, false),
];
