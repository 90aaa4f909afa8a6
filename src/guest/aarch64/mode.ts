/**
 * Everything but the PC that changes what A64 code means, as one number; and what instructions may require of it.
 * A requirement is checked when code is translated and costs nothing when it runs.
 */
const EL1 = 1 << 0;
const SP_EL1 = 1 << 1;
const FP = 1 << 2;
/** SCTLR_EL1.A: every access is checked for alignment. */
const ALIGNED = 1 << 3;
const BIG_ENDIAN = 1 << 4;
/** DAIF can be reached: EL1, or SCTLR_EL1.UMA. */
const DAIF = 1 << 5;
/** DC ZVA can be reached: EL1, or SCTLR_EL1.DZE. */
const ZVA = 1 << 6;
/** PSTATE.IL: nothing may be executed, not even what is translated already. */
const ILLEGAL = 1 << 7;
/** What a guarded page adds for the code in it (Translation.codeMode). */
export const GUARDED = 1 << 8;
/** SCTLR_EL1.nAA: acquire and release need not be aligned at all. */
const NOT_ALIGNED_ORDERED = 1 << 9;
/** FPCR.FZ where user code runs: its floating point is translated apart, so that the usual one isn't slower for it. */
const FLUSHING = 1 << 10;
/** FEAT_PAuth: a vCPU may go without it that its machine's decoder knows. */
const PAUTH = 1 << 11;
/** CPACR_EL1.ZEN and FPEN let SVE's instructions run; never, where a vCPU goes without them. */
const SVE = 1 << 12;

/**
 * What instructions may know of the mode: features that are there, that this is a guarded page, SCTLR_EL1.nAA and FPCR.FZ; and
 * that floating point is AArch32's Advanced SIMD, which they say themselves (fp/standard.ts).
 */
export const staged = { BTI: 1, guarded: 2, LSE2: 4, nAA: 8, FPAC: 16, FPACCOMBINE: 32, FZ: 64, standardFPSCR: 1 << 16 } as const;
const stagedByFeature = ['BTI', 'LSE2', 'FPAC', 'FPACCOMBINE'] as const;

export const stagedFeatures = (features: ReadonlySet<string>): number =>
  stagedByFeature.reduce((all, name) => (features.has(name) ? all | staged[name] : all), 0);

export const stagedMode = (key: number, ofFeatures: number): number =>
  ofFeatures | (key & GUARDED ? staged.guarded : 0) | (key & NOT_ALIGNED_ORDERED ? staged.nAA : 0) | (key & FLUSHING ? staged.FZ : 0);

export const FPCR_FZ = 1 << 24;
export const SCTLR_A = 1 << 1;
const SCTLR_nAA = 1 << 6;
const SCTLR_UMA = 1 << 9;
const SCTLR_DZE = 1 << 14;
const SCTLR_E0E = 1 << 24;
const SCTLR_EE = 1 << 25;

/** What of the mode a CPU without some features never has. */
export const modeOfFeatures = (features: ReadonlySet<string>): number =>
  ~((features.has('PAuth') ? 0 : PAUTH) | (features.has('SVE') ? 0 : SVE));

/** The low words of SCTLR_EL1 and CPACR_EL1, FPCR, and PSTATE's fields. */
export function modeKey(SCTLR: number, CPACR: number, FPCR: number, currentEL: number, SPSel: number, IL: number): number {
  const privileged = currentEL !== 0;
  let key = PAUTH;
  if (privileged) key |= SPSel ? EL1 | SP_EL1 : EL1;
  if (IL) key |= ILLEGAL;
  if (fpEnabled(CPACR, privileged)) key |= sveEnabled(CPACR, privileged) ? FP | SVE : FP;
  if (FPCR & FPCR_FZ && !privileged) key |= FLUSHING;
  if (SCTLR & SCTLR_A) key |= ALIGNED;
  if (SCTLR & SCTLR_nAA) key |= NOT_ALIGNED_ORDERED;
  if (SCTLR & (privileged ? SCTLR_EE : SCTLR_E0E)) key |= BIG_ENDIAN;
  if (privileged || SCTLR & SCTLR_UMA) key |= DAIF;
  if (privileged || SCTLR & SCTLR_DZE) key |= ZVA;
  return key;
}

/** CPACR_EL1.FPEN and ZEN: 1 is EL1 alone, 3 both. */
const enabled = (field: number, privileged: boolean): boolean => (field & 3) === 3 || ((field & 3) === 1 && privileged);
export const fpEnabled = (CPACR: number, privileged: boolean): boolean => enabled(CPACR >>> 20, privileged);
export const sveEnabled = (CPACR: number, privileged: boolean): boolean => enabled(CPACR >>> 16, privileged);

/** What an instruction can have as `requires`. */
const needed: Readonly<Record<string, number>> = {
  FP,
  SVE,
  EL1,
  /** EL1 with its own stack pointer: SP_EL0 is a register then. */
  EL1h: EL1 | SP_EL1,
  DAIF,
  ZVA,
  PAuth: PAUTH,
  'EL1, PAuth': EL1 | PAUTH,
};

export function requirementMet(key: number, requires: string): boolean {
  const bits = needed[requires];
  if (bits === undefined) throw new Error(`no mode meets '${requires}'`);
  return (key & bits) === bits;
}

export const alignedData = (key: number): boolean => (key & ALIGNED) !== 0;
export const bigEndianData = (key: number): boolean => (key & BIG_ENDIAN) !== 0;
