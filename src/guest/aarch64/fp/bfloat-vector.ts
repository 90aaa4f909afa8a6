/** BFloat16 over a Builder. Dot products are always the exact helper's: no fast path of them exists. */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { constant, shuffleLanes } from '../simd/lanes.ts';
import * as helpers from './operations.ts';
import { shapeOf } from './operations.ts';

/** addend + the products of the halves of words, in `count` words. */
export const BFDotAdd = (b: Builder, count: number, addend: V128, x: V128, y: V128): V128 =>
  b.call(helpers.BFDotAdd, addend, x, y, shapeOf(b, 32, count));

/** The lower (B) or upper (T) halves of words as singles. */
export const singles = (b: Builder, x: V128, top: number): V128 =>
  (top ? b.vand(x, constant(b, 32, 0xffff_0000n)) : b.vshl(32, x, b.i32(16)));

/** d + n times m transposed: matrices of two rows, in which each word is two numbers. */
export function matrixProduct(b: Builder, d: V128, n: V128, m: V128): V128 {
  const pick = (x: V128, ...words: number[]): V128 => shuffleLanes(b, 32, x, x, words);
  const first = BFDotAdd(b, 4, d, pick(n, 0, 0, 2, 2), pick(m, 0, 2, 0, 2));
  return BFDotAdd(b, 4, first, pick(n, 1, 1, 3, 3), pick(m, 1, 3, 1, 3));
}
