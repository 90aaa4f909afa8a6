/** Substitution boxes of block ciphers (FIPS 197, GB/T 32907): arithmetic in GF(2^8), and the lookup of 16 bytes at once. */
import type { Builder, V128 } from '../builder.ts';
import { constant, zero } from './lanes.ts';

/** Product in GF(2^8) modulo `modulus`. */
function product(modulus: number, x: number, y: number): number {
  let result = 0;
  for (let a = x, n = y; n !== 0; n >>= 1) {
    if (n & 1) result ^= a;
    a = a & 0x80 ? (a << 1) ^ modulus : a << 1;
  }
  return result;
}

/** x to the power of 254: the inverse in GF(2^8), and 0 for 0. */
export function inverse(modulus: number, x: number): number {
  let power = x;
  for (let i = 0; i < 6; i++) power = product(modulus, product(modulus, power, power), x);
  return product(modulus, power, power);
}

/** The sum of x turned left by each of `turns`: a matrix over bits whose rows are turned alike. */
export function turned(x: number, turns: readonly number[]): number {
  return turns.reduce((sum, n) => sum ^ ((x * 0x101) >> (8 - n)), 0) & 0xff;
}

export const table = (of: (x: number) => number): number[] => Array.from({ length: 256 }, (_, x) => of(x));

/** Each byte of x as an index into `bytes`, by its sixteen rows. */
export function lookUp(b: Builder, bytes: readonly number[], x: V128): V128 {
  let found = zero(b);
  for (let row = 0; row < 16; row++) {
    const entries = bytes.slice(16 * row, 16 * row + 16).reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
    found = b.vor(found, b.vswizzle(b.v128(entries), b.vsub(8, x, constant(b, 8, BigInt(16 * row)))));
  }
  return found;
}
