/**
 * The registers of floating point, vectors and VSX (Power ISA 2.07B, 4.2, 6.2 and 7.2), as a part of the CPU's layout.
 *
 * A vector is kept as the number that its 128 bits are: the manual's element 0 is the most significant, our highest lane.
 */
import { array, u32, u64, v128, type Shapes } from '../../../base/layout.ts';

export const fpState = {
  /** VSR 0..63. FPR n is doubleword 0 of VSR n, its higher half; VR n is VSR 32 + n. */
  vsr: array(v128, 64),
  /** FPSCR bits 32..63, but for FR, FI and FPRF as long as `fpLast` stands for them. */
  FPSCR: u32,
  /** FPSCR.DRN, which only decimal floating point looks at. */
  DRN: u32,
  VSCR: u32,
  /**
   * The last operation that sets FR, FI and FPRF, which hardly anybody reads: 0 where FPSCR has them, else a code that
   * together with `fpOperand` says how to find out (deferred.ts).
   */
  fpLast: u32,
  fpOperand: array(u64, 3),
  /** FPCC that a comparison has set since, and `NO_FPCC` where none has. */
  fpLastFPCC: u32,
  /** An enabled exception came up in the instruction that is being executed. */
  fpTrap: u32,
} satisfies Shapes;
