/** AES of the Arm ARM's shared pseudocode (DDI 0487, J1; FIPS 197) on a state of 16 bytes, without tables in memory. */
import type { Builder, V128 } from '../../../isa/builder.ts';
import { constant, negative, zero } from './lanes.ts';

const MODULUS = 0x11b;

/** Product in GF(2^8). */
function product(x: number, y: number): number {
  let result = 0;
  for (let a = x, n = y; n !== 0; n >>= 1) {
    if (n & 1) result ^= a;
    a = a & 0x80 ? (a << 1) ^ MODULUS : a << 1;
  }
  return result;
}

/** The S-box: the inverse in GF(2^8), then an affine map over bits. */
function substitute(x: number): number {
  let inverse = x;
  for (let i = 0; i < 6; i++) inverse = product(product(inverse, inverse), x); // x to the power of 127
  inverse = product(inverse, inverse);
  const turned = inverse * 0x101;
  return (inverse ^ (turned >> 7) ^ (turned >> 6) ^ (turned >> 5) ^ (turned >> 4) ^ 0x63) & 0xff;
}

const SBOX = Array.from({ length: 256 }, (_, x) => substitute(x));
const INVERSE_SBOX = Array.from({ length: 256 }, (_, x) => SBOX.indexOf(x));

/** Each byte of x as an index into `table`, by its sixteen rows. */
function lookUp(b: Builder, table: readonly number[], x: V128): V128 {
  let found = zero(b);
  for (let row = 0; row < 16; row++) {
    const bytes = table.slice(16 * row, 16 * row + 16).reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
    found = b.vor(found, b.vswizzle(b.v128(bytes), b.vsub(8, x, constant(b, 8, BigInt(16 * row)))));
  }
  return found;
}

export const AESSubBytes = (b: Builder, x: V128): V128 => lookUp(b, SBOX, x);
export const AESInvSubBytes = (b: Builder, x: V128): V128 => lookUp(b, INVERSE_SBOX, x);

/** Byte i is row i % 4 of column i / 4; row r turns by r columns. */
const shiftRows = (direction: 1 | -1): number[] =>
  Array.from({ length: 16 }, (_, i) => (i + 4 * direction * (i % 4) + 16) % 16);
export const AESShiftRows = (b: Builder, x: V128): V128 => b.vshuffle(x, x, shiftRows(1));
export const AESInvShiftRows = (b: Builder, x: V128): V128 => b.vshuffle(x, x, shiftRows(-1));

/** Each byte times 2 in GF(2^8). */
const twice = (b: Builder, x: V128): V128 =>
  b.vxor(b.vshl(8, x, b.i32(1)), b.vand(negative(b, 8, x), constant(b, 8, BigInt(MODULUS & 0xff))));

/** Each column turned so that row r holds what row r + n held. */
const turn = (b: Builder, x: V128, n: number): V128 =>
  b.vshuffle(x, x, Array.from({ length: 16 }, (_, i) => (i & ~3) + ((i + n) & 3)));

/** Columns times 3x^3 + x^2 + x + 2. */
export function AESMixColumns(b: Builder, x: V128): V128 {
  const next = turn(b, x, 1);
  const rest = b.vxor(turn(b, x, 2), turn(b, x, 3));
  return b.vxor(b.vxor(twice(b, b.vxor(x, next)), next), rest);
}

/** The inverse polynomial is the other one times 4x^2 + 5. */
export function AESInvMixColumns(b: Builder, x: V128): V128 {
  const fourfold = twice(b, twice(b, b.vxor(x, turn(b, x, 2))));
  return AESMixColumns(b, b.vxor(x, fourfold));
}
