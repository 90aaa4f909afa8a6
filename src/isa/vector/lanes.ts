/**
 * Integer operations on the lanes of a vector that vector instruction sets have and WebAssembly has not, or not for every
 * lane size. Lane 0 is the least significant.
 */
import type { Builder, I32, Lane, V128 } from '../builder.ts';

export type NarrowLane = 8 | 16 | 32;
export type WideLane = 16 | 32 | 64;
export type Half = 'low' | 'high';

/** `size` 0..3 as element bits. */
export const laneOf = (size: number): Lane => (8 << size) as Lane;
export const doubled = (lane: Lane): WideLane => (lane * 2) as WideLane;

/** The same `bits` in every lane. */
export function constant(b: Builder, lane: Lane, bits: bigint): V128 {
  const element = BigInt.asUintN(lane, bits);
  let all = 0n;
  for (let at = 0; at < 128; at += lane) all |= element << BigInt(at);
  return b.v128(all);
}

export const zero = (b: Builder): V128 => b.v128(0n);
export const ones = (b: Builder): V128 => b.v128((1n << 128n) - 1n);
/** The most negative and the largest signed number of a lane. */
export const minimum = (b: Builder, lane: Lane): V128 => constant(b, lane, 1n << BigInt(lane - 1));
export const maximum = (b: Builder, lane: Lane): V128 => constant(b, lane, (1n << BigInt(lane - 1)) - 1n);

/** A shift by a count that is known here, from 0 up to the lane's width and beyond. */
export function shiftLeft(b: Builder, lane: Lane, x: V128, n: number): V128 {
  if (n === 0) return x;
  return n >= lane ? zero(b) : b.vshl(lane, x, b.i32(n));
}
export function shiftRight(b: Builder, lane: Lane, unsigned: boolean, x: V128, n: number): V128 {
  if (n === 0) return x;
  if (unsigned) return n >= lane ? zero(b) : b.vshrU(lane, x, b.i32(n));
  return b.vshrS(lane, x, b.i32(Math.min(n, lane - 1)));
}
/** A shift to the right by an operand from 1 up to the lane's width, which counts of the host's shifts can't be. */
export function shiftRightBy(b: Builder, lane: Lane, unsigned: boolean, x: V128, n: I32): V128 {
  const whole = b.eq(n, b.i32(lane));
  return unsigned ? b.select(whole, zero(b), b.vshrU(lane, x, n)) : b.vshrS(lane, x, b.sub(n, whole));
}
/** The same with rounding: the last bit shifted out is added. */
export function shiftRightRoundedBy(b: Builder, lane: Lane, unsigned: boolean, x: V128, n: I32): V128 {
  const less1 = b.sub(n, b.i32(1));
  const almost = unsigned ? b.vshrU(lane, x, less1) : b.vshrS(lane, x, less1);
  return b.vadd(lane, shiftRight(b, lane, unsigned, almost, 1), b.vand(almost, constant(b, lane, 1n)));
}

/** Each word rotated left by n, 1 to 31. */
export const rotateWords = (b: Builder, x: V128, n: number): V128 => b.vor(b.vshl(32, x, b.i32(n)), b.vshrU(32, x, b.i32(32 - n)));

/** All ones in lanes that are negative. */
export const negative = (b: Builder, lane: Lane, x: V128): V128 => b.vshrS(lane, x, b.i32(lane - 1));

export function greater(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  if (!unsigned) return b.vgtS(lane, x, y);
  if (lane !== 64) return b.vgtU(lane, x, y);
  return b.vgtS(64, b.vxor(x, minimum(b, 64)), b.vxor(y, minimum(b, 64)));
}
export function greaterOrEqual(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  if (!unsigned) return b.vgeS(lane, x, y);
  return lane === 64 ? b.vnot(greater(b, 64, true, y, x)) : b.vgeU(lane, x, y);
}

export function max(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  if (lane === 64) return b.vselect(greater(b, 64, unsigned, x, y), x, y);
  return unsigned ? b.vmaxU(lane, x, y) : b.vmaxS(lane, x, y);
}
export function min(b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 {
  if (lane === 64) return b.vselect(greater(b, 64, unsigned, x, y), y, x);
  return unsigned ? b.vminU(lane, x, y) : b.vminS(lane, x, y);
}

export const absoluteDifference = (b: Builder, lane: NarrowLane, unsigned: boolean, x: V128, y: V128): V128 =>
  b.vsub(lane, max(b, lane, unsigned, x, y), min(b, lane, unsigned, x, y));

/** (x + y) >> 1 without losing the carry: what both have, and half of what one has. */
export const halvingAdd = (b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 =>
  b.vadd(lane, b.vand(x, y), shiftRight(b, lane, unsigned, b.vxor(x, y), 1));

/** (x + y + 1) >> 1: what either has, less half of what one has. */
export function roundingHalvingAdd(b: Builder, lane: NarrowLane, unsigned: boolean, x: V128, y: V128): V128 {
  if (unsigned && lane !== 32) return b.vavgU(lane, x, y);
  return b.vsub(lane, b.vor(x, y), shiftRight(b, lane, unsigned, b.vxor(x, y), 1));
}

/** (x - y) >> 1: x - y = (x ^ y) - 2 * (~x & y). */
export const halvingSubtract = (b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128): V128 =>
  b.vsub(lane, shiftRight(b, lane, unsigned, b.vxor(x, y), 1), b.vandNot(y, x));

/** Low halves of the products. Bytes go as even and odd ones through 16-bit lanes. */
export function multiply(b: Builder, lane: NarrowLane, x: V128, y: V128): V128 {
  if (lane !== 8) return b.vmul(lane, x, y);
  const even = b.vand(b.vmul(16, x, y), constant(b, 16, 0xffn));
  const odd = b.vmul(16, b.vshrU(16, x, b.i32(8)), b.vshrU(16, y, b.i32(8)));
  return b.vor(even, b.vshl(16, odd, b.i32(8)));
}

export const extend = (b: Builder, lane: NarrowLane, unsigned: boolean, half: Half, x: V128): V128 =>
  (unsigned ? b.vextendU(lane, half, x) : b.vextendS(lane, half, x));
export const multiplyWide = (b: Builder, lane: NarrowLane, unsigned: boolean, half: Half, x: V128, y: V128): V128 =>
  (unsigned ? b.vmulWideU(lane, half, x, y) : b.vmulWideS(lane, half, x, y));

/** Sums of adjacent pairs at twice the width. */
export function addPairsLong(b: Builder, lane: NarrowLane, unsigned: boolean, x: V128): V128 {
  if (lane !== 32) return unsigned ? b.vaddPairsU(lane, x) : b.vaddPairsS(lane, x);
  const even = shiftRight(b, 64, unsigned, b.vshl(64, x, b.i32(32)), 32);
  return b.vadd(64, even, shiftRight(b, 64, unsigned, x, 32));
}

/** The ones in each lane. */
export function countOnes(b: Builder, lane: NarrowLane, x: V128): V128 {
  const bytes = b.vpopcnt(x);
  if (lane === 8) return bytes;
  const halfwords = b.vaddPairsU(8, bytes);
  return lane === 16 ? halfwords : b.vaddPairsU(16, halfwords);
}

/** The zeros above each lane's highest one: ones spread downwards from the highest one, the rest counted. */
export function countLeadingZeros(b: Builder, lane: NarrowLane, x: V128): V128 {
  let spread = x;
  for (let n = 1; n < lane; n *= 2) spread = b.vor(spread, b.vshrU(lane, spread, b.i32(n)));
  return countOnes(b, lane, b.vnot(spread));
}

/** Byte numbers of `lanes` for `Builder.vshuffle`. */
function bytesOfLanes(lane: Lane, lanes: readonly number[]): number[] {
  const bytes = lane / 8;
  return lanes.flatMap(at => Array.from({ length: bytes }, (_, i) => at * bytes + i));
}
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A shuffle by lanes: `lanes[i]` counts through y:x; missing ones are taken from y's first lane. */
export function shuffleLanes(b: Builder, lane: Lane, x: V128, y: V128, lanes: readonly number[]): V128 {
  const count = 128 / lane;
  return b.vshuffle(x, y, bytesOfLanes(lane, range(count).map(i => lanes[i] ?? count)));
}

/** The low halves of wide lanes as a 64-bit vector, top half zero. */
export function narrow(b: Builder, lane: NarrowLane, wide: V128): V128 {
  const bytes = bytesOfLanes(lane, range(64 / lane).map(i => 2 * i));
  // A byte number with its top bit set gives 0, and lets a host's own shuffle do without a check.
  return b.vswizzle(wide, b.v128(range(16).reduceRight((bits, i) => (bits << 8n) | BigInt(bytes[i] ?? 0x80), 0n)));
}
/** The same into the top half, above the low half of `low`. */
export const narrowHigh = (b: Builder, lane: NarrowLane, low: V128, wide: V128): V128 =>
  shuffleLanes(b, lane, low, wide, [...range(64 / lane), ...range(64 / lane).map(i => 128 / lane + 2 * i)]);

/** Adjacent pairs of y:x combined by `combine`; for Q 0 of their low halves. */
export function pairwise(b: Builder, lane: Lane, Q: number, x: V128, y: V128, combine: (even: V128, odd: V128) => V128): V128 {
  const perRegister = 128 / lane;
  const used = Q ? perRegister : perRegister / 2;
  const evens = [...range(used / 2).map(i => 2 * i), ...range(used / 2).map(i => perRegister + 2 * i)];
  const even = shuffleLanes(b, lane, x, y, evens);
  return combine(even, shuffleLanes(b, lane, x, y, evens.map(i => i + 1)));
}

/** All of the first `count` lanes combined into the lowest, by halves. */
export function reduce(b: Builder, lane: Lane, count: number, x: V128, combine: (x: V128, y: V128) => V128): V128 {
  const perRegister = 128 / lane;
  let value = x;
  for (let n = count / 2; n >= 1; n /= 2) {
    value = combine(value, shuffleLanes(b, lane, value, value, range(perRegister).map(i => (i + n) % perRegister)));
  }
  return value;
}

/** Shuffle numbers that reverse the elements of `lane` bits in each container. */
export const reversal = (lane: Lane, container: number): number[] =>
  range(128 / lane).map(i => i ^ (container / lane - 1));
