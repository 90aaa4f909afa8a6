/**
 * Floating point on the active elements of a vector of 128 bits (DDI 0487, C8). It is AdvSIMD's, over operands that can't
 * report anything where the element is inactive: 0, and 1 for the second one, which may be a divisor.
 */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import { FPPowerOfTwo, type FpSize } from '../fp/format.ts';
import type { VectorBinary } from '../fp/vector.ts';
import { constant } from '../simd/lanes.ts';
import { maskOf } from './predicate.ts';

/** `size` 1..3 as bits of an element. A byte is no float: 0 is unallocated, or another instruction. */
export const precisionOf = (size: number): FpSize => (8 << size) as FpSize;
export const isPrecision = (f: { readonly size: number }): boolean => f.size !== 0;
export const elementsIn = (N: FpSize): number => 128 / N;

export const one = (b: Builder, N: FpSize): V128 => constant(b, N, FPPowerOfTwo(N, 0, 0));

/** `of` the active elements; `old` is what the others keep. */
export function onActive(b: Builder, N: FpSize, p: I32, of: VectorBinary, x: V128, y: V128, old: V128): V128 {
  const mask = maskOf(b, N, p);
  const result = of(b, N, elementsIn(N), b.vand(mask, x), b.vselect(mask, y, one(b, N)));
  return b.vselect(mask, result, old);
}
