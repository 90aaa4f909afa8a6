/**
 * What spares the helpers of operations.ts their bigints: arithmetic on the host's, with what each operation lost known
 * (float/host.ts), so that it can be reported and rounded as FPCR says. NaNs are chosen by their bits. Software is left
 * what few programs do: double precision near overflow, or overflowing in a directed rounding, and sums of zero while rounding down.
 */
import type { Arena } from '../../../base/arena.ts';
import { BY_ZERO, ERROR, VALUE, X, Y, Z, newWork, type HostOperation, type HostOperations, type Work } from '../../../float/host.ts';
import { SLOT, SOFTWARE, clear, defaultNaN, flushFlags, flushed, flushes, infinityBits, isSignalling, load, processNaNs, putBits, round, roundingOf } from './lane.ts';
import type { FpSize } from './format.ts';
import { controlFor } from './standard.ts';
import { FPProcessException, FPRounding, IOC, IXC, DZC, OFC, type FpCpu } from './status.ts';

export type Quick = (cpu: FpCpu, arena: Arena, arg: number, result: number) => boolean;

export interface Arithmetic {
  /** What is done with the sign of a result, NaN or not. */
  readonly sign?: 'clear' | 'flip';
  /** NaNs as operands, and operations that are invalid, are not as usual. */
  readonly ownNaNs?: boolean;
}

/** Of `operands` vectors and the shape behind them. */
export function quick(operands: 1 | 2 | 3, of: HostOperations | HostOperation, { sign, ownNaNs = false }: Arithmetic = {}): Quick {
  const work = newWork();
  return ({ state }, arena, arg, result) => {
    const shape = arena.u32[(arg + SLOT * operands) >>> 2] as number;
    const N = (shape & 0xff) as FpSize;
    const size = N / 8;
    // Once: views of state are slow.
    const FPCR = controlFor(state.FPCR, shape);
    const flush = flushes(FPCR, N);
    const rounding = roundingOf(FPCR);
    const operation = typeof of === 'function' ? of : N === 64 ? of.double : of.narrow;
    const count = (shape >>> 8) & 0xff;
    const view = N === 64 ? arena.f64 : N === 32 ? arena.f32 : arena.f16;
    const shift = N === 64 ? 3 : N === 32 ? 2 : 1;
    const slot = SLOT >>> shift;
    let flags = 0;
    if (count * size < SLOT) clear(arena, result);
    for (let e = 0, i = arg >>> shift; e < count; e++, i++) {
      const to = result + e * size;
      work[X] = view[i] as number;
      work[Y] = operands > 1 ? (view[i + slot] as number) : 0;
      work[Z] = operands > 2 ? (view[i + 2 * slot] as number) : 0;
      if (flush) flags |= flushOperands(N, work);
      const x = work[X] as number;
      const y = work[Y] as number;
      const z = work[Z] as number;
      if (x !== x || y !== y || z !== z) {
        // Infinity times zero is invalid even beside a NaN.
        if (ownNaNs || (operands === 3 && y === y && z === z && Number.isNaN(y * z))) return false;
        flags |= processNaNs(FPCR, arena, N, arg + e * size, operands, to);
      } else {
        if (!operation(work)) return false;
        const value = work[VALUE] as number;
        if (Number.isFinite(value)) {
          if (value === 0 && work[ERROR] === 0 && rounding === FPRounding.NEGINF) return false;
          const reported = round(arena, N, to, work, rounding, flush);
          if (reported === SOFTWARE) return false;
          flags |= reported;
        } else if (value !== value) {
          if (ownNaNs) return false;
          defaultNaN(arena, N, to);
          flags |= IOC;
        } else {
          putBits(arena, N, to, value > 0 ? infinityBits(N) : infinityBits(N) | 0x8000_0000);
          if (work[BY_ZERO] === 1) flags |= DZC;
          else if (Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z)) {
            if (rounding !== FPRounding.TIEEVEN) return false;
            flags |= OFC | IXC;
          }
        }
      }
      if (sign !== undefined) changeSign(arena, N, to, sign);
    }
    if (flags !== 0) FPProcessException(state, flags);
    return true;
  };
}

function flushOperands(N: FpSize, work: Work): number {
  let flags = 0;
  for (let i = X; i <= Z; i++) {
    const x = work[i] as number;
    if (!flushed(N, x)) continue;
    // Zeros keep the sign.
    work[i] = x < 0 ? -0 : 0;
    flags = flushFlags(N);
  }
  return flags;
}

function changeSign(arena: Arena, N: FpSize, at: number, how: 'clear' | 'flip'): void {
  const last = at + N / 8 - 1;
  const byte = arena.u8[last] as number;
  arena.u8[last] = how === 'clear' ? byte & 0x7f : byte ^ 0x80;
}

/** What `of` gives, halved, where that is exact: no result is near underflow. */
export const halved = ({ double, narrow }: HostOperations): HostOperations => {
  const half = (of: HostOperation): HostOperation => work => {
    if (!of(work) || !Number.isFinite(work[VALUE])) return false;
    work[VALUE] = (work[VALUE] as number) / 2;
    return true;
  };
  return { double: half(double), narrow: half(narrow) };
};

/** FPConditionalCompare: arguments are whether it holds, x, y, the flags otherwise, and how. */
export const quickCompare: Quick = ({ state }, arena, arg, result) => {
  const { u32 } = arena;
  if (u32[arg >>> 2] === 0) {
    u32[result >>> 2] = u32[(arg + 3 * SLOT) >>> 2] as number;
    u32[(result >>> 2) + 1] = 0;
    return true;
  }
  const how = u32[(arg + 4 * SLOT) >>> 2] as number;
  const N = (how & 0xff) as FpSize;
  let x = load(arena, N, arg + SLOT);
  let y = load(arena, N, arg + 2 * SLOT);
  let flags = 0;
  if (flushes(state.FPCR, N)) {
    if (flushed(N, x)) { x = 0; flags = flushFlags(N); }
    if (flushed(N, y)) { y = 0; flags = flushFlags(N); }
  }
  const unordered = x !== x || y !== y;
  if (unordered && ((how & 0x100) !== 0 || isSignalling(arena, N, arg + SLOT) || isSignalling(arena, N, arg + 2 * SLOT))) flags |= IOC;
  u32[result >>> 2] = unordered ? 0x3000_0000 : x < y ? 0x8000_0000 : x > y ? 0x2000_0000 : 0x6000_0000;
  u32[(result >>> 2) + 1] = 0;
  if (flags !== 0) FPProcessException(state, flags);
  return true;
};

/** Comparisons that give all ones or nothing; all but equality are invalid for quiet NaNs, too. */
export function quickMask(holds: (x: number, y: number) => boolean, quiet = false, absolute = false): Quick {
  return ({ state }, arena, arg, result) => {
    const shape = arena.u32[(arg + 2 * SLOT) >>> 2] as number;
    const N = (shape & 0xff) as FpSize;
    const size = N / 8;
    const flush = flushes(controlFor(state.FPCR, shape), N);
    let flags = 0;
    clear(arena, result);
    for (let at = arg, to = result, end = arg + ((shape >>> 8) & 0xff) * size; at < end; at += size, to += size) {
      let x = load(arena, N, at);
      let y = load(arena, N, at + SLOT);
      if (flush) {
        if (flushed(N, x)) { x = 0; flags |= flushFlags(N); }
        if (flushed(N, y)) { y = 0; flags |= flushFlags(N); }
      }
      if (x !== x || y !== y) {
        if (!quiet || isSignalling(arena, N, at) || isSignalling(arena, N, at + SLOT)) flags |= IOC;
      } else if (absolute ? holds(Math.abs(x), Math.abs(y)) : holds(x, y)) putBits(arena, N, to, 0xffff_ffff, 0xffff_ffff);
    }
    if (flags !== 0) FPProcessException(state, flags);
    return true;
  };
}

