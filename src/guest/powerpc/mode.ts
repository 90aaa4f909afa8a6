/** What of the machine state changes what code means (Power ISA Book III, MSR), as one number; meanings see all of it. */

/** MSR.SF: 64-bit mode. */
export const SF = 1 << 0;
/** The processor is of Power ISA 3.0 or later: XER has OV32 and CA32. */
export const V3_0 = 1 << 1;
/** MSR.LE: instructions and data are little-endian. */
export const LE = 1 << 2;
/** Cache blocks have 128 bytes instead of 32. */
export const BLOCK128 = 1 << 3;

export interface Mode {
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  readonly v3_0: boolean;
  readonly cacheBlock: 32 | 128;
}

export const modeKey = (m: Mode): number =>
  (m.bits === 64 ? SF : 0) | (m.v3_0 ? V3_0 : 0) | (m.bigEndian ? 0 : LE) | (m.cacheBlock === 128 ? BLOCK128 : 0);
export const bigEndian = (key: number): boolean => (key & LE) === 0;
