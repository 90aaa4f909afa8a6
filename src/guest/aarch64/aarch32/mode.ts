/**
 * What AArch32 adds to the mode that code is translated for (see ../mode.ts): the instruction set, ITSTATE and PSTATE.E; and what
 * of it meanings may know. AArch32 has a key of its own, told apart by its top bit.
 */
import type { Builder } from '../../../isa/builder.ts';
import { FPCR_FZ, fpEnabled, SCTLR_A, staged } from '../mode.ts';

export const AARCH32 = 1 << 15;
const ILLEGAL = 1 << 0;
const FP = 1 << 1;
const FLUSHING = 1 << 2;
const ALIGNED = 1 << 3;
const BIG_ENDIAN = 1 << 4;
const T = 1 << 5;
// Bit 8 is what a guarded page adds, which means nothing here. ITSTATE lies in two parts, as in the CPSR.
const ITSTATE_low = 6;
const ITSTATE_high = 9;
const ITSTATE_bits = (3 << ITSTATE_low) | (0x3f << ITSTATE_high);

/** At EL0: the low words of SCTLR_EL1 and CPACR_EL1, FPCR, and PSTATE's fields. */
export function aarch32Key(SCTLR: number, CPACR: number, FPCR: number, IL: number, thumb: number, E: number, ITSTATE: number): number {
  let key = AARCH32 | ITSTATEInKey(ITSTATE);
  if (IL) key |= ILLEGAL;
  if (fpEnabled(CPACR, false)) key |= FP;
  if (FPCR & FPCR_FZ) key |= FLUSHING;
  if (SCTLR & SCTLR_A) key |= ALIGNED;
  if (E) key |= BIG_ENDIAN;
  if (thumb) key |= T;
  return key;
}

const ITSTATEInKey = (ITSTATE: number): number => ((ITSTATE & 3) << ITSTATE_low) | ((ITSTATE >>> 2) << ITSTATE_high);
export const ITSTATEOf = (key: number): number => ((key >>> ITSTATE_low) & 3) | (((key >>> ITSTATE_high) & 0x3f) << 2);
export const withITSTATE = (key: number, ITSTATE: number): number => (key & ~ITSTATE_bits) | ITSTATEInKey(ITSTATE);

export const isAArch32 = (key: number): boolean => (key & AARCH32) !== 0;
export const isT32 = (key: number): boolean => (key & (AARCH32 | T)) === (AARCH32 | T);

const needed: Readonly<Record<string, number>> = { FP };

export const requirementMet = (key: number, requires: string): boolean => {
  const bits = needed[requires];
  if (bits === undefined) throw new Error(`no mode of AArch32 meets '${requires}'`);
  return (key & bits) === bits;
};
export const alignedData = (key: number): boolean => (key & ALIGNED) !== 0;
export const bigEndianData = (key: number): boolean => (key & BIG_ENDIAN) !== 0;

// What instructions know of the mode, beside ../mode.ts's `staged`: bits of Builder.mode.
const STAGED_T = 1 << 8;
const STAGED_IT = 1 << 9;
const STAGED_LAST = 1 << 10;
const STAGED_COND = 11;

export function stagedMode(key: number): number {
  const ITSTATE = ITSTATEOf(key);
  const it = (ITSTATE & 15) === 0 ? 0 : STAGED_IT | ((ITSTATE >>> 4) << STAGED_COND) | ((ITSTATE & 15) === 8 ? STAGED_LAST : 0);
  return (key & FLUSHING ? staged.FZ : 0) | (key & T ? STAGED_T | it : 0);
}

/** Whether this is T32: else it is A32. */
export const thumb = (b: Builder): boolean => (b.mode & STAGED_T) !== 0;
/** InITBlock, and LastInITBlock. */
export const inITBlock = (b: Builder): boolean => (b.mode & STAGED_IT) !== 0;
export const lastInITBlock = (b: Builder): boolean => (b.mode & STAGED_LAST) !== 0;
/** The condition of an instruction in an IT block. */
export const currentCondition = (b: Builder): number => (b.mode >>> STAGED_COND) & 15;

/** The mode of what follows `word` in line: IT says it of the next ones, and each of them goes on (ITAdvance). */
export function modeBehind(key: number, word: number): number {
  const ITSTATE = ITSTATEOf(key);
  if ((ITSTATE & 15) !== 0) return withITSTATE(key, (ITSTATE & 7) === 0 ? 0 : (ITSTATE & 0xe0) | ((ITSTATE << 1) & 0x1f));
  return word >>> 24 === IT && (word >>> 16) & 15 ? withITSTATE(key, (word >>> 16) & 0xff) : key;
}
/** 1011 1111 firstcond mask, where mask isn't 0. */
const IT = 0xbf;

/** Whether a first halfword begins an instruction of two (F3.1). */
export const twoHalfwords = (first: number): boolean => first >>> 11 > 0b11100;
