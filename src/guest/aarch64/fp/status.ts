/** FPCR and FPSR (Arm ARM DDI 0487, C5.2.8 and C5.2.10) as floating-point operations use them. */
import { Rounding } from '../../../float/rules.ts';

export type { Rounding };

/** What floating point needs of a CPU's state. */
export interface FpState {
  FPCR: number;
  FPSR: number;
  fpFast: number;
  fpFastFlushing: number;
}

export interface FpCpu {
  readonly state: FpState;
}

export const AHP = 1 << 26;
export const DN = 1 << 25;
export const FZ = 1 << 24;
export const RMode = 3 << 22;
export const FZ16 = 1 << 19;

export const IOC = 1 << 0;
export const DZC = 1 << 1;
export const OFC = 1 << 2;
export const UFC = 1 << 3;
export const IXC = 1 << 4;
export const IDC = 1 << 7;

/** The first four are FPCR.RMode's encodings. */
export const FPRounding = Rounding;

export const FPRoundingMode = (s: FpState): Rounding => ((s.FPCR >>> 22) & 3) as Rounding;

/**
 * What the state's `fpFast` has to be: 1 where the host's arithmetic, which rounds to nearest, flushes nothing and
 * reports nothing, leaves what Arm's leaves. Inexactness goes unnoticed, so its flag must be set already.
 */
export const fpFast = (FPCR: number, FPSR: number): 0 | 1 => ((FPCR & (RMode | FZ)) === 0 && (FPSR & IXC) !== 0 ? 1 : 0);

/** The same where FPCR.FZ is set, and code looks after the numbers that are flushed. */
export const fpFastFlushing = (FPCR: number, FPSR: number): 0 | 1 => ((FPCR & FZ) !== 0 ? fpFast(FPCR & ~FZ, FPSR) : 0);

export function setFpFast(s: FpState): void {
  const { FPCR, FPSR } = s;
  s.fpFast = fpFast(FPCR, FPSR);
  s.fpFastFlushing = fpFastFlushing(FPCR, FPSR);
}

/** FPProcessException without trapping: sets cumulative flags. Trapped exceptions are not implemented (the enables are RES0). */
export function FPProcessException(s: FpState, flag: number): void {
  if ((s.FPSR & flag) === flag) return;
  s.FPSR = (s.FPSR | flag) >>> 0;
  setFpFast(s);
}
