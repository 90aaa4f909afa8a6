/** The registers of floating point, vectors and VSX (Power ISA 2.07B, 4.2, 6.2 and 7.2), as a part of the CPU's layout. */
import { array, u32, u64, v128, type Shapes } from '../../../base/layout.ts';

export const fpState = {
  /** FPR0..FPR31 as doubles' bits: doubleword 0 of VSR0..VSR31. */
  fpr: array(u64, 32),
  /** Doubleword 1 of VSR0..VSR31. */
  vsrLow: array(u64, 32),
  /** VR0..VR31, which are VSR32..VSR63, as the number that the 128 bits are: byte element 0 of the manual is the most significant. */
  vr: array(v128, 32),
  /** FPSCR, but for FR, FI and FPRF as long as `fpLast` stands for them. */
  FPSCR: u32,
  /** FPSCR.DRN, bits 29..31 of the whole register: only decimal floating point would look at it. */
  DRN: u32,
  VSCR: u32,
  /**
   * The last operation that sets FR, FI and FPRF, which hardly anybody reads: 0 where FPSCR has them, else a code that
   * together with `fpOperand` says how to find out (deferred.ts).
   */
  fpLast: u32,
  fpOperand: array(u64, 3),
  /** What a comparison has made of FPCC since then; 0 where none has. */
  fpSince: u32,
  /** Not 0: the instruction that is being executed has caused an enabled exception. */
  fpTrap: u32,
} satisfies Shapes;
