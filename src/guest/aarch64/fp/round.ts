/**
 * Arm's choices in IEEE 754 (Arm ARM DDI 0487, A1.5), FPRound and the NaN rules (J1: FPRoundBase, FPProcessNaN,
 * FPProcessNaNs, FPProcessNaNs3).
 */
import { quieted } from '../../../float/format.ts';
import { round } from '../../../float/round.ts';
import type { Rules } from '../../../float/rules.ts';
import { FPDefaultNaN, FPUnpack, type FpSize, type Unpacked } from './format.ts';
import { AHP, DN, FPProcessException, FPRoundingMode, FZ, FZ16, IOC, type FpState, type Rounding } from './status.ts';

export { bitLength, roundsUp } from '../../../float/round.ts';

/** The exceptions' numbers are those of FPSR's cumulative flags. */
export const rules: Rules<FpState> = {
  unpack: FPUnpack,
  rounding: FPRoundingMode,
  flushes: (s, N) => (s.FPCR & (N === 16 ? FZ16 : FZ)) !== 0,
  raise: FPProcessException,
  processNaNs: FPProcessNaNs,
  invalidProductBeatsNaN: true,
};

/** FPRound: (-1)^sign * mant * 2^exp, mant > 0, to the nearest number that `rounding` allows. */
export function FPRound(s: FpState, N: FpSize, sign: number, mant: bigint, exp: number, rounding: Rounding): bigint {
  return round(rules, s, N, sign, mant, exp, rounding);
}

/** FPRoundCV: the same for conversions between formats, where FZ16 has no effect but AHP has. */
export function FPRoundCV(s: FpState, N: FpSize, sign: number, mant: bigint, exp: number, rounding: Rounding): bigint {
  return round(rules, s, N, sign, mant, exp, rounding, N !== 16 && (s.FPCR & FZ) !== 0, N === 16 && (s.FPCR & AHP) !== 0);
}

/** FPProcessNaN: the quiet NaN that a NaN operand makes of the result. */
export function FPProcessNaN(s: FpState, N: FpSize, type: Unpacked['type'], op: bigint): bigint {
  if (type === 'SNaN') FPProcessException(s, IOC);
  return s.FPCR & DN ? FPDefaultNaN(N) : quieted(N, op);
}

/** FPProcessNaNs and FPProcessNaNs3: the first signalling operand, else the first quiet one, else undefined. */
export function FPProcessNaNs(s: FpState, N: FpSize, operands: readonly (readonly [Unpacked, bigint])[]): bigint | undefined {
  for (const wanted of ['SNaN', 'QNaN'] as const) {
    for (const [unpacked, op] of operands) if (unpacked.type === wanted) return FPProcessNaN(s, N, wanted, op);
  }
  return undefined;
}

/** The default NaN of an operation without a result, reported as invalid. */
export function invalid(s: FpState, N: FpSize): bigint {
  FPProcessException(s, IOC);
  return FPDefaultNaN(N);
}
