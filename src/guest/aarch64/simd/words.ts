/** Vectors as four words, and the functions of words that SHA1, SHA256 and SM3 share (FIPS 180-4, 4.1; GB/T 32905, 4.3). */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';

export const word = (b: Builder, x: V128, i: number): I32 => b.wrap(b.vget(32, x, i));
export const words = (b: Builder, x: V128): [I32, I32, I32, I32] => [word(b, x, 0), word(b, x, 1), word(b, x, 2), word(b, x, 3)];
export function vectorOfWords(b: Builder, elements: readonly I32[]): V128 {
  return elements.reduce((v, e, i) => b.vset(32, v, i, b.extU(e)), b.v128(0n));
}

export type Mix = (b: Builder, x: I32, y: I32, z: I32) => I32;
export const choose: Mix = (b, x, y, z) => b.xor(b.and(b.xor(y, z), x), z);
export const parity: Mix = (b, x, y, z) => b.xor(b.xor(x, y), z);
export const majority: Mix = (b, x, y, z) => b.or(b.and(x, y), b.and(b.or(x, y), z));
