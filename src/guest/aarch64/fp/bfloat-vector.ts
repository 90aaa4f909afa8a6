/** BFloat16 over a Builder. Dot products are always the exact helper's: no fast path of them exists. */
import type { Builder, V128 } from '../../../isa/builder.ts';
import * as helpers from './operations.ts';
import { shapeOf } from './operations.ts';

/** addend + the products of the halves of words, in `count` words. */
export const BFDotAdd = (b: Builder, count: number, addend: V128, x: V128, y: V128): V128 =>
  b.call(helpers.BFDotAdd, addend, x, y, shapeOf(b, 32, count));
