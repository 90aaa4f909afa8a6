/**
 * What spares the helpers of operations.ts their bigints: single and double precision by the host's arithmetic, with
 * inexactness known and reported (float/host.ts). It does for FPCR.FZ and as long as FPSR.IXC is clear, which generated
 * code can't; for other roundings than to nearest, NaNs, infinities and subnormal numbers that are flushed it doesn't.
 */
import type { Arena } from '../../../base/arena.ts';
import type { Found, HostOperation, HostOperations } from '../../../float/host.ts';
import { FPProcessException, FZ, IXC, RMode, type FpCpu, type FpState } from './status.ts';

export type Quick = (cpu: FpCpu, arena: Arena, arg: number, result: number) => boolean;

const smallestNormal = { 32: 2 ** -126, 64: 2 ** -1022 } as const;

/** Bytes from one argument slot to the next. */
const SLOT = 16;

/** Whether an operand of one lane is the host's as it is. */
function plain(x: number, flush: boolean, least: number): boolean {
  return Number.isFinite(x) && !(flush && x !== 0 && Math.abs(x) < least);
}

/** Whether a result is: one that is tiny may have underflowed, or is flushed. */
function settled({ result, inexact }: Found, flush: boolean, least: number): boolean {
  if (!Number.isFinite(result)) return false;
  return Math.abs(result) > least || (!inexact && (result === 0 || !flush));
}

/** Of `operands` vectors and the shape behind them; what is not there is 0. */
export function quick(operands: 1 | 2 | 3, of: HostOperations | HostOperation): Quick {
  const found: Found = { result: 0, inexact: false };
  return (cpu, arena, arg, result) => {
    const s: FpState = cpu.state;
    const shape = arena.u32[(arg + SLOT * operands) >>> 2] as number;
    const N = shape & 0xff;
    if ((s.FPCR & RMode) !== 0 || (N !== 32 && N !== 64)) return false;
    const flush = (s.FPCR & FZ) !== 0;
    const operation = typeof of === 'function' ? of : of[N];
    const [view, bytes] = N === 64 ? [arena.f64, 8] : [arena.f32, 4];
    const least = smallestNormal[N];
    const count = shape >>> 8;
    const slot = SLOT / bytes;
    let inexact = false;
    if (count < slot) arena.u64.fill(0n, result / 8, result / 8 + 2);
    for (let e = 0, at = arg / bytes; e < count; e++, at++) {
      const x = view[at] as number;
      const y = operands > 1 ? (view[at + slot] as number) : 0;
      const z = operands > 2 ? (view[at + 2 * slot] as number) : 0;
      if (!plain(x, flush, least) || !plain(y, flush, least) || !plain(z, flush, least)) return false;
      if (!operation(x, y, z, found) || !settled(found, flush, least)) return false;
      view[result / bytes + e] = found.result;
      inexact ||= found.inexact;
    }
    if (inexact) FPProcessException(s, IXC);
    return true;
  };
}

/** The operation on changed operands, or with a changed result. */
export function variant(of: HostOperations, change: (of: HostOperation) => HostOperation): HostOperations {
  return { 32: change(of[32]), 64: change(of[64]) };
}

/** `of` whose result is put through something exact. */
export const followedBy =
  (exact: (result: number) => number) =>
  (of: HostOperation): HostOperation =>
  (x, y, z, found) => {
    if (!of(x, y, z, found)) return false;
    found.result = exact(found.result);
    return true;
  };

/** FPConditionalCompare on numbers: arguments are whether it holds, x, y, the flags otherwise, and how. */
export const quickCompare: Quick = (cpu, arena, arg, result) => {
  const { u32 } = arena;
  const N = (u32[(arg + 4 * SLOT) >>> 2] as number) & 0xff;
  if (N === 16 || u32[arg >>> 2] === 0) return false;
  const flush = (cpu.state.FPCR & FZ) !== 0;
  const [view, bytes] = N === 64 ? [arena.f64, 8] : [arena.f32, 4];
  const x = view[(arg + SLOT) / bytes] as number;
  const y = view[(arg + 2 * SLOT) / bytes] as number;
  const least = smallestNormal[N as 32 | 64];
  if (!plain(x, flush, least) || !plain(y, flush, least)) return false;
  arena.u64[result / 8] = x < y ? 0x8000_0000n : x > y ? 0x2000_0000n : 0x6000_0000n;
  return true;
};
