/** Saturating arithmetic (Power ISA 2.07B Book I, 6.9.1): what doesn't fit becomes the nearest that does, and sets VSCR.SAT. */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { constant, max, maximum, min, negative, shuffleLanes, type WideLane } from '../../../isa/vector/lanes.ts';
import { setSAT } from './registers.ts';

type Lane = 8 | 16 | 32;

function noted(b: Builder, saturated: V128, exact: V128): V128 {
  setSAT(b, b.vxor(saturated, exact));
  return saturated;
}

const limit = (b: Builder, lane: Lane, x: V128): V128 => b.vxor(negative(b, lane, x), maximum(b, lane));

export function addSaturated(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  const sum = b.vadd(lane, x, y);
  if (lane !== 32) return noted(b, unsigned ? b.vaddSatU(lane, x, y) : b.vaddSatS(lane, x, y), sum);
  if (unsigned) return noted(b, b.vor(sum, b.vgtU(32, x, sum)), sum);
  const overflow = negative(b, 32, b.vandNot(b.vxor(x, sum), b.vxor(x, y)));
  return noted(b, b.vselect(overflow, limit(b, 32, x), sum), sum);
}

export function subtractSaturated(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  const difference = b.vsub(lane, x, y);
  if (lane !== 32) return noted(b, unsigned ? b.vsubSatU(lane, x, y) : b.vsubSatS(lane, x, y), difference);
  if (unsigned) return noted(b, b.vandNot(difference, b.vgtU(32, y, x)), difference);
  const overflow = negative(b, 32, b.vand(b.vxor(x, difference), b.vxor(x, y)));
  return noted(b, b.vselect(overflow, limit(b, 32, x), difference), difference);
}

/** From signed or unsigned lanes, to the signed or unsigned range of half the width. */
export type Narrowing = 'signed to signed' | 'signed to unsigned' | 'unsigned to unsigned' | 'modulo';

/** The lanes' values in the range of half the width. */
function clamped(b: Builder, lane: WideLane, how: Narrowing, x: V128): V128 {
  const half = BigInt(lane / 2);
  const all = (1n << half) - 1n;
  if (how === 'modulo') return x;
  if (how === 'unsigned to unsigned') return min(b, lane, true, x, constant(b, lane, all));
  const [low, high] = how === 'signed to signed' ? [-(1n << (half - 1n)), all >> 1n] : [0n, all];
  return min(b, lane, false, max(b, lane, false, x, constant(b, lane, low)), constant(b, lane, high));
}

/** The lanes of x, then those of y (which is less significant), at half the width. */
export function narrowed(b: Builder, lane: WideLane, how: Narrowing, x: V128, y: V128): V128 {
  const [p, q] = [clamped(b, lane, how, x), clamped(b, lane, how, y)];
  if (how !== 'modulo') setSAT(b, b.vor(b.vxor(p, x), b.vxor(q, y)));
  return packed(b, lane, p, q);
}

/** The low halves of the lanes of x, then of those of y. */
export const packed = (b: Builder, lane: WideLane, x: V128, y: V128): V128 =>
  shuffleLanes(b, (lane / 2) as 8 | 16 | 32, y, x, Array.from({ length: 256 / lane }, (_, i) => 2 * i));

/** Signed sums of 64 bits as words in the lower half of their doublewords, saturated; the upper halves are 0. */
export function saturatedWords(b: Builder, sum: V128): V128 {
  const word = clamped(b, 64, 'signed to signed', sum);
  setSAT(b, b.vxor(word, sum));
  return b.vand(word, constant(b, 64, 0xffff_ffffn));
}

