/** Estimates of normal numbers whose estimates are normal, and of zeros, infinities and NaNs, without bigints (see quick.ts). */
import type { Arena } from '../../../base/arena.ts';
import { RecipEstimate, RecipSqrtEstimate } from './estimate.ts';
import type { FpSize } from './format.ts';
import { SLOT, SOFTWARE, clear, defaultNaN, flushed, flushes, infinityBits, load, processNaNs, putBits, upperBits } from './lane.ts';
import type { Quick } from './quick.ts';
import { controlFor } from './standard.ts';
import { DZC, FPProcessException, IOC } from './status.ts';

/** Of the number at `at`, which isn't flushed: gives the flags, or SOFTWARE. */
type Estimate = (arena: Arena, N: FpSize, at: number, to: number, x: number) => number;

function estimate(of: Estimate): Quick {
  return ({ state }, arena, arg, result) => {
    const shape = arena.u32[(arg + SLOT) >>> 2] as number;
    const N = (shape & 0xff) as FpSize;
    const size = N / 8;
    const FPCR = controlFor(state.FPCR, shape);
    const flush = flushes(FPCR, N);
    let flags = 0;
    clear(arena, result);
    for (let at = arg, to = result, end = arg + ((shape >>> 8) & 0xff) * size; at < end; at += size, to += size) {
      const x = load(arena, N, at);
      if (flush && flushed(N, x)) return false;
      const reported = x === x ? of(arena, N, at, to, x) : processNaNs(FPCR, arena, N, at, 1, to);
      if (reported === SOFTWARE) return false;
      flags |= reported;
    }
    if (flags !== 0) FPProcessException(state, flags);
    return true;
  };
}

/** Where the exponent begins in the upper bits, and its bias. */
const exponentShift = (N: FpSize): number => (N === 64 ? 20 : N === 32 ? 23 : 26);
const bias = (N: FpSize): number => (N === 64 ? 1023 : N === 32 ? 127 : 15);

const infinite = (arena: Arena, N: FpSize, to: number, sign: number): number => {
  putBits(arena, N, to, sign | infinityBits(N));
  return DZC;
};

export const quickRecipEstimate = estimate((arena, N, at, to, x) => {
  const upper = upperBits(arena, N, at);
  const sign = upper & 0x8000_0000;
  if (x === 0) return infinite(arena, N, to, sign);
  if (!Number.isFinite(x)) {
    putBits(arena, N, to, sign);
    return 0;
  }
  const shift = exponentShift(N);
  const exponent = (upper & 0x7fff_ffff) >>> shift;
  const inverse = 2 * bias(N) - 1 - exponent;
  if (exponent === 0 || inverse < 1) return SOFTWARE;
  const fraction = RecipEstimate(256 | ((upper >>> (shift - 8)) & 255)) & 255;
  putBits(arena, N, to, sign | (inverse << shift) | (fraction << (shift - 8)));
  return 0;
});

const roots = Uint8Array.from({ length: 512 }, (_, a) => (a < 128 ? 0 : RecipSqrtEstimate(a) & 255));

export const quickRSqrtEstimate = estimate((arena, N, at, to, x) => {
  const upper = upperBits(arena, N, at);
  if (x === 0) return infinite(arena, N, to, upper & 0x8000_0000);
  if (x < 0) {
    defaultNaN(arena, N, to);
    return IOC;
  }
  if (x === Infinity) {
    putBits(arena, N, to, 0);
    return 0;
  }
  const shift = exponentShift(N);
  const exponent = upper >>> shift;
  if (exponent === 0) return SOFTWARE;
  const fraction = (upper >>> (shift - 8)) & 255;
  const root = roots[exponent & 1 ? 128 | (fraction >> 1) : 256 | fraction] as number;
  const inverse = Math.floor((3 * bias(N) - 1 - exponent) / 2);
  putBits(arena, N, to, (inverse << shift) | (root << (shift - 8)));
  return 0;
});

export const quickRecpX = estimate((arena, N, at, to) => {
  const upper = upperBits(arena, N, at);
  const all = infinityBits(N);
  const exponent = upper & all;
  putBits(arena, N, to, (upper & 0x8000_0000) | (exponent === 0 ? all - 2 ** exponentShift(N) : all ^ exponent));
  return 0;
});
