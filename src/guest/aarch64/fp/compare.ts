/** Comparisons, maximum and minimum (Arm ARM DDI 0487, J1: FPCompare, FPCompareEQ/GE/GT, FPMax, FPMin, FPMaxNum, FPMinNum). */
import { order } from '../../../float/compare.ts';
import { FPAbs, FPInfinity, FPUnpack, FPZero, isNaN, ones, type FpSize } from './format.ts';
import { FPProcessNaNs, FPRound } from './round.ts';
import { FPProcessException, FPRoundingMode, IOC, type FpState } from './status.ts';

/** FPCompare: NZCV in bits 31..28. */
export function FPCompare(s: FpState, N: FpSize, op1: bigint, op2: bigint, signalNaNs: boolean): number {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  if (isNaN(x.type) || isNaN(y.type)) {
    if (signalNaNs || x.type === 'SNaN' || y.type === 'SNaN') FPProcessException(s, IOC);
    return 0x30000000;
  }
  const o = order(x, y);
  return o < 0 ? 0x80000000 : o > 0 ? 0x20000000 : 0x60000000;
}

/** A comparison whose result is all ones or zero. Only equality is quiet about quiet NaNs. */
function compareMask(s: FpState, N: FpSize, op1: bigint, op2: bigint, quiet: boolean, holds: (order: number) => boolean): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  if (isNaN(x.type) || isNaN(y.type)) {
    if (!quiet || x.type === 'SNaN' || y.type === 'SNaN') FPProcessException(s, IOC);
    return 0n;
  }
  return holds(order(x, y)) ? ones(N) : 0n;
}

/** Whether they are unordered. It is quiet about quiet NaNs. */
export function FPCompareUN(s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint {
  const types = [FPUnpack(s, N, op1).type, FPUnpack(s, N, op2).type];
  if (types.includes('SNaN')) FPProcessException(s, IOC);
  return types.some(isNaN) ? ones(N) : 0n;
}
export const FPCompareEQ = (s: FpState, N: FpSize, x: bigint, y: bigint): bigint => compareMask(s, N, x, y, true, o => o === 0);
export const FPCompareGE = (s: FpState, N: FpSize, x: bigint, y: bigint): bigint => compareMask(s, N, x, y, false, o => o >= 0);
export const FPCompareGT = (s: FpState, N: FpSize, x: bigint, y: bigint): bigint => compareMask(s, N, x, y, false, o => o > 0);
export const FPAbsCompareGE = (s: FpState, N: FpSize, x: bigint, y: bigint): bigint => FPCompareGE(s, N, FPAbs(N, x), FPAbs(N, y));
export const FPAbsCompareGT = (s: FpState, N: FpSize, x: bigint, y: bigint): bigint => FPCompareGT(s, N, FPAbs(N, x), FPAbs(N, y));

export const FPMax = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint => extreme(s, N, op1, op2, 1);
export const FPMin = (s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint => extreme(s, N, op1, op2, -1);

function extreme(s: FpState, N: FpSize, op1: bigint, op2: bigint, direction: 1 | -1): bigint {
  const x = FPUnpack(s, N, op1);
  const y = FPUnpack(s, N, op2);
  const nan = FPProcessNaNs(s, N, [[x, op1], [y, op2]]);
  if (nan !== undefined) return nan;
  const winner = order(x, y) * direction > 0 ? x : y;
  // Of zeros with different signs +0 is the greater.
  if (winner.type === 'zero') {
    const other = winner === x ? y : x;
    if (other.type !== 'zero') return FPZero(N, winner.sign);
    return FPZero(N, direction > 0 ? x.sign & y.sign : x.sign | y.sign);
  }
  if (winner.type === 'infinity') return FPInfinity(N, winner.sign);
  return FPRound(s, N, winner.sign, winner.mant, winner.exp, FPRoundingMode(s));
}

/** FPMaxNum: a quiet NaN loses against a number. */
export function FPMaxNum(s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint {
  return FPMax(s, N, ...insteadOfNaN(s, N, op1, op2, FPInfinity(N, 1)));
}

export function FPMinNum(s: FpState, N: FpSize, op1: bigint, op2: bigint): bigint {
  return FPMin(s, N, ...insteadOfNaN(s, N, op1, op2, FPInfinity(N, 0)));
}

function insteadOfNaN(s: FpState, N: FpSize, op1: bigint, op2: bigint, loser: bigint): [bigint, bigint] {
  const quiet1 = FPUnpack(s, N, op1).type === 'QNaN';
  const quiet2 = FPUnpack(s, N, op2).type === 'QNaN';
  if (quiet1 === quiet2) return [op1, op2];
  return quiet1 ? [loser, op2] : [op1, loser];
}
