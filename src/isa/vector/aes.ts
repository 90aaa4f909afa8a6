/** The steps of AES (FIPS 197, 5.1 and 5.3) on a state of 16 bytes, byte 0 the least significant, without tables in memory. */
import type { Builder, V128 } from '../builder.ts';
import { constant, negative } from './lanes.ts';
import { inverse, lookUp, table, turned } from './substitute.ts';

const MODULUS = 0x11b;

/** The S-box: the inverse in GF(2^8), then an affine map over bits. */
const SBOX = table(x => turned(inverse(MODULUS, x), [0, 1, 2, 3, 4]) ^ 0x63);
const INVERSE_SBOX = table(x => SBOX.indexOf(x));

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
