/** Cases in which QEMU's user mode rightly does something else than we do. Every entry says why. */
import { differences, type Outcome, type VariantName, variants } from '../../../test/powerpc/engines/engine.ts';
import { RESULT, RESULTS, TEXT } from './program.ts';
import { BATCH, type Case } from './qemu.ts';
import { matched } from './reservations.ts';

interface Skip {
  readonly reason: string;
  /** Of the word at which one of them stopped, or the last one. */
  readonly applies: (name: string, ours: Outcome, theirs: Outcome, c: Case, variant: VariantName) => boolean;
}

/** The time base and random numbers are each machine's own. */
export const isOwn = (name: string): boolean => /^mf(spr|tb) TBU?$|^darn$/.test(name);

export const skips: readonly Skip[] = [
  {
    reason: 'they are each machine\'s own',
    applies: isOwn,
  },
  {
    reason: 'QEMU 7.2 sets OV of divdeo only where the quotient is longer than 64 bits, not where it is beyond the signed range (Book I, Fixed-Point Arithmetic Instructions: divdeo)',
    applies: (name, ours, theirs) => name === 'divde' && (ours.xer & OVERFLOW) !== 0 && (theirs.xer & OVERFLOW) === 0,
  },
  {
    reason: 'whether a store conditional is performed, and says so in CR0, is undefined where the reservation has another size (Book II, Store Conditional Instructions); ours fails, QEMU 7.2 knows no sizes',
    applies: (_name, ours, theirs, { words }) => matched(words) === false && isStoreAlone(theirs, ours),
  },
  {
    reason: 'stqcx. is performed where its reservation holds (Book II, Store Conditional Instructions); with one thread QEMU 7.2 never does',
    applies: (name, ours, theirs, { words }) => name === 'stqcx.' && matched(words) === true && isStoreAlone(ours, theirs),
  },
  {
    reason: 'a store without a reservation is not performed; QEMU then looks at neither its alignment nor at whether it were allowed, as Book II lets it (Store Conditional Instructions)',
    applies: (name, ours, theirs) => /^st[bhwdq]cx\.$/.test(name) && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'QEMU 7.2 lacks icbt on its POWER9, and dcbflp (Book II, Cache Management Instructions)',
    applies: (name, ours, theirs) => (name === 'icbt' || name === 'dcbf') && ours.stop !== 'undefined' && theirs.stop === 'undefined',
  },
  {
    reason: 'what a store of several registers has stored when a later word faults is undefined (Book I, Fixed-Point Store Multiple and Move Assist Instructions)',
    applies: (name, ours, theirs) => /^st(mw|sw[ix]|q)$/.test(name) && ours.stop === 'memory' && theirs.stop === 'memory',
  },
  {
    reason: 'QEMU 7.2 has loaded or stored one doubleword when the other one faults: it may have been partially executed (Book III, Interrupts)',
    applies: (name, ours, theirs) => /^(l|st)(xv|fdp)/.test(name) && ours.stop === 'memory' && theirs.stop === 'memory',
  },
  {
    reason: 'mtfsf with W = 1 takes bits 32:63 of FRB to bits 0:31 of FPSCR (Book I, Floating-Point Status and Control Register Instructions); QEMU 7.2 takes bits 0:31, which shows in DRN when FPSCR is read',
    applies: (name, ours, theirs, c) => name.startsWith('mff') && c.words.some(setsDRN) && differences(ours, theirs).every(what => /^f\d/.test(what)),
  },
  {
    reason: 'VRSAVE has 32 bits (Book I, VR Save Register), and mfspr zeros above them; QEMU 7.2 keeps all 64 that were written',
    applies: (name, ours, theirs) => name === 'mfspr VRSAVE' && differences(ours, theirs).length === 1 &&
      ours.gpr.every((value, r) => value === theirs.gpr[r] || value === BigInt.asUintN(32, theirs.gpr[r]!)),
  },
  {
    reason: 'the result is undefined where the element reaches beyond the last byte (Book I, Vector Extract Element Instructions); ours has zeros there',
    applies: (name, _ours, _theirs, { words, state }) => /^vextu[hw][lr]x$/.test(name) &&
      (state.gpr[(words.at(-1)! >>> 16) & 31]! & 15n) > (name[5] === 'h' ? 14n : 12n),
  },
  {
    reason: 'the address hits what the oracle\'s program itself has mapped',
    applies: (_name, ours, theirs, c, variant) => ours.stop === 'memory' && theirs.stop !== 'memory' && reachesProgram(c, variant),
  },
  {
    reason: 'lswx into the registers of its address is an invalid form, for which the ISA allows both (Book I, Fixed-Point Move Assist Instructions)',
    applies: (name, ours, theirs) => name === 'lswx' && ours.stop !== 'undefined' && theirs.stop === 'undefined',
  },
];

const CR0_EQ = 0x2000_0000;
const OVERFLOW = 0x4000_0000;

/** All that differs is that `one` has performed a store conditional and `other` hasn't. */
const isStoreAlone = (one: Outcome, other: Outcome): boolean => (one.cr ^ other.cr) >>> 0 === CR0_EQ && (one.cr & CR0_EQ) !== 0 &&
  differences(one, other).every(what => what === 'cr' || what.startsWith('mem+'));

/** mtfsf with L = 0, W = 1 and the last bit of FLM. */
const setsDRN = (word: number): boolean => (word & 0xfe03_07fe) >>> 0 === 0xfc03_058e;

/** Whether an address that the last word can make lies in the program, its cases or its results. */
function reachesProgram({ words, state }: Case, variant: VariantName): boolean {
  const word = words.at(-1) as number;
  const [RA, RB] = [(word >>> 16) & 31, (word >>> 11) & 31];
  const base = RA === 0 ? 0n : state.gpr[RA]!;
  const offsets = [0n, state.gpr[RB]!, BigInt.asIntN(16, BigInt(word & 0xffff)), BigInt.asIntN(16, BigInt(word & 0xfffc)), BigInt.asIntN(16, BigInt(word & 0xfff0))];
  return offsets.map(offset => BigInt.asUintN(variants[variant].bits, base + offset)).some(at => at >= PROGRAM - 16n && at < PROGRAM_END);
}

const PROGRAM = BigInt(TEXT);
const PROGRAM_END = BigInt(RESULTS + BATCH * RESULT.bytes);

export const skipped = (name: string, c: Case, variant: VariantName, ours: Outcome, theirs: Outcome): boolean =>
  skips.some(s => s.applies(name, ours, theirs, c, variant));
