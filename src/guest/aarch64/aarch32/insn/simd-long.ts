/** Advanced SIMD operations on elements of two widths: their meanings (ARM DDI 0487, F6: VADDL, VMLAL, VQDMULL …). */
import type { Builder, V128 } from '../../../../isa/builder.ts';
import { absoluteDifference, doubled, extend, multiplyWide, type NarrowLane, type WideLane } from '../../simd/lanes.ts';
import { addSaturated, doublingMultiplyWide, subtractSaturated } from '../../simd/saturate.ts';

/** Of D registers n and m, whose elements have `lane` bits, to a Q register; `d` reads that. */
export type Long = (b: Builder, lane: NarrowLane, n: V128, m: V128, d: () => V128) => V128;
export type Wide = (b: Builder, lane: WideLane, x: V128, y: V128) => V128;

export const add: Wide = (b, lane, x, y) => b.vadd(lane, x, y);
export const subtract: Wide = (b, lane, x, y) => b.vsub(lane, x, y);

export const extended = (operation: Wide) => (unsigned: boolean): Long => (b, lane, n, m) =>
  operation(b, doubled(lane), extend(b, lane, unsigned, 'low', n), extend(b, lane, unsigned, 'low', m));
/** A difference fits the narrow element, without a sign. */
export const difference = (unsigned: boolean): Long => (b, lane, n, m) =>
  extend(b, lane, true, 'low', absoluteDifference(b, lane, unsigned, n, m));
export const product = (unsigned: boolean): Long => (b, lane, n, m) => multiplyWide(b, lane, unsigned, 'low', n, m);
export const accumulated = (operation: Wide, of: (unsigned: boolean) => Long) => (unsigned: boolean): Long => (b, lane, n, m, d) =>
  operation(b, doubled(lane), d(), of(unsigned)(b, lane, n, m, d));

export const doubling = (): Long => (b, lane, n, m) => doublingMultiplyWide(b, lane as 16 | 32, 'low', n, m);
export const doublingAdd = (): Long => (b, lane, n, m, d) => addSaturated(b, doubled(lane), false, d(), doubling()(b, lane, n, m, d));
export const doublingSubtract = (): Long => (b, lane, n, m, d) => subtractSaturated(b, doubled(lane), false, d(), doubling()(b, lane, n, m, d));
