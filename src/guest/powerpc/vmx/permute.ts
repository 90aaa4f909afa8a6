/** Permutations in the manual's numbering (Power ISA 2.07B Book I, 6.8.3 to 6.8.5): byte 0 is the most significant. */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import { constant } from '../../../isa/vector/lanes.ts';

/** Result byte i is byte `numbers[i]` of the 32 bytes x || y. */
export function choose(b: Builder, x: V128, y: V128, numbers: readonly number[]): V128 {
  return b.vshuffle(x, y, Array.from({ length: 16 }, (_, i) => numbers[15 - i] as number).map(n => (n < 16 ? 15 - n : 47 - n)));
}

/** The same of elements of `lane` bits. */
export function chooseLanes(b: Builder, lane: Lane, x: V128, y: V128, numbers: readonly number[]): V128 {
  const size = lane / 8;
  return choose(b, x, y, numbers.flatMap(n => Array.from({ length: size }, (_, i) => n * size + i)));
}

/** Elements of x and y in turn, from their first ones on or from their middle. */
export function merged(b: Builder, lane: Lane, half: 'high' | 'low', x: V128, y: V128): V128 {
  const count = 128 / lane;
  const first = half === 'high' ? 0 : count / 2;
  return chooseLanes(b, lane, x, y, Array.from({ length: count }, (_, i) => first + (i >> 1) + (i & 1) * count));
}

/** Bytes of x || y as the low five bits of `numbers` say. */
export function permuted(b: Builder, x: V128, y: V128, numbers: V128): V128 {
  // Byte n of the manual is our byte 15 - n, which is n with its low four bits inverted; what is too large gives 0.
  const at = b.vand(b.vxor(numbers, constant(b, 8, 15n)), constant(b, 8, 31n));
  return b.vor(b.vswizzle(x, at), b.vswizzle(y, b.vsub(8, at, constant(b, 8, 16n))));
}

/** The bytes in reverse: byte 0 of the manual becomes the least significant one. */
export const reversed = (b: Builder, x: V128): V128 => b.vshuffle(x, x, Array.from({ length: 16 }, (_, i) => 15 - i));
