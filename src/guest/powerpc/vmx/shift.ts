/** Shifts by counts of each element, and of whole vectors (Power ISA 2.07B Book I, 6.9.2 and 6.8.6). */
import type { Builder, I32, Lane, V128 } from '../../../isa/builder.ts';
import { constant, negative, zero } from '../../../isa/vector/lanes.ts';

export type ShiftKind = 'left' | 'right' | 'arithmetic' | 'rotate';

/** Each lane by the count in the same lane, modulo its width: by powers of two where the count's bits say so. */
export function shiftLanes(b: Builder, lane: Lane, kind: ShiftKind, x: V128, counts: V128): V128 {
  let value = x;
  for (let k = 0; 1 << k < lane; k++) {
    const n = b.i32(1 << k);
    const chosen = negative(b, lane, b.vshl(lane, counts, b.i32(lane - 1 - k)));
    value = b.vselect(chosen, shifted(b, lane, kind, value, n, b.i32(lane - (1 << k))), value);
  }
  return value;
}

function shifted(b: Builder, lane: Lane, kind: ShiftKind, x: V128, n: I32, rest: I32): V128 {
  switch (kind) {
    case 'left':
      return b.vshl(lane, x, n);
    case 'right':
      return b.vshrU(lane, x, n);
    case 'arithmetic':
      return b.vshrS(lane, x, n);
    case 'rotate':
      return b.vor(b.vshl(lane, x, n), b.vshrU(lane, x, rest));
  }
}

const bytes = (of: (i: number) => number): bigint => Array.from({ length: 16 }, (_, i) => BigInt(of(i) & 0xff) << BigInt(8 * i)).reduce((all, byte) => all | byte);
const INDEX = bytes(i => i);

/** By whole bytes, 0 to 15, which bits 3..6 of the count's last byte give. What is shifted in is 0: there is no such byte. */
export function shiftOctets(b: Builder, left: boolean, x: V128, count: V128): V128 {
  const n = b.vsplat(8, b.and(b.shrU(b.vget(64, count, 0), b.i32(3)), b.i64(15)));
  return b.vswizzle(x, left ? b.vsub(8, b.v128(INDEX), n) : b.vadd(8, b.v128(INDEX), n));
}

/** The vector one byte further: what each byte's lower (or higher) neighbour holds. */
const neighbour = (b: Builder, left: boolean, x: V128): V128 =>
  b.vshuffle(x, zero(b), Array.from({ length: 16 }, (_, i) => (left ? (i === 0 ? 16 : i - 1) : i + 1)));

/** By bits, 0 to 7, of each byte by what the same byte of `counts` says, the bits from its neighbour behind it. */
export function shiftBits(b: Builder, left: boolean, x: V128, counts: V128): V128 {
  const n = b.vand(counts, constant(b, 8, 7n));
  const own = shiftLanes(b, 8, left ? 'left' : 'right', x, n);
  // The neighbour's bits: by 8 - n, in two steps because 8 is no count.
  const rest = b.vsub(8, constant(b, 8, 7n), n);
  const other = b[left ? 'vshrU' : 'vshl'](8, neighbour(b, left, x), b.i32(1));
  return b.vor(own, shiftLanes(b, 8, left ? 'right' : 'left', other, rest));
}
