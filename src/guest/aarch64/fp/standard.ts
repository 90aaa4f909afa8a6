/**
 * Floating point of AArch32's Advanced SIMD, which has a control register of its own: rounding to nearest, flushing to zero and
 * default NaNs, and of FPCR only AHP and FZ16 (ARM DDI 0487, E1.3.2 and StandardFPSCRValue in J1). What is reported goes to FPSR as ever.
 */
import type { Builder } from '../../../isa/builder.ts';
import { staged } from '../mode.ts';
import { AHP, DN, FZ, FZ16, setFpFast, type FpState } from './status.ts';

/** Of the helpers' arguments `shape` and `how`: that this control register is meant. */
export const STANDARD = 1 << 30;

export const standardFPSCR = (b: Builder): boolean => (b.mode & staged.standardFPSCR) !== 0;

/** Whatever floating point `body` does is done so. */
export const underStandardFPSCR = <T>(b: Builder, body: () => T): T => b.inMode(b.mode | staged.standardFPSCR | staged.FZ, body);

/** FPCR as an operation has it whose shape this is. */
export const controlFor = (FPCR: number, shape: number): number => (shape & STANDARD ? (FPCR & (AHP | FZ16)) | DN | FZ : FPCR);

/** The state with that FPCR. */
export const stateFor = (s: FpState, shape: bigint): FpState => (shape & BigInt(STANDARD) ? new StandardState(s) : s);

class StandardState implements FpState {
  readonly FPCR: number;
  fpFast = 0;
  fpFastFlushing = 0;
  private readonly state: FpState;

  constructor(state: FpState) {
    this.state = state;
    this.FPCR = controlFor(state.FPCR, STANDARD);
  }

  get FPSR(): number {
    return this.state.FPSR;
  }

  set FPSR(value: number) {
    this.state.FPSR = value;
    setFpFast(this.state);
  }
}
