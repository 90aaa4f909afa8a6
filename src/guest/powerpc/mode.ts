/** What of the machine state changes what code means (Power ISA Book III, MSR), as one number, and what meanings see of it. */

/** MSR.SF: 64-bit mode. */
export const SF = 1 << 0;
/** The processor is of Power ISA 3.0 or later: XER has OV32 and CA32. */
export const V3_0 = 1 << 1;
/** MSR.LE: instructions and data are little-endian. */
const LE = 1 << 2;

export interface Mode {
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  readonly v3_0: boolean;
}

export const modeKey = (m: Mode): number => (m.bits === 64 ? SF : 0) | (m.v3_0 ? V3_0 : 0) | (m.bigEndian ? 0 : LE);
export const bigEndian = (key: number): boolean => (key & LE) === 0;
export const stagedMode = (key: number): number => key & (SF | V3_0);
