/**
 * Saturating arithmetic on lanes: SatQ of the Arm ARM's shared pseudocode (DDI 0487, J1). Each operation sets FPSR.QC
 * where a lane saturates; lanes that an instruction does not have must be zero in all sources, which never saturate.
 */
import type { Builder, I32, Lane, V128 } from '../../../isa/builder.ts';
import { fields } from '../state.ts';
import {
  constant, doubled, extend, greater, max, maximum, min, minimum, multiplyWide, narrow, negative, shiftLeft, shiftRight, shuffleLanes, zero,
  type Half, type NarrowLane, type WideLane,
} from './lanes.ts';

const QC = 27;

/** From and to signed numbers, from and to unsigned ones, or from signed to unsigned ones (SQSHLU, SQXTUN). */
export type Saturation = 'signed' | 'unsigned' | 'toUnsigned';

/** Sets FPSR.QC where any bit of `changed` is set. */
export function setQC(b: Builder, changed: V128): void {
  b.set(fields.FPSR, b.or(b.get(fields.FPSR), b.shl(b.vany(changed), b.i32(QC))));
}

/** `saturated`, with QC set where it is not `exact`. */
function saturatedTo(b: Builder, saturated: V128, exact: V128): V128 {
  setQC(b, b.vxor(saturated, exact));
  return saturated;
}

/** The signed limit on the side of x's sign. */
export const limit = (b: Builder, lane: Lane, x: V128): V128 => b.vxor(negative(b, lane, x), maximum(b, lane));

/** `sum`, x + y, where it saturates: without QC, which SVE doesn't set. */
export function saturatedSum(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128, sum = b.vadd(lane, x, y)): V128 {
  if (lane === 8 || lane === 16) return unsigned ? b.vaddSatU(lane, x, y) : b.vaddSatS(lane, x, y);
  if (unsigned) return b.vor(sum, greater(b, lane, true, x, sum));
  const overflow = negative(b, lane, b.vandNot(b.vxor(x, sum), b.vxor(x, y)));
  return b.vselect(overflow, limit(b, lane, x), sum);
}

/** The same of x - y. */
export function saturatedDifference(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128, difference = b.vsub(lane, x, y)): V128 {
  if (lane === 8 || lane === 16) return unsigned ? b.vsubSatU(lane, x, y) : b.vsubSatS(lane, x, y);
  if (unsigned) return b.vandNot(difference, greater(b, lane, true, y, x));
  const overflow = negative(b, lane, b.vand(b.vxor(x, difference), b.vxor(x, y)));
  return b.vselect(overflow, limit(b, lane, x), difference);
}

export function addSaturated(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  const sum = b.vadd(lane, x, y);
  return saturatedTo(b, saturatedSum(b, lane, unsigned, x, y, sum), sum);
}

export function subtractSaturated(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  const difference = b.vsub(lane, x, y);
  return saturatedTo(b, saturatedDifference(b, lane, unsigned, x, y, difference), difference);
}

/** SUQADD: signed x and unsigned y to a signed sum. With x's sign flipped the sum is one of unsigned numbers. */
export function addUnsignedToSigned(b: Builder, lane: Lane, x: V128, y: V128): V128 {
  const biased = b.vadd(lane, b.vxor(x, minimum(b, lane)), y);
  const overflow = greater(b, lane, true, y, biased);
  return saturatedTo(b, b.vxor(b.vor(biased, overflow), minimum(b, lane)), b.vadd(lane, x, y));
}

/** USQADD: unsigned x and signed y to an unsigned sum. */
export function addSignedToUnsigned(b: Builder, lane: Lane, x: V128, y: V128): V128 {
  const sum = b.vadd(lane, x, y);
  const down = negative(b, lane, y);
  const overflow = b.vandNot(greater(b, lane, true, x, sum), down);
  const underflow = b.vand(greater(b, lane, true, sum, x), down);
  return saturatedTo(b, b.vandNot(b.vor(sum, overflow), underflow), sum);
}

export function absoluteSaturated(b: Builder, lane: Lane, x: V128): V128 {
  const absolute = b.vabs(lane, x);
  // Only the minimum stays negative.
  return saturatedTo(b, b.vxor(absolute, negative(b, lane, absolute)), absolute);
}

export function negateSaturated(b: Builder, lane: Lane, x: V128): V128 {
  const negated = b.vneg(lane, x);
  const overflow = b.veq(lane, x, minimum(b, lane));
  return saturatedTo(b, b.vxor(negated, overflow), negated);
}

/** x << n, n below the lane's width; `toUnsigned` takes negative lanes to 0. */
export function shiftLeftSaturated(b: Builder, lane: Lane, from: Saturation, x: V128, n: I32): V128 {
  const shifted = b.vshl(lane, x, n);
  // Not by comparing the results: a lane may lose bits and be the limit all the same.
  const lost = b.vnot(b.veq(lane, from === 'signed' ? b.vshrS(lane, shifted, n) : b.vshrU(lane, shifted, n), x));
  if (from === 'toUnsigned') {
    const below = negative(b, lane, x);
    setQC(b, b.vor(below, lost));
    return b.vandNot(b.vor(shifted, lost), below);
  }
  setQC(b, lost);
  return from === 'unsigned' ? b.vor(shifted, lost) : b.vselect(lost, limit(b, lane, x), shifted);
}

/** Wide lanes to half their width, as a 64-bit vector with the top half zero. `lane` is the result's. */
export function narrowSaturated(b: Builder, lane: NarrowLane, from: Saturation, wide: V128): V128 {
  const source = doubled(lane);
  return narrow(b, lane, saturatedTo(b, clampedTo(b, lane, source, from, wide), wide));
}

function clampedTo(b: Builder, lane: NarrowLane, source: WideLane, from: Saturation, wide: V128): V128 {
  if (from === 'signed') {
    const top = (1n << BigInt(lane - 1)) - 1n;
    return max(b, source, false, min(b, source, false, wide, constant(b, source, top)), constant(b, source, ~top));
  }
  const top = constant(b, source, (1n << BigInt(lane)) - 1n);
  if (from === 'unsigned') return min(b, source, true, wide, top);
  return min(b, source, false, max(b, source, false, wide, zero(b)), top);
}

/** SQDMULL: twice the signed product at twice the width; only minimum times minimum is too large. */
export function doublingMultiplyWide(b: Builder, lane: 16 | 32, half: Half, x: V128, y: V128): V128 {
  const product = shiftLeft(b, doubled(lane), multiplyWide(b, lane, false, half, x, y), 1);
  const overflow = b.veq(doubled(lane), product, minimum(b, doubled(lane)));
  return saturatedTo(b, b.vxor(product, overflow), product);
}

/** SQDMULH and SQRDMULH (`rounding`): the high half of twice the product. */
export function doublingMultiplyHigh(b: Builder, lane: 16 | 32, rounding: boolean, x: V128, y: V128): V128 {
  const part = (half: Half): V128 => {
    const product = multiplyWide(b, lane, false, half, x, y);
    const rounded = rounding ? b.vadd(doubled(lane), product, constant(b, doubled(lane), 1n << BigInt(lane - 2))) : product;
    return shiftRight(b, doubled(lane), false, rounded, lane - 1);
  };
  const high = lowHalves(b, lane, part('low'), part('high'));
  const overflow = b.vand(b.veq(lane, x, minimum(b, lane)), b.veq(lane, y, minimum(b, lane)));
  return saturatedTo(b, b.vxor(high, overflow), high);
}

/** SQRDMLAH and SQRDMLSH: the high half of acc:0 ± 2xy, rounded. Computed halved, which fits twice the width. */
export function doublingMultiplyAccumulateHigh(b: Builder, lane: 16 | 32, subtract: boolean, accumulator: V128, x: V128, y: V128): V128 {
  const wide = doubled(lane);
  const part = (half: Half): V128 => {
    const product = multiplyWide(b, lane, false, half, x, y);
    const base = shiftLeft(b, wide, extend(b, lane, false, half, accumulator), lane - 1);
    const start = b.vadd(wide, base, constant(b, wide, 1n << BigInt(lane - 2)));
    const exact = shiftRight(b, wide, false, subtract ? b.vsub(wide, start, product) : b.vadd(wide, start, product), lane - 1);
    return saturatedTo(b, clampedTo(b, lane, wide, 'signed', exact), exact);
  };
  return lowHalves(b, lane, part('low'), part('high'));
}

/** The low halves of the wide lanes of `low`, then of `high`. */
function lowHalves(b: Builder, lane: 16 | 32, low: V128, high: V128): V128 {
  return shuffleLanes(b, lane, low, high, Array.from({ length: 128 / lane }, (_, i) => 2 * i));
}
