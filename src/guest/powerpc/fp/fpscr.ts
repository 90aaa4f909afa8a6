/** The Floating-Point Status and Control Register (Power ISA 2.07B Book I, 4.2.2), its low word. */
import { Rounding } from '../../../float/rules.ts';

export const FX = 1 << 31;
export const FEX = 1 << 30;
export const VX = 1 << 29;
export const OX = 1 << 28;
export const UX = 1 << 27;
export const ZX = 1 << 26;
export const XX = 1 << 25;
export const VXSNAN = 1 << 24;
export const VXISI = 1 << 23;
export const VXIDI = 1 << 22;
export const VXZDZ = 1 << 21;
export const VXIMZ = 1 << 20;
export const VXVC = 1 << 19;
export const FR = 1 << 18;
export const FI = 1 << 17;
export const FPRF = 0x1f << 12;
/** FL, FG, FE and FU, which comparisons set. */
export const FPCC = 0xf << 12;
export const FPCC_SHIFT = 12;
export const VXSOFT = 1 << 10;
export const VXSQRT = 1 << 9;
export const VXCVI = 1 << 8;
export const VE = 1 << 7;
export const OE = 1 << 6;
export const UE = 1 << 5;
export const ZE = 1 << 4;
export const XE = 1 << 3;
export const RN = 3;

export const INVALID = VXSNAN | VXISI | VXIDI | VXZDZ | VXIMZ | VXVC | VXSOFT | VXSQRT | VXCVI;
export const EXCEPTIONS = OX | UX | ZX | XX | INVALID;
const ENABLES = VE | OE | UE | ZE | XE;

const roundings = [Rounding.TIEEVEN, Rounding.ZERO, Rounding.POSINF, Rounding.NEGINF] as const;
export const roundingOf = (FPSCR: number): Rounding => roundings[FPSCR & RN] as Rounding;

/** The enabled ones of the exceptions in `raised`, which may be FPSCR itself. */
export function enabled(FPSCR: number, raised: number): boolean {
  const bits = (raised & INVALID ? VX : 0) | (raised & (OX | UX | ZX | XX));
  // VX to XX stand in the order of VE to XE.
  return ((bits >>> 22) & FPSCR & ENABLES) !== 0;
}

/** FPSCR with VX and FEX, which nobody can set, as the other bits make them. */
export function summarised(FPSCR: number): number {
  let bits = FPSCR & ~(VX | FEX);
  if (bits & INVALID) bits |= VX;
  if (enabled(bits, bits)) bits |= FEX;
  return bits >>> 0;
}

/** FPSCR after exceptions, which stay until they are cleared; FX notes that one of them is new. */
export function withExceptions(FPSCR: number, raised: number): number {
  const fresh = raised & EXCEPTIONS & ~FPSCR;
  return fresh === 0 ? FPSCR : summarised(FPSCR | fresh | FX);
}

/**
 * What the state's `fpFast` has to be: 1 where the host's arithmetic, which rounds to nearest and reports nothing,
 * leaves the same FPSCR but for FR, FI and FPRF. Inexactness goes unnoticed, so XX must be set already.
 */
export const fpFast = (FPSCR: number): 0 | 1 => ((FPSCR & (RN | ENABLES)) === 0 && (FPSCR & XX) !== 0 ? 1 : 0);
