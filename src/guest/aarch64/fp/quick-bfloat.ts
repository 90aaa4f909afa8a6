/** BFDotAdd without bigints (see bfloat.ts): products and sums as singles rounded to odd, tiny ones flushed, overflowing ones infinite. */
import { roundToOdd, sumError } from '../../../float/host.ts';
import { SLOT, clear } from './lane.ts';
import type { Quick } from './quick.ts';

const TINY = 2 ** -126;
const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

const zeroOf = (x: number): number => (x < 0 ? -0 : 0);
const flush = (x: number): number => (x !== 0 && Math.abs(x) < TINY ? zeroOf(x) : x);

/** A single from its bits. */
function singleOf(bits: number): number {
  word[0] = bits;
  return flush(single[0] as number);
}

function odd(exact: number): number {
  const nearest = Math.fround(exact);
  if (exact === 0 || Number.isNaN(exact)) return exact;
  if (Math.abs(exact) < TINY) return zeroOf(exact);
  if (nearest === exact) return exact;
  if (Math.abs(exact) >= 2 ** 128) return exact < 0 ? -Infinity : Infinity;
  single[0] = nearest;
  const bits = word[0] as number;
  word[0] = (Math.abs(nearest) > Math.abs(exact) ? bits - 1 : bits) | 1;
  return single[0];
}

function add(x: number, y: number): number {
  const sum = x + y;
  return odd(Number.isFinite(sum) ? roundToOdd(sum, sumError(x, y, sum)) : sum);
}

export const quickBFDotAdd: Quick = (_cpu, arena, arg, result) => {
  const { u32 } = arena;
  const count = (u32[(arg + 3 * SLOT) >>> 2] as number) >>> 8 & 0xff;
  clear(arena, result);
  for (let e = 0, at = arg >>> 2; e < count; e++, at++) {
    const x = u32[at + SLOT / 4] as number;
    const y = u32[at + (2 * SLOT) / 4] as number;
    const lower = odd(singleOf(x << 16) * singleOf(y << 16));
    const upper = odd(singleOf(x & 0xffff_0000) * singleOf(y & 0xffff_0000));
    const total = add(singleOf(u32[at] as number), add(lower, upper));
    if (Number.isNaN(total)) u32[(result >>> 2) + e] = 0x7fc0_0000;
    else arena.f32[(result >>> 2) + e] = total;
  }
  return true;
};
