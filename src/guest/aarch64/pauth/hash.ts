/**
 * The IMPLEMENTATION DEFINED algorithm of FEAT_PACIMP: a keyed hash of 64 bits that is cheap to compute, and no more of a
 * secret than a program needs that is not under attack. Two halves absorb each word and then stir each other.
 */
import type { Key } from './qarma.ts';

const words = (x: bigint): readonly [number, number] => [Number(BigInt.asIntN(32, x)), Number(BigInt.asIntN(32, x >> 32n))];

/** The words that make up the state's first and the multipliers: odd, with about as many ones as zeros. */
const START = [0x243f6a88, 0x85a308d3] as const;
const MULTIPLIERS = [0x9e3779b1, 0x85ebca6b] as const;

const stir = (x: number, multiplier: number): number => {
  const y = Math.imul(x ^ (x >>> 15), multiplier);
  return y ^ (y >>> 13);
};

export function keyedHash(data: bigint, modifier: bigint, key: Key): bigint {
  let [a, b] = START as readonly [number, number] as [number, number];
  for (const block of [key.high, data, modifier, key.low]) {
    const [low, high] = words(block);
    a = stir(a ^ low, MULTIPLIERS[0]) + b;
    b = stir(b ^ high, MULTIPLIERS[1]) ^ a;
  }
  a = stir(a ^ (b >>> 7), MULTIPLIERS[1]);
  b = stir(b ^ a, MULTIPLIERS[0]);
  return (BigInt(stir(a ^ b, MULTIPLIERS[0]) >>> 0) << 32n) | BigInt(b >>> 0);
}
