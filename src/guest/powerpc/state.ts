/**
 * User-mode state of a PowerPC processor. Names are the Power ISA's (Book I, chapters 2 to 6; Book II for the
 * reservation). Registers are 64 bits wide always: a 32-bit processor is one whose upper halves nobody sees.
 */
import { array, defineLayout, u32, u64 } from '../../base/layout.ts';
import { engineState } from '../../isa/arch.ts';
import { fpState } from './fp/state.ts';

/** The slot of `gpr` that reads as 0: what RA means in an address where its number is 0. */
export const ZERO = 32;
/** `reserveAddress` without a reservation. */
export const NO_RESERVATION = 0xffff_ffff_ffff_ffffn;

export const layout = defineLayout({
  ...engineState,
  gpr: array(u64, 33),
  LR: u64,
  CTR: u64,
  TAR: u64,
  /** The Condition Register's 32 bits, each 0 or 1, CR bit 0 first: a bit that nobody reads is never computed. */
  cr: array(u32, 32),
  // XER's bits that instructions set, each 0 or 1, and all others.
  SO: u32,
  OV: u32,
  CA: u32,
  OV32: u32,
  CA32: u32,
  XER: u64,
  ...fpState,
  VRSAVE: u32,
  // The reservation: address, bytes, and what was loaded (two doublewords for lqarx, the more significant first).
  reserveAddress: u64,
  reserveBytes: u32,
  reserveValue: array(u64, 2),
});

export type CpuState = ReturnType<typeof layout.view>;
export const fields = layout.fields;
