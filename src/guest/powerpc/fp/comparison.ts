/** Comparisons and tests of scalars (Power ISA 2.07B Book I, 4.6.8, ftdiv and ftsqrt of 4.6.5.1): helpers, and the way round them. */
import { order } from '../../../float/compare.ts';
import { exponentOf, isNaN, unpack } from '../../../float/format.ts';
import { defineHelper } from '../../../isa/call.ts';
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { deferFPCC } from './deferred.ts';
import { report, touches, type FpCpu } from './exact.ts';
import { VE, VXSNAN, VXVC } from './fpscr.ts';
import { double } from './scalar.ts';

/** FPCC's bits: FL, FG, FE and FU. */
const LESS = 8;
const GREATER = 4;
const EQUAL = 2;
const UNORDERED = 1;

export function relation(a: bigint, b: bigint): number {
  const [x, y] = [unpack(64, a), unpack(64, b)];
  if (isNaN(x.type) || isNaN(y.type)) return UNORDERED;
  const o = order(x, y);
  return o < 0 ? LESS : o > 0 ? GREATER : EQUAL;
}

/** What a comparison reports of NaNs. `ordered`: any of them is one too many. */
export function invalidOf(FPSCR: number, a: bigint, b: bigint, ordered: boolean): number {
  const types = [unpack(64, a).type, unpack(64, b).type];
  if (types.includes('SNaN')) return ordered && (FPSCR & VE) === 0 ? VXSNAN | VXVC : VXSNAN;
  return ordered && types.includes('QNaN') ? VXVC : 0;
}

const compareExactly = defineHelper('floating-point compare', ['i64', 'i64', 'i32'], 'i32', { touches }, ({ state }: FpCpu, a, b, ordered) => {
  report(state, invalidOf(state.FPSCR, a, b, ordered !== 0n));
  return relation(a, b);
});

/** The relation, as four bits, which FPCC has got too. */
export function compare(b: Builder, x: I64, y: I64, ordered: boolean): I32 {
  const FPCC = b.fallback(compareExactly, [x, y, b.i32(ordered ? 1 : 0)], () => {
    const [p, q] = [double(b, x), double(b, y)];
    const [less, greater, equal] = [b.flt(p, q), b.flt(q, p), b.feq(p, q)];
    const bits = b.or(b.shl(less, b.i32(3)), b.or(b.shl(greater, b.i32(2)), b.shl(equal, b.i32(1))));
    return [b.ne(bits, b.i32(0)), bits];
  });
  deferFPCC(b, FPCC);
  return FPCC;
}

const BIAS = 1023;
const FE = 2;
const FG = 4;

/** Whether a quotient or root could go wrong in a program's own division, as four bits for a condition field. */
export const testDivide = defineHelper('ftdiv', ['i64', 'i64'], 'i32', {}, (_cpu: FpCpu, a, b) => {
  const [x, y] = [unpack(64, a), unpack(64, b)];
  const [ea, eb] = [Number(exponentOf(64, a)) - BIAS, Number(exponentOf(64, b)) - BIAS];
  const special = x.type === 'infinity' || isNaN(x.type) || y.type !== 'nonzero';
  const extreme = eb <= -1022 || eb >= 1021 || (x.type !== 'zero' && (ea - eb >= 1023 || ea - eb <= -1021 || ea <= -970));
  const guard = x.type === 'infinity' || y.type === 'infinity' || y.type === 'zero' || eb === -BIAS;
  return 8 | (guard ? FG : 0) | (special || extreme ? FE : 0);
});

export const testSquareRoot = defineHelper('ftsqrt', ['i64'], 'i32', {}, (_cpu: FpCpu, b) => {
  const y = unpack(64, b);
  const e = Number(exponentOf(64, b)) - BIAS;
  const guard = y.type === 'infinity' || y.type === 'zero' || e === -BIAS;
  return 8 | (guard ? FG : 0) | (y.type !== 'nonzero' || y.sign || e <= -970 ? FE : 0);
});
