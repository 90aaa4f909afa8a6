/** Cases in which QEMU's user mode rightly does something else than we do. Every entry says why. */
import type { Outcome, VariantName } from '../../../test/powerpc/engines/engine.ts';
import type { Case } from './qemu.ts';

interface Skip {
  readonly reason: string;
  /** Of the word at which one of them stopped, or the last one. */
  readonly applies: (name: string, ours: Outcome, theirs: Outcome, c: Case, variant: VariantName) => boolean;
}

export const skips: readonly Skip[] = [
  {
    reason: 'the time base and random numbers are each machine\'s own',
    applies: name => /^mf(spr|tb) TBU?$|^darn$/.test(name),
  },
  {
    reason: 'QEMU 7.2 sets OV of divdeo only where the quotient is longer than 64 bits, not where it is beyond the signed range (Book I, 3.3.9.1)',
    applies: (name, ours, theirs) => name === 'divde' && (ours.xer & OVERFLOW) !== 0 && (theirs.xer & OVERFLOW) === 0,
  },
  {
    reason: 'a store without a reservation is not performed; QEMU then looks at neither its alignment nor at whether it were allowed (Book II, 4.6.2: both may be)',
    applies: (name, ours, theirs) => /^st[bhwdq]cx\.$/.test(name) && ours.stop === 'memory' && theirs.stop === 'left',
  },
  {
    reason: 'QEMU 7.2 lacks icbt on its POWER9, and dcbflp (Book II, 4.3.1, 4.3.2)',
    applies: (name, ours, theirs) => (name === 'icbt' || name === 'dcbf') && ours.stop !== 'undefined' && theirs.stop === 'undefined',
  },
  {
    reason: 'what a store of several registers has stored when a later word faults is undefined (Book I, 3.3.6)',
    applies: (name, ours, theirs) => /^st(mw|sw[ix]|q)$/.test(name) && ours.stop === 'memory' && theirs.stop === 'memory',
  },
  {
    reason: 'lswx into the registers of its address is an invalid form, for which the ISA allows both (Book I, 3.3.7)',
    applies: (name, ours, theirs) => name === 'lswx' && ours.stop !== 'undefined' && theirs.stop === 'undefined',
  },
];

const OVERFLOW = 0x4000_0000;

export const skipped = (name: string, c: Case, variant: VariantName, ours: Outcome, theirs: Outcome): boolean =>
  skips.some(s => s.applies(name, ours, theirs, c, variant));
