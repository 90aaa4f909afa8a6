/**
 * Vector floating point (Power ISA 2.07B Book I, 6.6 and 6.10): singles, always rounded to nearest, without exceptions. In
 * non-Java mode (VSCR.NJ) subnormal operands and results are zeros.
 */
import { add, divide, multiplyAdd, squareRoot, subtract } from '../../../float/arithmetic.ts';
import { order } from '../../../float/compare.ts';
import { fromInteger, rounded, toIntegral } from '../../../float/convert.ts';
import { isNaN, negated, ones, quieted, unpack, type Unpacked } from '../../../float/format.ts';
import { Rounding, type Rules } from '../../../float/rules.ts';
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { fusedMultiplyAddLanes } from '../../../isa/hostvector.ts';
import { constant, zero } from '../../../isa/vector/lanes.ts';
import type { FpCpu } from '../fp/exact.ts';
import { fields } from '../state.ts';
import { NJ, SAT } from './registers.ts';

interface Context {
  readonly flush: boolean;
  saturated: boolean;
}

const rules: Rules<Context> = {
  unpack(s, N, op): Unpacked {
    const x = unpack(N, op);
    return s.flush && x.type === 'nonzero' && x.mant >> 23n === 0n ? { type: 'zero', sign: x.sign, mant: 0n, exp: 0 } : x;
  },
  rounding: () => Rounding.TIEEVEN,
  flushes: s => s.flush,
  raise: () => {},
  // The first NaN of VRA, VRB and VRC; of a multiply-add the addend comes first here, and is VRB.
  processNaNs(_s, N, [a, b, c]) {
    const order = c === undefined ? [a, b] : [b, a, c];
    const nan = order.find(o => o !== undefined && isNaN(o[0].type))?.[1];
    return nan === undefined ? undefined : quieted(N, nan);
  },
  invalidProductBeatsNaN: false,
};

type Element = (s: Context, x: bigint, y: bigint, z: bigint) => bigint;
const ONE = 0x3f80_0000n;

const extreme = (direction: 1 | -1): Element => (s, x, y) => {
  const [p, q] = [rules.unpack(s, 32, x), rules.unpack(s, 32, y)];
  const nan = rules.processNaNs(s, 32, [[p, x], [q, y]]);
  if (nan !== undefined) return nan;
  const o = order(p, q) * direction || (q.sign - p.sign) * direction;
  const [winner, bits] = o >= 0 ? [p, x] : [q, y];
  return winner.type === 'zero' ? bits & (1n << 31n) : bits;
};

const comparison = (holds: (order: number) => boolean): Element => (s, x, y) => {
  const [p, q] = [rules.unpack(s, 32, x), rules.unpack(s, 32, y)];
  return !isNaN(p.type) && !isNaN(q.type) && holds(order(p, q)) ? ones(32) : 0n;
};
const lessOrEqual = comparison(o => o <= 0);

/** NaNs make 0, which isn't saturation. */
const toInteger = (unsigned: boolean): Element => (s, x, scale) => {
  const value = rules.unpack(s, 32, x);
  const [lowest, highest] = unsigned ? [0n, ones(32)] : [-(1n << 31n), ones(31)];
  let integer = 0n;
  if (value.type === 'infinity') integer = value.sign ? lowest - 1n : highest + 1n;
  else if (value.type === 'nonzero') {
    const { magnitude } = rounded(value, Number(scale), Rounding.ZERO);
    integer = value.sign ? -magnitude : magnitude;
  }
  const result = integer > highest ? highest : integer < lowest ? lowest : integer;
  if (result !== integer) s.saturated = true;
  return BigInt.asUintN(32, result);
};

const integral = (rounding: Rounding): Element => (s, x) => toIntegral(rules, s, 32, x, rounding, false);

/** The order gives the codes. */
const elements = {
  vaddfp: (s, x, y) => add(rules, s, 32, x, y),
  vsubfp: (s, x, y) => subtract(rules, s, 32, x, y),
  vmaddfp: (s, x, y, z) => multiplyAdd(rules, s, 32, y, x, z),
  vnmsubfp: (s, x, y, z) => {
    const addend = isNaN(unpack(32, y).type) ? y : negated(32, y);
    const result = multiplyAdd(rules, s, 32, addend, x, z);
    return isNaN(unpack(32, result).type) ? result : negated(32, result);
  },
  vmaxfp: extreme(1),
  vminfp: extreme(-1),
  vrefp: (s, x) => divide(rules, s, 32, ONE, x),
  vrsqrtefp: (s, x) => {
    const root = squareRoot(rules, s, 32, x);
    return isNaN(unpack(32, root).type) ? root : divide(rules, s, 32, ONE, root);
  },
  vrfin: integral(Rounding.TIEEVEN),
  vrfiz: integral(Rounding.ZERO),
  vrfip: integral(Rounding.POSINF),
  vrfim: integral(Rounding.NEGINF),
  vcfux: (s, x, scale) => fromInteger(rules, s, 32, 32, x, Number(scale), true, Rounding.TIEEVEN),
  vcfsx: (s, x, scale) => fromInteger(rules, s, 32, 32, x, Number(scale), false, Rounding.TIEEVEN),
  vctuxs: toInteger(true),
  vctsxs: toInteger(false),
  vcmpeqfp: comparison(o => o === 0),
  vcmpgefp: comparison(o => o >= 0),
  vcmpgtfp: comparison(o => o > 0),
  /** Bit 0: not below the bound; bit 1: not above its negative. */
  vcmpbfp: (s, x, y) => (lessOrEqual(s, x, y, 0n) ? 0n : 1n << 31n) | (lessOrEqual(s, negated(32, y), x, 0n) ? 0n : 1n << 30n),
} satisfies Record<string, Element>;

export type VectorOperation = keyof typeof elements;
const names: readonly VectorOperation[] = Object.keys(elements) as VectorOperation[];

const exactly = defineHelper('vector floating point', ['i32', 'v128', 'v128', 'v128'], 'v128', { touches: [fields.VSCR] },
  ({ state }: FpCpu, code, x, y, z) => {
    const s: Context = { flush: (state.VSCR & NJ) !== 0, saturated: false };
    const element: Element = elements[names[Number(code)] as VectorOperation];
    let result = 0n;
    for (let at = 0n; at < 128n; at += 32n) {
      const lane = (v: bigint): bigint => BigInt.asUintN(32, v >> at);
      result |= element(s, lane(x), lane(y), lane(z)) << at;
    }
    if (s.saturated) state.VSCR |= SAT;
    return result;
  });

/** Lanes that may be subnormal, or are no numbers at all. */
function unsure(b: Builder, x: V128): V128 {
  const magnitude = b.vfabs(32, x);
  const below = b.vandNot(b.vgtS(32, constant(b, 32, 1n << 23n), magnitude), b.veq(32, magnitude, zero(b)));
  return b.vor(below, b.vgtS(32, magnitude, constant(b, 32, 0x7f7f_ffffn)));
}

/** The host's, where all are normal numbers or zeros: in both modes the same. */
const fastOf: Partial<Record<VectorOperation, (b: Builder, x: V128, y: V128, z: V128) => V128>> = {
  vaddfp: (b, x, y) => b.vfadd(32, x, y),
  vsubfp: (b, x, y) => b.vfsub(32, x, y),
  vcmpeqfp: (b, x, y) => b.vfeq(32, x, y),
  vcmpgefp: (b, x, y) => b.vfle(32, y, x),
  vcmpgtfp: (b, x, y) => b.vflt(32, y, x),
};

export function vectorFloat(b: Builder, operation: VectorOperation, x: V128, y: V128 = b.v128(0n), z: V128 = b.v128(0n)): V128 {
  const code = b.i32(names.indexOf(operation));
  if (operation === 'vmaddfp') {
    return b.fallback(exactly, [code, x, y, z], () => {
      const [sure, result] = fusedMultiplyAddLanes(b, 32, x, z, y);
      const doubtful = [x, y, z, result].map(operand => unsure(b, operand)).reduce((all, one) => b.vor(all, one));
      return [sureOf(b, b.vor(b.vnot(sure), doubtful)), result];
    });
  }
  const fast = fastOf[operation];
  if (!fast) return b.call(exactly, code, x, y, z);
  return b.fallback(exactly, [code, x, y, z], () => {
    const result = fast(b, x, y, z);
    const doubtful = b.vor(unsure(b, x), unsure(b, y));
    return [sureOf(b, operation.startsWith('vcmp') ? doubtful : b.vor(doubtful, unsure(b, result))), result];
  });
}

const sureOf = (b: Builder, doubtful: V128): I32 => b.eqz(b.vany(doubtful));
