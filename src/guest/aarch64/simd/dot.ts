/** Sums of products of the bytes of words (the element loops of SDOT, USDOT and SMMLA; DDI 0487, C7). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { addPairsLong, extend, multiplyWide, pairwise, type Half } from './lanes.ts';

/** A source vector and whether its bytes are unsigned. */
export interface Bytes {
  readonly bytes: V128;
  readonly unsigned: boolean;
}

/** 16-bit products: those of an unsigned and a signed byte lie within -32640..32385, so the low halves are all of it. */
function products(b: Builder, half: Half, x: Bytes, y: Bytes): V128 {
  if (x.unsigned === y.unsigned) return multiplyWide(b, 8, x.unsigned, half, x.bytes, y.bytes);
  return b.vmul(16, extend(b, 8, x.unsigned, half, x.bytes), extend(b, 8, y.unsigned, half, y.bytes));
}

/** The sum of the four products of bytes in each word. */
export function dotProduct(b: Builder, x: Bytes, y: Bytes): V128 {
  const pairs = (half: Half): V128 => addPairsLong(b, 16, x.unsigned && y.unsigned, products(b, half, x, y));
  return pairwise(b, 32, 1, pairs('low'), pairs('high'), (even, odd) => b.vadd(32, even, odd));
}

/** The rows of eight bytes of x by those of y: a matrix of two by two words, row by row. */
export function matrixProduct(b: Builder, x: Bytes, y: Bytes): V128 {
  const row = (from: number): V128 => {
    const eight = Array.from({ length: 8 }, (_, i) => from + i);
    return dotProduct(b, { ...x, bytes: b.vshuffle(x.bytes, x.bytes, [...eight, ...eight]) }, y);
  };
  return pairwise(b, 32, 1, row(0), row(8), (even, odd) => b.vadd(32, even, odd));
}
