/** Products of polynomials over {0, 1}. */
import type { Builder, I64, V128 } from '../builder.ts';
import { negative, shiftLeft, zero, type WideLane } from './lanes.ts';

/** The low `lane` bits of the products of lanes, of which y has 8 bits. */
export function multiplyBytes(b: Builder, lane: 8 | WideLane, x: V128, y: V128): V128 {
  let product = zero(b);
  for (let i = 0; i < 8; i++) {
    const chosen = negative(b, lane, shiftLeft(b, lane, y, lane - 1 - i));
    product = b.vxor(product, b.vand(chosen, shiftLeft(b, lane, x, i)));
  }
  return product;
}

/** The 128-bit product of two 64-bit polynomials. The high half is a low half of the operands with their bits reversed. */
export function multiply64(b: Builder, x: I64, y: I64): V128 {
  const high = b.shrU(reverse(b, lowProduct(b, reverse(b, x), reverse(b, y))), b.i32(1));
  return b.vset(64, b.vsplat(64, lowProduct(b, x, y)), 1, high);
}

/**
 * Integer products of every fourth bit: of up to 16 terms in a column, and the column of 16 is the top one, carries
 * fill only the three bits between, so that each column's lowest bit is the sum without carries.
 */
function lowProduct(b: Builder, x: I64, y: I64): I64 {
  const classes = [0n, 1n, 2n, 3n].map(k => b.i64(0x1111111111111111n << k));
  const xs = classes.map(mask => b.and(x, mask));
  const ys = classes.map(mask => b.and(y, mask));
  let product = b.i64(0);
  classes.forEach((mask, k) => {
    let sum = b.i64(0);
    for (let i = 0; i < 4; i++) sum = b.xor(sum, b.mul(xs[i] as I64, ys[(k - i) & 3] as I64));
    product = b.or(product, b.and(sum, mask));
  });
  return product;
}

function reverse(b: Builder, x: I64): I64 {
  let value = b.bswap(x);
  for (const [n, mask] of [[4, 0x0f0f0f0f0f0f0f0fn], [2, 0x3333333333333333n], [1, 0x5555555555555555n]] as const) {
    const low = b.i64(mask);
    value = b.or(b.and(b.shrU(value, b.i32(n)), low), b.shl(b.and(value, low), b.i32(n)));
  }
  return value;
}

/** The products of the half's bytes, at twice the width. */
export const multiplyBytesWide = (b: Builder, half: 'low' | 'high', x: V128, y: V128): V128 =>
  multiplyBytes(b, 16, b.vextendU(8, half, x), b.vextendU(8, half, y));
