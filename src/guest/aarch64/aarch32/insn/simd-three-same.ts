/** Advanced SIMD three registers of the same length: integer (ARM DDI 0487, F4.1 and F6). */
import type { Builder, Lane, V128 } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import {
  absoluteDifference, greater, greaterOrEqual, halvingAdd, halvingSubtract, laneOf, max, min, multiply, pairwise, roundingHalvingAdd, zero,
  type NarrowLane,
} from '../../simd/lanes.ts';
import { multiplyBytes } from '../../simd/polynomial.ts';
import { addSaturated, doublingMultiplyAccumulateHigh, doublingMultiplyHigh, subtractSaturated } from '../../simd/saturate.ts';
import { shiftByRegister } from '../../simd/shift.ts';
import { type Both, simd } from '../both.ts';
import { setVector, vector } from '../vfp.ts';
import { bitsOf, hasSize, signed, threeAreEven, threeVectorNames, threeVectors, type ThreeVectors } from './simd-form.ts';

/** `d` reads the destination, for those that accumulate. */
type Operation = (b: Builder, lane: Lane, n: V128, m: V128, d: () => V128) => V128;

interface Form {
  /** Element sizes, of 'bhsd'. */
  readonly sizes: string;
  /** Of the type, before the number of bits; absent, s or u by the bit U. */
  readonly type?: 's' | 'i' | 'p' | '';
  readonly feature?: string;
  /** Only of D registers. */
  readonly short?: true;
  readonly asm?: (f: ThreeVectors & { readonly Q: number }) => string;
}

function threeSame(mnemonic: string, U: 0 | 1 | 'both', opcode: string, o1: 0 | 1, form: Form, operation: (unsigned: boolean) => Operation): Both {
  const bit = (U === 'both' ? 'U!1' : fixed(U)) as 'U!1';
  return simd(`${mnemonic.toUpperCase()}${form.type === 'p' ? ' (polynomial)' : ''}`, bit, `0 D:1 size!2 Vn:4 Vd:4 ${fixed(opcode)} N:1 Q!1 M:1 ${fixed(o1)} Vm:4`, {
    ...(form.feature === undefined ? {} : { feature: form.feature }),
    valid: f => hasSize(form.sizes, f.size) && threeAreEven(f) && !(form.short && f.Q),
    derive: threeVectors,
    asm(f) {
      const type = form.type === undefined ? signed(f.U, f.size) : `${form.type}${bitsOf(f.size)}`;
      return `${mnemonic}.${type}\t${(form.asm ?? threeVectorNames)(f)}`;
    },
    exec(b, f) {
      const of = operation(U === 'both' ? f.U === 1 : U === 1);
      setVector(b, f.Q, f.d, of(b, laneOf(f.size), vector(b, f.Q, f.n), vector(b, f.Q, f.m), () => vector(b, f.Q, f.d)));
    },
  });
}

const BHS: Form = { sizes: 'bhs' };
const ALL: Form = { sizes: 'bhsd' };
const PLAIN: Form = { sizes: 'bhs', type: 'i' };
const HIGH: Form = { sizes: 'hs', type: 's' };
/** Vm is shifted by Vn. */
const SHIFT: Form = { sizes: 'bhsd', asm: ({ Q, D, Vd, M, Vm, N, Vn }) => threeVectorNames({ Q, D, Vd, N: M, Vn: Vm, M: N, Vm: Vn }) };

const narrow = (operation: (b: Builder, lane: NarrowLane, unsigned: boolean, x: V128, y: V128) => V128) =>
  (unsigned: boolean): Operation => (b, lane, n, m) => operation(b, lane as NarrowLane, unsigned, n, m);
const any = (operation: (b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128) => V128) =>
  (unsigned: boolean): Operation => (b, lane, n, m) => operation(b, lane, unsigned, n, m);
const shift = (rounding: boolean, saturating: boolean) => (unsigned: boolean): Operation => (b, lane, n, m) =>
  shiftByRegister(b, lane, { unsigned, rounding, saturating }, m, n);
const pairs = (combine: (b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128) => V128) =>
  (unsigned: boolean): Operation => (b, lane, n, m) => pairwise(b, lane, 0, n, m, (x, y) => combine(b, lane, unsigned, x, y));
const high = (rounding: boolean) => (): Operation => (b, lane, n, m) => doublingMultiplyHigh(b, lane as 16 | 32, rounding, n, m);
const accumulateHigh = (subtract: boolean) => (): Operation => (b, lane, n, m, d) =>
  doublingMultiplyAccumulateHigh(b, lane as 16 | 32, subtract, d(), n, m);

const arithmetic: readonly Both[] = [
  threeSame('vhadd', 'both', '0000', 0, BHS, any(halvingAdd)),
  threeSame('vqadd', 'both', '0000', 1, ALL, any(addSaturated)),
  threeSame('vrhadd', 'both', '0001', 0, BHS, narrow(roundingHalvingAdd)),
  threeSame('vhsub', 'both', '0010', 0, BHS, any(halvingSubtract)),
  threeSame('vqsub', 'both', '0010', 1, ALL, any(subtractSaturated)),
  threeSame('vcgt', 'both', '0011', 0, BHS, any(greater)),
  threeSame('vcge', 'both', '0011', 1, BHS, any(greaterOrEqual)),
  threeSame('vshl', 'both', '0100', 0, SHIFT, shift(false, false)),
  threeSame('vqshl', 'both', '0100', 1, SHIFT, shift(false, true)),
  threeSame('vrshl', 'both', '0101', 0, SHIFT, shift(true, false)),
  threeSame('vqrshl', 'both', '0101', 1, SHIFT, shift(true, true)),
  threeSame('vmax', 'both', '0110', 0, BHS, any(max)),
  threeSame('vmin', 'both', '0110', 1, BHS, any(min)),
  threeSame('vabd', 'both', '0111', 0, BHS, narrow(absoluteDifference)),
  threeSame('vaba', 'both', '0111', 1, BHS, unsigned => (b, lane, n, m, d) =>
    b.vadd(lane, d(), absoluteDifference(b, lane as NarrowLane, unsigned, n, m))),
  threeSame('vadd', 0, '1000', 0, { sizes: 'bhsd', type: 'i' }, () => (b, lane, n, m) => b.vadd(lane, n, m)),
  threeSame('vsub', 1, '1000', 0, { sizes: 'bhsd', type: 'i' }, () => (b, lane, n, m) => b.vsub(lane, n, m)),
  threeSame('vtst', 0, '1000', 1, { sizes: 'bhs', type: '' }, () => (b, lane, n, m) => b.vnot(b.veq(lane, b.vand(n, m), zero(b)))),
  threeSame('vceq', 1, '1000', 1, PLAIN, () => (b, lane, n, m) => b.veq(lane, n, m)),
  threeSame('vpmax', 'both', '1010', 0, { ...BHS, short: true }, pairs(max)),
  threeSame('vpmin', 'both', '1010', 1, { ...BHS, short: true }, pairs(min)),
  threeSame('vpadd', 0, '1011', 1, { ...PLAIN, short: true }, pairs((b, lane, _unsigned, x, y) => b.vadd(lane, x, y))),
];

const products: readonly Both[] = [
  threeSame('vmla', 0, '1001', 0, PLAIN, () => (b, lane, n, m, d) => b.vadd(lane, d(), multiply(b, lane as NarrowLane, n, m))),
  threeSame('vmls', 1, '1001', 0, PLAIN, () => (b, lane, n, m, d) => b.vsub(lane, d(), multiply(b, lane as NarrowLane, n, m))),
  threeSame('vmul', 0, '1001', 1, PLAIN, () => (b, lane, n, m) => multiply(b, lane as NarrowLane, n, m)),
  threeSame('vmul', 1, '1001', 1, { sizes: 'b', type: 'p' }, () => (b, _lane, n, m) => multiplyBytes(b, 8, n, m)),
  threeSame('vqdmulh', 0, '1011', 0, HIGH, high(false)),
  threeSame('vqrdmulh', 1, '1011', 0, HIGH, high(true)),
  threeSame('vqrdmlah', 1, '1011', 1, { ...HIGH, feature: 'RDM' }, accumulateHigh(false)),
  threeSame('vqrdmlsh', 1, '1100', 1, { ...HIGH, feature: 'RDM' }, accumulateHigh(true)),
];

/** Bit by bit; `size` is more of the opcode. */
function logical(mnemonic: string, U: 0 | 1, size: string, operation: (b: Builder, n: V128, m: V128, d: () => V128) => V128): Both {
  return simd(mnemonic.toUpperCase(), fixed(U), `0 D:1 ${fixed(size)} Vn:4 Vd:4 0001 N:1 Q!1 M:1 1 Vm:4`, {
    valid: threeAreEven,
    derive: threeVectors,
    asm: f => `${mnemonic}\t${threeVectorNames(f)}`,
    exec: (b, f) => setVector(b, f.Q, f.d, operation(b, vector(b, f.Q, f.n), vector(b, f.Q, f.m), () => vector(b, f.Q, f.d))),
  });
}

const bitwise: readonly Both[] = [
  logical('vand', 0, '00', (b, n, m) => b.vand(n, m)),
  logical('vbic', 0, '01', (b, n, m) => b.vandNot(n, m)),
  logical('vorr', 0, '10', (b, n, m) => b.vor(n, m)),
  logical('vorn', 0, '11', (b, n, m) => b.vor(n, b.vnot(m))),
  logical('veor', 1, '00', (b, n, m) => b.vxor(n, m)),
  logical('vbsl', 1, '01', (b, n, m, d) => b.vselect(d(), n, m)),
  logical('vbit', 1, '10', (b, n, m, d) => b.vselect(m, n, d())),
  logical('vbif', 1, '11', (b, n, m, d) => b.vselect(m, d(), n)),
];

export const simdThreeSame: readonly Both[] = [...arithmetic, ...products, ...bitwise];
