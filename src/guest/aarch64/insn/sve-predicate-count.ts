/** SVE counts of active elements, and predicates of loops (DDI 0487, C4.1 "SVE Inc/Dec by Predicate Count", "SVE Integer Compare - Scalars", C8.2). */
import type { Builder, I32, Int, Lane, Operand } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { reg } from '../names.ts';
import { carryFlag, nzcv, setNZCV, setX, X } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { countSaturating, countX, countZ, countZSaturating, saturatingName, saturatingRegister } from '../sve/count.ts';
import { p, z } from '../sve/names.ts';
import { ALL, elementsOf, P, PredTest, setP } from '../sve/predicate.ts';
import { sveInsn } from './sve-access.ts';

const active = (b: Builder, lane: Lane, Pm: Operand): I32 => b.popcnt(elementsOf(b, lane, P(b, Pm)));
const step = (D: number): string => (D ? 'decp' : 'incp');
const ofElements = (f: { readonly size: number }): boolean => f.size !== 0;

const counts: readonly Insn[] = [
  sveInsn('CNTP', '00100101 size!2 100000 10 Pg:4 0 Pn:4 Rd:5', {
    asm: f => `cntp\t${reg(1, f.Rd)}, p${f.Pg}, ${p(f.size, f.Pn)}`,
    exec: (b, f) => setX(b, f.Rd, b.popcnt(elementsOf(b, laneOf(f.size), b.and(P(b, f.Pg), P(b, f.Pn))))),
  }),
  sveInsn('INCP, DECP (scalar)', '00100101 size!2 10110 D!1 10001 00 Pm:4 Rdn:5', {
    asm: f => `${step(f.D)}\t${reg(1, f.Rdn)}, ${p(f.size, f.Pm)}`,
    exec: (b, f) => countX(b, f.D, f.Rdn, active(b, laneOf(f.size), f.Pm)),
  }),
  sveInsn('INCP, DECP (vector)', '00100101 size!2 10110 D!1 10000 00 Pm:4 Zdn:5', {
    valid: ofElements,
    asm: f => `${step(f.D)}\t${z(f.size, f.Zdn)}, ${p(f.size, f.Pm)}`,
    exec: (b, f) => countZ(b, f.D, laneOf(f.size), f.Zdn, active(b, laneOf(f.size), f.Pm)),
  }),
  sveInsn('SQINCP, UQINCP, SQDECP, UQDECP (scalar)', '00100101 size!2 1010 D!1 U!1 10001 sf!1 0 Pm:4 Rdn:5', {
    asm(f) {
      const register = saturatingRegister(f.U, f.sf, f.Rdn).split(', ');
      return `${saturatingName(f)}p\t${[register[0], p(f.size, f.Pm), ...register.slice(1)].join(', ')}`;
    },
    exec: (b, f) => countSaturating(b, f, f.sf, f.Rdn, active(b, laneOf(f.size), f.Pm)),
  }),
  sveInsn('SQINCP, UQINCP, SQDECP, UQDECP (vector)', '00100101 size!2 1010 D!1 U!1 10000 00 Pm:4 Zdn:5', {
    valid: ofElements,
    asm: f => `${saturatingName(f)}p\t${z(f.size, f.Zdn)}, ${p(f.size, f.Pm)}`,
    exec: (b, f) => countZSaturating(b, f, laneOf(f.size), f.Zdn, active(b, laneOf(f.size), f.Pm)),
  }),
];

/** How many of `elements` numbers from x on are below y (or equal to it: `eq`): 0 where x isn't. */
function below<T extends Int>(b: Builder, f: { readonly U: number; readonly eq: number }, elements: number, x: T, y: T): I32 {
  const number = (n: number | bigint): T => (b.width(x) === 64 ? b.i64(n) : b.i32(Number(BigInt.asIntN(32, BigInt(n))))) as T;
  const less = f.U ? (f.eq ? b.leU(x, y) : b.ltU(x, y)) : f.eq ? b.leS(x, y) : b.ltS(x, y);
  const difference = b.sub(y, x);
  const some = b.wrap(b.select(b.ltU(difference, number(elements)), difference, number(elements)));
  if (!f.eq) return b.select(less, some, b.i32(0));
  // What is no more than the largest number never ends: the count wraps round.
  const largest = number((1n << BigInt(b.width(x) - (f.U ? 0 : 1))) - 1n);
  const whole = b.or(b.eq(y, largest), b.eq(some, b.i32(elements)));
  return b.select(less, b.select(whole, b.i32(elements), b.add(some, b.i32(1))), b.i32(0));
}

const whileNames = [['whilelt', 'whilele'], ['whilelo', 'whilels']] as const;

const loops: readonly Insn[] = [
  sveInsn('WHILELT, WHILELE, WHILELO, WHILELS', '00100101 size!2 1 Rm:5 000 sf!1 U!1 1 Rn:5 eq!1 Pd:4', {
    asm: f => `${whileNames[f.U]?.[f.eq]}\t${p(f.size, f.Pd)}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const n = f.sf ? 64 : 32;
      const count = below<Int>(b, f, 128 / lane, X(b, f.Rn, n), X(b, f.Rm, n));
      const bits = b.sub(b.shl(b.i32(1), b.shl(count, b.i32(f.size))), b.i32(1));
      const result = elementsOf(b, lane, bits);
      setP(b, f.Pd, result);
      setNZCV(b, PredTest(b, lane, ALL(b), result));
    },
  }),
  sveInsn('CTERMEQ, CTERMNE', '00100101 1 sf!1 1 Rm:5 001000 Rn:5 ne!1 0000', {
    asm: f => `cterm${f.ne ? 'ne' : 'eq'}\t${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}`,
    exec(b, f) {
      const n = f.sf ? 64 : 32;
      const equal = b.eq<Int>(X(b, f.Rn, n), X(b, f.Rm, n));
      const ends = f.ne ? b.eqz(equal) : equal;
      // N says that the loop ends, V that it doesn't and C was clear; Z and C stay.
      const V = b.eqz(b.or(ends, carryFlag(b)));
      setNZCV(b, b.or(b.and(nzcv(b), b.i32(0x6000_0000)), b.or(b.shl(ends, b.i32(31)), b.shl(V, b.i32(28)))));
    },
  }),
];

export const svePredicateCount: readonly Insn[] = [...counts, ...loops];
