/** Where our spelling of A64 and that of binutils 2.40 differ, and why. Sections are those of ARM DDI 0487. */
import { insns } from '../../../src/guest/aarch64/insns.ts';
import { decoder } from '../../../src/isa/decode.ts';
import { objdump } from '../objdump.ts';
import type { Rule, Spelling } from './words.ts';

const unknownToUs = (ours: string): boolean => ours.startsWith('.inst');
const unknownToThem = (theirs: string): boolean => theirs.startsWith('.inst');
const mnemonic = (text: string): string => text.split('\t')[0]!;
/** Bits 28..25, by which C4.1 divides the encodings. */
const op0 = (word: number): number => (word >>> 25) & 15;

/** Instructions of extensions that we don't have. */
const left = (reason: string, names: RegExp): Rule => ({ reason, applies: (_word, ours, theirs) => unknownToUs(ours) && names.test(mnemonic(theirs)) });

const rules: readonly Rule[] = [
  { reason: 'SVE2, and products of matrices of floats (F32MM, F64MM), which we don\'t have', applies: (word, ours) => unknownToUs(ours) && op0(word) === 2 },
  { reason: 'SME, which we don\'t have', applies: (word, ours) => unknownToUs(ours) && op0(word) === 0 && word >>> 31 === 1 },
  left('SME, which we don\'t have (SMSTART, SMSTOP)', /^smst(art|op)$/),
  left('MTE, which we don\'t have', /^(stz?2?g|st2g|stgp|ldg|addg|subg|subps?|cmpp|irg|gmi|ldgm|stz?gm)$/),
  left('WFET, WFIT and DSB nXS, of Armv8.7', /^(wfet|wfit|dsb)$/),
  left('Armv8.8 and later: MOPS, HBC, CSSC; LS64, TME', /^(cpy.*|set[pmeg].*|bc\..*|[su]m(in|ax)|abs|cnt|ctz|(ld|st)64b.*|t(start|commit|cancel|test))$/),
  { reason: 'DCPS1 to DCPS3 are UNDEFINED outside of Debug state (C6.2.97), in which we never are', applies: (_word, ours, theirs) => unknownToUs(ours) && mnemonic(theirs).startsWith('dcps') },
  {
    reason: 'MSR and MRS with op0 0 are unallocated, or other instructions (C5.1.2); objdump spells a register of that number',
    applies: (word, ours, theirs) => unknownToUs(ours) && /^m(sr|rs)$/.test(mnemonic(theirs)) && ((word >>> 19) & 3) === 0,
  },
  {
    reason: 'a system register or operation that we don\'t have is spelt by its encoding',
    applies: (_word, ours, theirs) => /\bs\d_\d_c\d+_c\d+_\d|^sysl?\t/.test(ours) && /^(msr|mrs|at|dc|ic|tlbi|cfp|dvp|cpp|sys|sysp)$/.test(mnemonic(theirs)),
  },
  {
    reason: 'LDAR and its like ignore fields that should be one (C6.2.115); objdump wants them to be',
    applies: (_word, ours, theirs) => unknownToThem(theirs) && /^(ldl?ar|stl?lr|ldapr|ld[a]?x[rp]|stl?x[rp])[bh]?$/.test(mnemonic(ours)),
  },
  {
    reason: 'write-back to a register that is loaded is CONSTRAINED UNPREDICTABLE (C6.2.131); objdump refuses LDPSW so',
    applies: (_word, ours, theirs) => unknownToThem(theirs) && mnemonic(ours) === 'ldpsw',
  },
  {
    reason: 'FMLAL and FMLSL have bit 22 zero (C7.2.120); objdump doesn\'t look',
    applies: (word, ours, theirs) => unknownToUs(ours) && /^fml[as]l2?$/.test(mnemonic(theirs)) && ((word >>> 22) & 1) === 1,
  },
  {
    reason: 'FCMP and FCMPE with zero have Rm zero (C7.2.66); objdump doesn\'t look',
    applies: (_word, ours, theirs) => unknownToUs(ours) && /^fcmpe?$/.test(mnemonic(theirs)) && theirs.endsWith('#0.0'),
  },
  { reason: 'DGH is a name of HINT #6 (C6.2.99), which binutils 2.40 has with its own option only', applies: (_word, ours) => ours === 'dgh' },
  {
    reason: 'LDRAA and LDRAB with write-back of zero: both spellings assemble',
    applies: (_word, ours, theirs) => /^ldra[ab]\t/.test(ours) && ours.replace(', #0]!', ']!') === theirs,
  },
];

export const aarch64: Spelling = { decoder: decoder(insns), rules, objdump };
