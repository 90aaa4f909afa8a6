/** Conversions without bigints (see quick.ts); `how` is what conversion() of operations.ts packs. */
import type { Arena } from '../../../base/arena.ts';
import { newWork, put, roundToOdd, sumError } from '../../../float/host.ts';
import type { FpSize } from './format.ts';
import { SLOT, SOFTWARE, clear, convertNaN, flushFlags, flushed, flushes, isSignalling, load, processNaNs, round, roundingOf } from './lane.ts';
import type { Quick } from './quick.ts';
import { controlFor } from './standard.ts';
import { AHP, DN, FPProcessException, FPRounding, FZ, IDC, IOC, IXC, OFC, UFC, type Rounding } from './status.ts';

interface Conversion {
  FPCR: number;
  arena: Arena;
  rounding: Rounding;
  flag: boolean;
  fbits: number;
}

/** Of the element at `at` with N bits to that at `to` with M: gives the flags, or SOFTWARE. */
type Convert = (c: Conversion, N: number, M: number, at: number, to: number) => number;

const FPCR_ROUNDING = 7;

/** `fixed`: the number of fraction bits comes before `how`. */
function conversion(of: Convert, fixed = false): Quick {
  let c: Conversion | undefined;
  return ({ state }, arena, arg, result) => {
    const how = arena.u32[(arg + (fixed ? 2 : 1) * SLOT) >>> 2] as number;
    const FPCR = controlFor(state.FPCR, how);
    const N = how & 0xff;
    const M = (how >>> 8) & 0xff;
    const given = (how >>> 20) & 7;
    c ??= { FPCR, arena, rounding: 0, flag: false, fbits: 0 };
    c.FPCR = FPCR;
    c.arena = arena;
    c.rounding = given === FPCR_ROUNDING ? roundingOf(FPCR) : (given as Rounding);
    c.flag = (how & (1 << 23)) !== 0;
    c.fbits = fixed ? (arena.u32[(arg + SLOT) >>> 2] as number) : 0;
    const count = (how >>> 16) & 15;
    let flags = 0;
    clear(arena, result);
    for (let e = 0; e < count; e++) {
      const reported = of(c, N, M, arg + (e * N) / 8, result + (e * M) / 8);
      if (reported === SOFTWARE) return false;
      flags |= reported;
    }
    if (flags !== 0) FPProcessException(state, flags);
    return true;
  };
}

/** To an integral number. */
export function integral(x: number, rounding: Rounding): number {
  const magnitude = Math.abs(x);
  // Zeros keep their sign.
  if (x === 0 || !(magnitude < 2 ** 52)) return x;
  switch (rounding) {
    case FPRounding.POSINF:
      return Math.ceil(x);
    case FPRounding.NEGINF:
      return Math.floor(x);
    case FPRounding.ZERO:
      return Math.trunc(x);
    default: {
      const below = Math.floor(magnitude);
      const rest = magnitude - below;
      const up = rest > 0.5 || (rest === 0.5 && (rounding === FPRounding.TIEAWAY || below % 2 === 1));
      const result = up ? below + 1 : below;
      return x < 0 ? -result : result;
    }
  }
}

const work = newWork();

function roundTo({ FPCR, arena, rounding }: Conversion, M: number, to: number, value: number, error: number, flush = flushes(FPCR, M as FpSize)): number {
  put(work, value, error);
  return round(arena, M as FpSize, to, work, rounding, flush);
}

/** FPConvert, and with the flag FPConvertSVE. */
export const quickConvert = conversion((c, N, M, at, to) => {
  const { FPCR, arena } = c;
  if (!c.flag && (FPCR & AHP) !== 0 && (N === 16 || M === 16)) return SOFTWARE;
  let x = load(arena, N as FpSize, at);
  if (x !== x) return convertNaN(FPCR, arena, N as FpSize, M as FpSize, at, to);
  let flags = 0;
  // FPCR.FZ16 means nothing to conversions between formats.
  const flush = (FPCR & FZ) !== 0;
  if (flush && N !== 16 && flushed(N as FpSize, x)) {
    x *= 0;
    flags = flushFlags(N as FpSize);
  }
  const reported = roundTo(c, M, to, x, 0, flush && M !== 16);
  return reported === SOFTWARE ? SOFTWARE : flags | reported;
});

/** FPRoundInt; the flag: whether inexactness is reported. */
export const quickRoundInt = conversion((c, size, _M, at, to) => {
  const { FPCR, arena } = c;
  const N = size as FpSize;
  let x = load(arena, N, at);
  if (x !== x) return processNaNs(FPCR, arena, N, at, 1, to);
  let flags = 0;
  if (flushes(FPCR, N) && flushed(N, x)) {
    x *= 0;
    flags = flushFlags(N);
  }
  const result = integral(x, c.rounding);
  roundTo(c, N, to, result, 0);
  return c.flag && result !== x ? flags | IXC : flags;
});

/** FPRoundIntN; the flag: to 64 bits, else to 32. */
export const quickRoundIntN = conversion((c, size, _M, at, to) => {
  const { FPCR, arena } = c;
  const N = size as FpSize;
  let x = load(arena, N, at);
  let flags = 0;
  if (flushes(FPCR, N) && flushed(N, x)) {
    x *= 0;
    flags = flushFlags(N);
  }
  const limit = c.flag ? 2 ** 63 : 2 ** 31;
  const result = integral(x, c.rounding);
  if (!(result < limit && result >= -limit)) {
    roundTo(c, N, to, -limit, 0);
    return flags | IOC;
  }
  roundTo(c, N, to, result, 0);
  return result === x ? flags : flags | IXC;
});

/** FPToFixed to an element of M bits; the flag: unsigned. Saturates. */
export const quickToFixed = conversion(({ FPCR, arena, rounding, flag: unsigned, fbits }, size, M, at, to) => {
  const N = size as FpSize;
  let x = load(arena, N, at);
  let flags = 0;
  if (flushes(FPCR, N) && flushed(N, x)) {
    x = 0;
    flags = flushFlags(N);
  }
  // Beyond the range where it isn't exact.
  const value = x * 2 ** fbits;
  const result = integral(value, rounding);
  const limit = 2 ** (unsigned ? M : M - 1);
  if (result < limit && result >= (unsigned ? 0 : -limit)) {
    putInteger(arena, M, to, result >>> 0, Math.floor(result / 2 ** 32) >>> 0);
    return result === value ? flags : flags | IXC;
  }
  if (x !== x || (x < 0 && unsigned)) putInteger(arena, M, to, 0, 0);
  else if (x < 0) putInteger(arena, M, to, M === 64 ? 0 : 2 ** (M - 1), 0x8000_0000);
  else if (unsigned) putInteger(arena, M, to, 0xffff_ffff, 0xffff_ffff);
  else putInteger(arena, M, to, M === 64 ? 0xffff_ffff : 2 ** (M - 1) - 1, 0x7fff_ffff);
  return flags | IOC;
}, true);

function putInteger(arena: Arena, M: number, at: number, low: number, high: number): void {
  if (M === 16) {
    arena.u16[at >>> 1] = low;
    return;
  }
  arena.u32[at >>> 2] = low;
  if (M === 64) arena.u32[(at >>> 2) + 1] = high;
}

/** FixedToFP of an element of M bits; the flag: unsigned. */
export const quickFromFixed = conversion((c, M, N, at, to) => {
  const { arena, flag: unsigned, fbits } = c;
  const scale = 2 ** -fbits;
  if (M !== 64) {
    const bits = M === 32 ? (arena.u32[at >>> 2] as number) : (arena.u16[at >>> 1] as number);
    return roundTo(c, N, to, (unsigned ? bits : M === 32 ? bits | 0 : (bits << 16) >> 16) * scale, 0);
  }
  const word = arena.u32[(at >>> 2) + 1] as number;
  const high = (unsigned ? word : word | 0) * 2 ** 32;
  const low = arena.u32[at >>> 2] as number;
  const value = high + low;
  const error = sumError(high, low, value);
  return N === 64 ? roundTo(c, N, to, value * scale, error) : roundTo(c, N, to, roundToOdd(value, error) * scale, 0);
}, true);

/** FPConvertBF. */
export const quickConvertBF = conversion(({ FPCR, arena, rounding }, _N, _M, at, to) => {
  const { u16 } = arena;
  const x = load(arena, 32, at);
  const bits = arena.u32[at >>> 2] as number;
  const upper = bits >>> 16;
  if (x !== x) {
    u16[to >>> 1] = (FPCR & DN) !== 0 ? 0x7fc0 : upper | 0x40;
    return isSignalling(arena, 32, at) ? IOC : 0;
  }
  if (flushes(FPCR, 32) && flushed(32, x)) {
    u16[to >>> 1] = upper & 0x8000;
    return IDC;
  }
  u16[to >>> 1] = upper;
  const rest = bits & 0xffff;
  if (rest === 0) return 0;
  const magnitude = upper & 0x7fff;
  const up = rounding === FPRounding.TIEEVEN ? rest > 0x8000 || (rest === 0x8000 && (upper & 1) === 1)
    : rounding === (x < 0 ? FPRounding.NEGINF : FPRounding.POSINF);
  // A carry out of the fraction is right, up to infinity.
  if (up) u16[to >>> 1] = upper + 1;
  const flags = magnitude < 0x80 ? IXC | UFC : IXC;
  return up && magnitude === 0x7f7f ? flags | OFC : flags;
});

/** FPToFixedJS: Z in bit 32, the result below. */
export const quickToJavaScript: Quick = ({ state }, arena, arg, result) => {
  const x = load(arena, 64, arg);
  const flush = flushes(state.FPCR, 64) && flushed(64, x);
  const value = flush ? 0 : Math.trunc(x);
  const low = value | 0;
  const fits = low === value;
  // Neither -0 nor a flushed number counts as unchanged.
  const same = fits && value === x && !Object.is(x, -0);
  arena.u32[result >>> 2] = low;
  arena.u32[(result >>> 2) + 1] = same ? 1 : 0;
  const flags = (flush ? IDC : 0) | (fits ? (flush || value === x ? 0 : IXC) : IOC);
  if (flags !== 0) FPProcessException(state, flags);
  return true;
};
