/** Integer arithmetic on elements of any size, as SVE has it and AdvSIMD has not (DDI 0487, C8.2). */
import type { Builder, I32, I64, Lane, V128 } from '../../../isa/builder.ts';
import {
  addPairsLong, constant, countLeadingZeros as narrowLeadingZeros, countOnes as narrowOnes, greaterOrEqual, min, multiply as narrowMultiply, multiplyWide,
  negative, shiftLeft, shiftRight, shuffleLanes, zero,
} from '../simd/lanes.ts';
import { shiftEach } from '../simd/shift.ts';

type Binary = (b: Builder, lane: Lane, unsigned: boolean, x: V128, y: V128) => V128;
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Each element by itself. */
function each(b: Builder, lane: Lane, x: V128, of: (element: I64, index: number) => I64): V128 {
  let result = x;
  for (let i = 0; i < 128 / lane; i++) result = b.vset(lane, result, i, of(b.vget(lane, x, i), i));
  return result;
}

export const multiply = (b: Builder, lane: Lane, x: V128, y: V128): V128 =>
  (lane === 64 ? b.vmul(64, x, y) : narrowMultiply(b, lane, x, y));

/** SMULH, UMULH: the high halves of the products. */
export const multiplyHigh: Binary = (b, lane, unsigned, x, y) => {
  if (lane === 64) return each(b, 64, x, (n, i) => (unsigned ? b.mulHighU(n, b.vget(64, y, i)) : b.mulHighS(n, b.vget(64, y, i))));
  const wide = (half: 'low' | 'high'): V128 => multiplyWide(b, lane, unsigned, half, x, y);
  return shuffleLanes(b, lane, wide('low'), wide('high'), count(128 / lane).map(i => 2 * i + 1));
};

/** SDIV, UDIV of words and doublewords: by 0 it is 0. */
export const divide: Binary = (b, lane, unsigned, x, y) =>
  each(b, lane, x, (n, i) => {
    const m = b.vget(lane, y, i);
    if (unsigned) return b.divU(n, m);
    return lane === 64 ? b.divS(n, m) : b.extU(b.divS(b.wrap(n), b.wrap(m)));
  });

export function countOnes(b: Builder, lane: Lane, x: V128): V128 {
  return lane === 64 ? addPairsLong(b, 32, true, narrowOnes(b, 32, x)) : narrowOnes(b, lane, x);
}

export function countLeadingZeros(b: Builder, lane: Lane, x: V128): V128 {
  return lane === 64 ? each(b, 64, x, n => b.clz(n)) : narrowLeadingZeros(b, lane, x);
}

/** CLS: the bits behind the sign that are as it is. */
export const countLeadingSigns = (b: Builder, lane: Lane, x: V128): V128 =>
  b.vsub(lane, countLeadingZeros(b, lane, b.vxor(x, shiftRight(b, lane, false, x, 1))), constant(b, lane, 1n));

/** SXTB, UXTW …: the low `from` bits of each element. */
export const extendLow = (b: Builder, lane: Lane, unsigned: boolean, from: number, x: V128): V128 =>
  shiftRight(b, lane, unsigned, shiftLeft(b, lane, x, lane - from), lane - from);

export type Shift = 'asr' | 'lsr' | 'lsl';

/** Each element by its own count, an unsigned number of any size. */
export function shiftByElements(b: Builder, lane: Lane, shift: Shift, x: V128, counts: V128): V128 {
  const beyond = greaterOrEqual(b, lane, true, counts, constant(b, lane, BigInt(lane)));
  const to = { asr: 'rightSigned', lsr: 'rightUnsigned', lsl: 'left' } as const;
  return b.vselect(beyond, shift === 'asr' ? negative(b, lane, x) : zero(b), shiftEach(b, lane, to[shift], x, counts));
}

/** The element of `lane` bits that stands lowest in each doubleword, in all of the doubleword's elements. */
export function spreadLowest(b: Builder, lane: Lane, x: V128): V128 {
  const elements = 128 / lane;
  return shuffleLanes(b, lane, x, x, count(elements).map(i => (i < elements / 2 ? 0 : elements / 2)));
}

/** Each element by the doubleword of `counts` that it lies in. */
export function shiftByWide(b: Builder, lane: Lane, shift: Shift, x: V128, counts: V128): V128 {
  const least = min(b, 64, true, counts, constant(b, 64, BigInt(lane)));
  return shiftByElements(b, lane, shift, x, spreadLowest(b, lane, least));
}

/** ASRD: signed division by 2^n, n from 1 up to the element's size, which rounds towards zero. */
export function divideByPower(b: Builder, lane: Lane, x: V128, n: I32): V128 {
  const whole = b.eq(n, b.i32(lane));
  const less = b.vshrU(lane, negative(b, lane, x), b.sub(b.i32(lane), n));
  return b.select(whole, zero(b), b.vshrS(lane, b.vadd(lane, x, less), n));
}
