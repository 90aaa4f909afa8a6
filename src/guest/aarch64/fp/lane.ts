/**
 * One element of the argument slots without bigints, by its address in the arena: loading, rounding into it as FPRound
 * does, and NaNs (Arm ARM DDI 0487, J1: FPUnpack, FPRound, FPProcessNaNs). For the quick forms of helpers.
 */
import type { Arena } from '../../../base/arena.ts';
import { ERROR, VALUE, type Work } from '../../../float/host.ts';
import type { FpSize } from './format.ts';
import { DN, FPRounding, FZ, FZ16, IDC, IOC, IXC, OFC, UFC, type Rounding } from './status.ts';

/** Bytes from one argument slot to the next. */
export const SLOT = 16;
/** What a quick form's part says where software has to do it; else it gives the flags to report. */
export const SOFTWARE = -1;

export const flushes = (FPCR: number, N: FpSize): boolean => (FPCR & (N === 16 ? FZ16 : FZ)) !== 0;
export const roundingOf = (FPCR: number): Rounding => ((FPCR >>> 22) & 3) as Rounding;
const smallestNormal = (N: FpSize): number => (N === 64 ? 2 ** -1022 : N === 32 ? 2 ** -126 : 2 ** -14);

export function load(arena: Arena, N: FpSize, at: number): number {
  if (N === 64) return arena.f64[at >>> 3] as number;
  return (N === 32 ? arena.f32[at >>> 2] : arena.f16[at >>> 1]) as number;
}

/** Where FPUnpack flushes it. */
export const flushed = (N: FpSize, x: number): boolean => x !== 0 && Math.abs(x) < smallestNormal(N);
/** What flushing an operand reports. */
export const flushFlags = (N: FpSize): number => (N === 16 ? 0 : IDC);

export function clear(arena: Arena, at: number): void {
  const { u32 } = arena;
  const word = at >>> 2;
  u32[word] = u32[word + 1] = u32[word + 2] = u32[word + 3] = 0;
}

/** The N bits that stand for a float: its upper 32, or what there is of them, at the top of the word. */
export function upperBits(arena: Arena, N: FpSize, at: number): number {
  if (N === 64) return arena.u32[(at >>> 2) + 1] as number;
  return N === 32 ? (arena.u32[at >>> 2] as number) : ((arena.u16[at >>> 1] as number) << 16) >>> 0;
}

function putUpperBits(arena: Arena, N: FpSize, at: number, upper: number): void {
  if (N === 64) arena.u32[(at >>> 2) + 1] = upper;
  else if (N === 32) arena.u32[at >>> 2] = upper;
  else arena.u16[at >>> 1] = upper >>> 16;
}

/** What is below the upper bits of a double; 0 in other formats. */
const lowerBits = (arena: Arena, N: FpSize, at: number): number => (N === 64 ? (arena.u32[at >>> 2] as number) : 0);

export function putBits(arena: Arena, N: FpSize, at: number, upper: number, lower = 0): void {
  putUpperBits(arena, N, at, upper);
  if (N === 64) arena.u32[at >>> 2] = lower;
}

/** Upper bits of infinity, of the quiet bit. */
export const infinityBits = (N: FpSize): number => (N === 64 ? 0x7ff0_0000 : N === 32 ? 0x7f80_0000 : 0x7c00_0000);
const quietBit = (N: FpSize): number => (N === 64 ? 0x8_0000 : N === 32 ? 0x40_0000 : 0x200_0000);

export const defaultNaN = (arena: Arena, N: FpSize, at: number): void => putBits(arena, N, at, infinityBits(N) | quietBit(N));

function isNaNAt(arena: Arena, N: FpSize, at: number): boolean {
  const x = load(arena, N, at);
  return x !== x;
}
export const isSignalling = (arena: Arena, N: FpSize, at: number): boolean =>
  isNaNAt(arena, N, at) && (upperBits(arena, N, at) & quietBit(N)) === 0;

/** FPProcessNaNs of the elements at `at` and as many slots behind it as `operands` says, one of which is a NaN. Gives the flags. */
export function processNaNs(FPCR: number, arena: Arena, N: FpSize, at: number, operands: number, result: number): number {
  let nan = -1;
  let flags = 0;
  for (let i = operands - 1; i >= 0; i--) if (isNaNAt(arena, N, at + i * SLOT)) nan = at + i * SLOT;
  for (let i = operands - 1; i >= 0; i--) {
    if (!isSignalling(arena, N, at + i * SLOT)) continue;
    nan = at + i * SLOT;
    flags = IOC;
  }
  if ((FPCR & DN) !== 0) defaultNaN(arena, N, result);
  else putBits(arena, N, result, upperBits(arena, N, nan) | quietBit(N), lowerBits(arena, N, nan));
  return flags;
}

/** A NaN's payload in another format: FPConvertNaN. */
export function convertNaN(FPCR: number, arena: Arena, N: FpSize, M: FpSize, at: number, result: number): number {
  const flags = isSignalling(arena, N, at) ? IOC : 0;
  if ((FPCR & DN) !== 0) {
    defaultNaN(arena, M, result);
    return flags;
  }
  const upper = upperBits(arena, N, at);
  const sign = upper & 0x8000_0000;
  // The fraction's bits from the top of a doubleword.
  const fraction = upper & (infinityBits(N) ^ 0x7fff_ffff);
  const lower = lowerBits(arena, N, at);
  const top = N === 64 ? (fraction << 12) | (lower >>> 20) : N === 32 ? fraction << 9 : fraction << 6;
  const rest = N === 64 ? lower << 12 : 0;
  const shift = M === 64 ? 12 : M === 32 ? 9 : 6;
  const into = M === 16 ? (top >>> 6) & ~0xffff : top >>> shift;
  putBits(arena, M, result, sign | infinityBits(M) | quietBit(M) | into, (top << 20) | (rest >>> 12));
  return flags;
}

/** FPRound of what was found, which is not NaN, into the N bits at `at`: gives the flags, or SOFTWARE. */
export function round(arena: Arena, N: FpSize, at: number, work: Work, rounding: Rounding, flush: boolean): number {
  const value = work[VALUE] as number;
  if (N === 64) arena.f64[at >>> 3] = value;
  else if (N === 32) arena.f32[at >>> 2] = value;
  else arena.f16[at >>> 1] = value;
  const result = load(arena, N, at);
  const lost = result === value ? (work[ERROR] as number) : value - result;
  const least = smallestNormal(N);
  const magnitude = Math.abs(result);
  const tiny = magnitude < least ? value !== 0 || lost !== 0 : magnitude === least && lost !== 0 && lost < 0 !== result < 0;
  if (tiny && flush) {
    putBits(arena, N, at, upperBits(arena, N, at) & 0x8000_0000);
    return UFC;
  }
  if (lost === 0) return 0;
  let flags = tiny ? UFC | IXC : IXC;
  if (rounding === FPRounding.TIEEVEN) return magnitude === Infinity ? flags | OFC : flags;
  const negative = value < 0 || Object.is(value, -0);
  const up = lost < 0 === negative;
  switch (rounding) {
    case FPRounding.POSINF:
      if (up !== negative) step(arena, N, at, up);
      break;
    case FPRounding.NEGINF:
      if (up === negative) step(arena, N, at, up);
      break;
    case FPRounding.ZERO:
      if (!up) step(arena, N, at, false);
      break;
    case FPRounding.ODD:
      if (!up) step(arena, N, at, false);
      if (N === 64) return SOFTWARE;
      putUpperBits(arena, N, at, upperBits(arena, N, at) | (N === 32 ? 1 : 0x1_0000));
      break;
    default:
      return SOFTWARE;
  }
  const limit = N === 32 ? 2 ** 128 : N === 16 ? 2 ** 16 : Infinity;
  if (Math.abs(value) >= limit || load(arena, N, at) === (negative ? -Infinity : Infinity)) flags |= OFC;
  return flags;
}

/** To the next number away from zero or towards it: encodings stand in the order of magnitudes. */
function step(arena: Arena, N: FpSize, at: number, away: boolean): void {
  const by = away ? 1 : -1;
  if (N === 16) {
    arena.u16[at >>> 1] = (arena.u16[at >>> 1] as number) + by;
    return;
  }
  const low = (arena.u32[at >>> 2] as number) + by;
  arena.u32[at >>> 2] = low;
  if (N === 64 && low !== low >>> 0) arena.u32[(at >>> 2) + 1] = (arena.u32[(at >>> 2) + 1] as number) + by;
}
