/**
 * Where QEMU 7.2 does something else than the Power ISA (Book I, by the names of its sections) says, or less, in a part of an outcome: `theirs` gets that part
 * from `ours`. The golden vectors hold what is left of QEMU's outcome then; tests of their own prove our part.
 */
import type { Outcome, State } from '../../../test/powerpc/engines/engine.ts';

const FX = 0x8000_0000;
const FR = 0x0004_0000;
const FI = 0x0002_0000;
const C = 0x0001_0000;
const VSCR = 0x0001_0001;
const VXSNAN = 0x0100_0000;
const VXVC = 0x0008_0000;
const VE = 0x80;
const NI = 4;
const CR1_FX = 0x0800_0000;
/** XX, FR, FI and FPRF: what the size of a result decides. */
const OF_RESULT = 0x0207_f000;
const FPRF = 0x0001_f000;
const SIGN = 1n << 63n;
const HALF = 0x3fe0_0000_0000_0000n;

/** CR1 in the Condition Register's word. */
const CR1 = 0x0f00_0000;

interface Deviation {
  readonly reason: string;
  readonly applies: (word: number, ours: Outcome, theirs: Outcome, before: State) => boolean;
  readonly repair: (ours: Outcome, theirs: Outcome, word: number) => Outcome;
}

const merged = (ours: number, theirs: number, mask: number): number => ((ours & mask) | (theirs & ~mask)) >>> 0;

/** The last instruction is of primary opcode 59 or 63, and has Rc = 1. */
const recordsFloat = (word: number): boolean => (word >>> 26 === 59 || word >>> 26 === 63) && (word & 1) === 1;

const target = (word: number): number => (word >>> 21) & 31;

const doubles = new Float64Array(1);
const bits = new BigUint64Array(doubles.buffer);

function isSingle(double: bigint): boolean {
  bits[0] = double;
  return Math.fround(doubles[0] as number) === doubles[0];
}

/** Primary opcode 59, and frsp. */
const roundsToSingle = (word: number): boolean => word >>> 26 === 59 || (word & 0xfc00_07fe) >>> 0 === 0xfc00_0018;
const sourcesAreSingles = (word: number, { fpr }: State): boolean => [16, 11, 6].every(at => isSingle(fpr[(word >>> at) & 31] as bigint));

/** fcfid, fcfidu, fcfids, fcfidus. */
const isFromInteger = (word: number): boolean => (word & 0xec00_06fe) >>> 0 === 0xec00_069c;

/** fctiw, fctid and their kin. */
const isToInteger = (word: number): boolean => [0xfc00_001c, 0xfc00_011c, 0xfc00_065c, 0xfc00_075c].includes((word & 0xfc00_07fc) >>> 0);

/** xscvsxdsp and xscvuxdsp; the last digit of a single in a register, and the first doubleword of the target. */
const isIntegerToSingle = (word: number): boolean => [0xf000_04e0, 0xf000_04a0].includes((word & 0xfc00_07fc) >>> 0);
const SINGLE_ULP = 1n << 29n;
const vsr = ({ fpr, vr }: Outcome, word: number): bigint => (word & 1 ? vr[target(word)]! >> 64n : fpr[target(word)]!);

const adoptVector = (ours: Outcome, theirs: Outcome, word: number): Outcome => ({
  ...theirs, fpr: word & 1 ? theirs.fpr : theirs.fpr.with(target(word), ours.fpr[target(word)]!),
  vr: word & 1 ? theirs.vr.with(target(word), ours.vr[target(word)]!) : theirs.vr,
});

const isSingleSubnormal = (double: bigint): boolean => isSingle(double) && (double & ~SIGN) < 897n << 52n && (double & ~SIGN) !== 0n;

const adoptResult = (ours: Outcome, theirs: Outcome, word: number): Outcome => ({
  ...theirs,
  fpr: theirs.fpr.with(target(word), ours.fpr[target(word)] as bigint),
  fpscr: merged(ours.fpscr, theirs.fpscr, OF_RESULT),
});

export const deviations: readonly Deviation[] = [
  {
    reason: 'FPSCR.FR says whether rounding incremented the fraction (Floating-Point Status and Control Register); QEMU never sets it',
    applies: (_word, ours, theirs) => ((ours.fpscr ^ theirs.fpscr) & FR) !== 0,
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FR) }),
  },
  {
    reason: 'where an invalid operation is enabled FR and FI become 0 (Invalid Operation Exception, Action); QEMU 7.2 leaves FI as it was',
    applies: (_word, ours, theirs) => ours.stop === 'other' && theirs.stop === 'other' && (ours.fpscr & VE) !== 0 && (ours.fpscr & FI) === 0,
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FI) }),
  },
  {
    reason: 'CR1 is set even where an exception is enabled and the result isn\'t written (Condition Register); QEMU raises SIGFPE before',
    applies: (word, ours, theirs) => ours.stop === 'other' && theirs.stop === 'other' && recordsFloat(word),
    repair: (ours, theirs) => ({ ...theirs, cr: merged(ours.cr, theirs.cr, CR1) }),
  },
  {
    reason: 'FX is set where an exception bit changes from 0 to 1 (Floating-Point Status and Control Register); QEMU sets it for one that was 1 already, too',
    applies: (_word, ours, theirs) => (theirs.fpscr & FX) !== 0 && (ours.fpscr & FX) === 0,
    repair: (ours, theirs, word) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FX), cr: merged(ours.cr, theirs.cr, recordsFloat(word) ? CR1_FX : 0) }),
  },
  {
    reason: 'single-precision arithmetic has undefined results where operands are no singles (Single-Precision Operands), and so has frsp with OE or UE where the adjusted exponent is out of range; QEMU leaves exponents that no single has',
    applies: (word, ours, theirs, before) => ours.stop === 'other' && theirs.stop === 'other' && roundsToSingle(word) && !sourcesAreSingles(word, before),
    repair: adoptResult,
  },
  {
    reason: 'the class of a single-precision result is the one that it has in single format; QEMU looks at the register, where subnormal singles are normal doubles',
    applies: (word, ours) => isSingleSubnormal(ours.fpr[target(word)] as bigint),
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FPRF) }),
  },
  {
    reason: 'fre and fres of zero is infinity (Floating-Point Arithmetic Instructions); QEMU gives 0.5',
    applies: (word, _ours, theirs) => (word & 0xec00_003e) >>> 0 === 0xec00_0030 && ((theirs.fpr[target(word)] as bigint) & ~SIGN) === HALF,
    repair: adoptResult,
  },
  {
    reason: 'fnmadd and fnmsub negate what fmadd and fmsub give, after rounding (Floating-Point Multiply-Add Instructions); QEMU negates before it rounds, which differs where RN rounds up or down, and may overflow',
    applies: (word, ours) => (word & 0xec00_003c) >>> 0 === 0xec00_003c && (ours.fpscr & 2) !== 0,
    repair: (ours, theirs, word) => ({
      ...adoptResult(ours, theirs, word), fpscr: ours.fpscr, cr: merged(ours.cr, theirs.cr, word & 1 ? CR1 : 0), stop: ours.stop, pc: ours.pc,
    }),
  },
  {
    reason: 'fcfid and its kin set FPRF (Floating-Point Convert To/From Integer Instructions), which QEMU does for fcfid alone',
    applies: word => isFromInteger(word),
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FPRF) }),
  },
  {
    reason: 'an enabled inexact exception leaves the rounded result in the target (Inexact Exception); QEMU raises SIGFPE before fcfid and its kin write theirs',
    applies: (word, ours, theirs) => isFromInteger(word) && ours.stop === 'other' && theirs.stop === 'other',
    repair: adoptResult,
  },
  {
    reason: 'xscvsxdsp and xscvuxdsp round the integer to single precision (VSX, by name); QEMU 7.2 rounds it to double precision before, which is not the same',
    applies: (word, ours, theirs) => isIntegerToSingle(word) && [-SINGLE_ULP, SINGLE_ULP].includes(vsr(ours, word) - vsr(theirs, word)),
    repair: adoptVector,
  },
  {
    reason: 'FPRF is undefined after conversions to integers (Floating-Point Convert To/From Integer Instructions): we choose 0, QEMU the old one, or that of a NaN',
    applies: word => isToInteger(word),
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FPRF) }),
  },
  {
    reason: 'comparisons change FPCC and the bits of invalid operations (Floating-Point Compare Instructions); QEMU clears FI, too, and sets C for NaNs',
    applies: word => (word & 0xfc00_07bf) >>> 0 === 0xfc00_0000,
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FI | C) }),
  },
  {
    reason: 'every instruction but mtfsfi and mtfsf that changes an exception bit from 0 to 1 sets FX (Floating-Point Status and Control Register); QEMU\'s mtfsb1 doesn\'t',
    applies: (word, ours) => (word & 0xfc00_07fe) >>> 0 === 0xfc00_004c && (ours.fpscr & FX) !== 0,
    repair: (ours, theirs, word) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, FX), cr: merged(ours.cr, theirs.cr, word & 1 ? CR1_FX : 0) }),
  },
  {
    reason: 'fcmpo sets VXVC for a signalling NaN only where VE is 0 (Floating-Point Compare Instructions); QEMU always does',
    applies: (word, ours) => (word & 0xfc00_07fe) >>> 0 === 0xfc00_0040 && (ours.fpscr & (VE | VXSNAN)) === (VE | VXSNAN) && ours.stop === 'other',
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, VXVC) }),
  },
  {
    reason: 'mtfsb1 may set NI (Floating-Point Status and Control Register Instructions); with QEMU only mtfsf and mtfsfi do',
    applies: word => (word & 0xffe0_07fe) >>> 0 === 0xffa0_004c,
    repair: (ours, theirs) => ({ ...theirs, fpscr: merged(ours.fpscr, theirs.fpscr, NI) }),
  },
  {
    reason: 'VSCR has the bits NJ and SAT (Vector Status and Control Register), the others are reserved; QEMU keeps what is written to them',
    applies: (_word, _ours, theirs) => (theirs.vscr & ~VSCR) !== 0,
    repair: (_ours, theirs) => ({ ...theirs, vscr: theirs.vscr & VSCR }),
  },
  {
    reason: 'vrldmi inserts into what the target holds (3.0B, Vector Integer Rotate Instructions); QEMU 7.2 clears the other bits, as vrldnm does',
    applies: word => (word & 0xfc00_07ff) >>> 0 === 0x1000_00c5,
    repair: (ours, theirs, word) => ({ ...theirs, vr: theirs.vr.with(target(word), ours.vr[target(word)] as bigint) }),
  },
];

/** `word` is the last one that was run. */
export const repaired = (word: number, before: State, ours: Outcome, theirs: Outcome): Outcome =>
  deviations.reduce((outcome, d) => (d.applies(word, ours, outcome, before) ? d.repair(ours, outcome, word) : outcome), theirs);

/** mffs and its kin, and mcrfs. */
const readsFPSCR = (word: number): boolean => [0xfc00_048e, 0xfc00_0080].includes((word & 0xfc00_07fe) >>> 0);
const readsVSCR = (word: number): boolean => (word & 0xfc00_07ff) >>> 0 === 0x1000_0604;

/** `theirs` with what always deviates, and stays where it is as long as none of `words` reads it. */
export function settled(words: Uint32Array, ours: Outcome, theirs: Outcome): Outcome {
  const undefinedFPRF = words.some(word => isToInteger(word) || isFromInteger(word));
  return {
    ...theirs,
    fpscr: words.some(readsFPSCR) ? theirs.fpscr : merged(ours.fpscr, theirs.fpscr, FR | (undefinedFPRF ? FPRF : 0)),
    vscr: words.some(readsVSCR) ? theirs.vscr : theirs.vscr & VSCR,
  };
}
