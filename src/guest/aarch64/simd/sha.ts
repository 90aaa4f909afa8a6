/** SHA1 and SHA256 (SHAhashSHA1, SHA256hash … of the Arm ARM's shared pseudocode, DDI 0487, J1; FIPS 180-4), on vectors of words. */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import { rotateWords, shuffleLanes } from './lanes.ts';
import { choose, majority, vectorOfWords, word, words, type Mix } from './words.ts';

const rotl = (b: Builder, x: I32, n: number): I32 => b.rotl(x, b.i32(n));

/** Four rounds of SHA1: d is A to D, the lowest word of n is E. */
export function sha1Rounds(b: Builder, mix: Mix, d: V128, n: V128, m: V128): V128 {
  let [x0, x1, x2, x3] = words(b, d);
  let y = word(b, n, 0);
  for (const w of words(b, m)) {
    const next = b.add(b.add(y, rotl(b, x0, 5)), b.add(mix(b, x1, x2, x3), w));
    [x0, x1, x2, x3, y] = [next, x0, rotl(b, x1, 30), x2, x3];
  }
  return vectorOfWords(b, [x0, x1, x2, x3]);
}

/** SHA1H, in every word. */
export const sha1Fixed = (b: Builder, x: V128): V128 => rotateWords(b, x, 30);

/** SHA1SU0 and SHA1SU1. */
export const sha1Schedule0 = (b: Builder, d: V128, n: V128, m: V128): V128 =>
  b.vxor(b.vxor(shuffleLanes(b, 64, d, n, [1, 2]), d), m);
export function sha1Schedule1(b: Builder, d: V128, n: V128): V128 {
  const mixed = b.vxor(d, shuffleLanes(b, 32, n, b.v128(0n), [1, 2, 3]));
  const turned = rotateWords(b, mixed, 1);
  // The last word depends on the new first one.
  const first = b.vand(rotateWords(b, turned, 1), b.v128(0xffff_ffffn));
  return b.vxor(turned, shuffleLanes(b, 32, first, first, [1, 1, 1, 0]));
}

const rotations = (b: Builder, x: I32, first: number, second: number, third: number): I32 =>
  b.xor(b.xor(b.rotr(x, b.i32(first)), b.rotr(x, b.i32(second))), b.rotr(x, b.i32(third)));

/** SHA256hash: four rounds; the half of the state that `part` names. */
export function sha256Rounds(b: Builder, abcd: V128, efgh: V128, schedule: V128, part: 1 | 2): V128 {
  let [a, c1, c2, c3] = words(b, abcd);
  let [e, f, g, h] = words(b, efgh);
  for (const w of words(b, schedule)) {
    const t1 = b.add(b.add(b.add(h, w), rotations(b, e, 6, 11, 25)), choose(b, e, f, g));
    const t2 = b.add(rotations(b, a, 2, 13, 22), majority(b, a, c1, c2));
    [a, c1, c2, c3, e, f, g, h] = [b.add(t1, t2), a, c1, c2, b.add(c3, t1), e, f, g];
  }
  return vectorOfWords(b, part === 1 ? [a, c1, c2, c3] : [e, f, g, h]);
}

/** sigma 0 and sigma 1 of the message schedule, of each word. */
function sigma(b: Builder, x: V128, first: number, second: number, shift: number): V128 {
  return b.vxor(b.vxor(rotateWords(b, x, 32 - first), rotateWords(b, x, 32 - second)), b.vshrU(32, x, b.i32(shift)));
}

/** SHA256SU0 and SHA256SU1. */
export const sha256Schedule0 = (b: Builder, d: V128, n: V128): V128 =>
  b.vadd(32, d, sigma(b, shuffleLanes(b, 32, d, n, [1, 2, 3, 4]), 7, 18, 3));
export function sha256Schedule1(b: Builder, d: V128, n: V128, m: V128): V128 {
  const base = b.vadd(32, d, shuffleLanes(b, 32, n, m, [1, 2, 3, 4]));
  const low = b.vadd(32, base, sigma(b, shuffleLanes(b, 64, m, b.v128(0n), [1]), 17, 19, 10));
  // sigma 1 of 0 is 0: the upper words take it from the new lower ones.
  const low64 = b.vand(low, b.v128((1n << 64n) - 1n));
  const high = b.vadd(32, base, sigma(b, shuffleLanes(b, 64, low64, low64, [1, 0]), 17, 19, 10));
  return shuffleLanes(b, 64, low, high, [0, 3]);
}
