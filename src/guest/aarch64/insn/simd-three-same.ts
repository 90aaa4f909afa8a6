/** Advanced SIMD three same, and scalar three same: integer (DDI 0487, C4.1.96 and C7). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { lowBytes, setV, setVQ, V } from '../pseudocode.ts';
import {
  absoluteDifference, greater, greaterOrEqual, halvingAdd, halvingSubtract, laneOf, max, min, multiply, roundingHalvingAdd, zero,
  type NarrowLane,
} from '../simd/lanes.ts';
import { multiplyBytes } from '../simd/polynomial.ts';
import { addSaturated, doublingMultiplyAccumulateHigh, doublingMultiplyHigh, subtractSaturated } from '../simd/saturate.ts';
import { shiftByRegister } from '../simd/shift.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf, hasSize, scalars, signedName, unsignedName, vectors } from './simd-form.ts';

/** The result of two sources; `d` reads the destination, for those that accumulate. */
type Operation = (b: Builder, lane: Lane, x: V128, y: V128, d: () => V128) => V128;

interface Form {
  /** Element sizes, of 'bhsd', that the vector form has. */
  readonly sizes: string;
  /** The same of the scalar form; absent where there is none. */
  readonly scalar?: string;
  /** Sets FPSR.QC, for which lanes that the instruction does not have must be zero. */
  readonly saturating?: boolean;
  readonly feature?: string;
  /** The bits around Rm, where they are not those of "three same". */
  readonly class?: 'extra';
}

function threeSame(mnemonic: string, U: 0 | 1, opcode: string, form: Form, operation: Operation): Insn[] {
  const feature = form.feature === undefined ? {} : { feature: form.feature };
  const high = form.class === 'extra' ? '0' : '1';
  const name = mnemonic.toUpperCase();
  const entries = [fpInsn(`${name} (vector)`, `0 Q!1 ${fixed(U)} 01110 size!2 ${fixed(high)} Rm:5 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
    ...feature,
    valid: f => hasSize(form.sizes, f.size) && (f.size !== 3 || f.Q === 1),
    asm: f => `${mnemonic}\t${vectors(f.Q, f.size, f.Rd, f.Rn, f.Rm)}`,
    exec(b, f) {
      const source = (value: V128): V128 => (form.saturating && !f.Q ? lowBytes(b, value, 8) : value);
      setVQ(b, f.Rd, f.Q, operation(b, laneOf(f.size), source(V(b, f.Rn)), source(V(b, f.Rm)), () => source(V(b, f.Rd))));
    },
  })];
  const { scalar } = form;
  if (scalar === undefined) return entries;
  return [...entries, fpInsn(`${name} (scalar)`, `01 ${fixed(U)} 11110 size!2 ${fixed(high)} Rm:5 ${fixed(opcode)} 1 Rn:5 Rd:5`, {
    ...feature,
    valid: f => hasSize(scalar, f.size),
    asm: f => `${mnemonic}\t${scalars(f.size, f.Rd, f.Rn, f.Rm)}`,
    exec(b, f) {
      const low = (value: V128): V128 => lowBytes(b, value, bytesOf(f.size));
      const source = form.saturating ? low : (value: V128): V128 => value;
      setV(b, f.Rd, low(operation(b, laneOf(f.size), source(V(b, f.Rn)), source(V(b, f.Rm)), () => source(V(b, f.Rd)))));
    },
  })];
}

/** The signed (U 0) and the unsigned (U 1) one. */
function both(name: string, opcode: string, form: Form, operation: (unsigned: boolean) => Operation): Insn[] {
  return [
    ...threeSame(signedName(name), 0, opcode, form, operation(false)),
    ...threeSame(unsignedName(name), 1, opcode, form, operation(true)),
  ];
}

const BHS: Form = { sizes: 'bhs' };
const ALL: Form = { sizes: 'bhsd', scalar: 'd' };
const SATURATING: Form = { sizes: 'bhsd', scalar: 'bhsd', saturating: true };
const MULTIPLY_HIGH: Form = { sizes: 'hs', scalar: 'hs', saturating: true };

const narrow = (operation: (b: Builder, lane: NarrowLane, unsigned: boolean, x: V128, y: V128) => V128) =>
  (unsigned: boolean): Operation => (b, lane, x, y) => operation(b, lane as NarrowLane, unsigned, x, y);
const any = (operation: (b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128) => V128) =>
  (unsigned: boolean): Operation => (b, lane, x, y) => operation(b, lane, unsigned, x, y);

const arithmetic: readonly Insn[] = [
  ...threeSame('add', 0, '10000', ALL, (b, lane, x, y) => b.vadd(lane, x, y)),
  ...threeSame('sub', 1, '10000', ALL, (b, lane, x, y) => b.vsub(lane, x, y)),
  ...both('*qadd', '00001', SATURATING, any(addSaturated)),
  ...both('*qsub', '00101', SATURATING, any(subtractSaturated)),
  ...both('*hadd', '00000', BHS, any(halvingAdd)),
  ...both('*rhadd', '00010', BHS, narrow(roundingHalvingAdd)),
  ...both('*hsub', '00100', BHS, any(halvingSubtract)),
  ...both('*max', '01100', BHS, any(max)),
  ...both('*min', '01101', BHS, any(min)),
  ...both('*abd', '01110', BHS, narrow(absoluteDifference)),
  ...both('*aba', '01111', BHS, unsigned => (b, lane, x, y, d) =>
    b.vadd(lane, d(), absoluteDifference(b, lane as NarrowLane, unsigned, x, y))),
];

const comparisons: readonly Insn[] = [
  ...threeSame('cmgt', 0, '00110', ALL, any(greater)(false)),
  ...threeSame('cmhi', 1, '00110', ALL, any(greater)(true)),
  ...threeSame('cmge', 0, '00111', ALL, any(greaterOrEqual)(false)),
  ...threeSame('cmhs', 1, '00111', ALL, any(greaterOrEqual)(true)),
  ...threeSame('cmtst', 0, '10001', ALL, (b, lane, x, y) => b.vnot(b.veq(lane, b.vand(x, y), zero(b)))),
  ...threeSame('cmeq', 1, '10001', ALL, (b, lane, x, y) => b.veq(lane, x, y)),
];

const shift = (rounding: boolean, saturating: boolean) => (unsigned: boolean): Operation => (b, lane, x, y) =>
  shiftByRegister(b, lane, { unsigned, rounding, saturating }, x, y);

const shifts: readonly Insn[] = [
  ...both('*shl', '01000', ALL, shift(false, false)),
  ...both('*qshl', '01001', SATURATING, shift(false, true)),
  ...both('*rshl', '01010', ALL, shift(true, false)),
  ...both('*qrshl', '01011', SATURATING, shift(true, true)),
];

const products: readonly Insn[] = [
  ...threeSame('mul', 0, '10011', BHS, (b, lane, x, y) => multiply(b, lane as NarrowLane, x, y)),
  ...threeSame('pmul', 1, '10011', { sizes: 'b' }, (b, _lane, x, y) => multiplyBytes(b, 8, x, y)),
  ...threeSame('mla', 0, '10010', BHS, (b, lane, x, y, d) => b.vadd(lane, d(), multiply(b, lane as NarrowLane, x, y))),
  ...threeSame('mls', 1, '10010', BHS, (b, lane, x, y, d) => b.vsub(lane, d(), multiply(b, lane as NarrowLane, x, y))),
  ...threeSame('sqdmulh', 0, '10110', MULTIPLY_HIGH, (b, lane, x, y) => doublingMultiplyHigh(b, lane as 16 | 32, false, x, y)),
  ...threeSame('sqrdmulh', 1, '10110', MULTIPLY_HIGH, (b, lane, x, y) => doublingMultiplyHigh(b, lane as 16 | 32, true, x, y)),
];

const accumulateHigh = (subtract: boolean): Operation => (b, lane, x, y, d) =>
  doublingMultiplyAccumulateHigh(b, lane as 16 | 32, subtract, d(), x, y);

const extra: readonly Insn[] = [
  ...threeSame('sqrdmlah', 1, '10000', { ...MULTIPLY_HIGH, class: 'extra', feature: 'RDM' }, accumulateHigh(false)),
  ...threeSame('sqrdmlsh', 1, '10001', { ...MULTIPLY_HIGH, class: 'extra', feature: 'RDM' }, accumulateHigh(true)),
];

export const simdThreeSame: readonly Insn[] = [...arithmetic, ...comparisons, ...shifts, ...products, ...extra];
