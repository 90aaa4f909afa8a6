/** Where our spelling of PowerPC instructions and that of binutils 2.40 differ, and why. Sections are those of Power ISA 3.0 B. */
import { createPowerPc, models } from '../../../src/guest/powerpc/index.ts';
import { objdumpPowerPc, plain } from '../objdump.ts';
import type { Rule, Spelling } from './words.ts';

const unknownToUs = (ours: string): boolean => ours.startsWith('.inst');
const mnemonic = (text: string): string => text.split('\t')[0]!;
const unknownToThem = (theirs: string): boolean => theirs.startsWith('.inst');
const opcode = (word: number): number => word >>> 26;
/** mfspr, mtspr, mftb. */
const isSpr = (word: number): boolean => [339, 467, 371].includes((word >>> 1) & 0x3ff);
/** Instructions that we don't have. */
const left = (reason: string, names: RegExp): Rule => ({ reason, applies: (_word, ours, theirs) => unknownToUs(ours) && names.test(mnemonic(theirs)) });

const rules: readonly Rule[] = [
  { reason: 'VSX instructions that we don\'t have', applies: (word, ours) => unknownToUs(ours) && opcode(word) === 60 },
  left('the same: loads, stores, moves and quad precision that are encoded elsewhere', /^(lxs|lxv|stxs|stxv|xs\w*q|mtvsr|mfvsr)/),
  left('decimal floating point, which we don\'t have', /^d(add|sub|mul|div|cmp[ou]|qua|quai|rrnd|rint[xn]|tst\w\w|ct\w+|rdp|rsp|rdpq|cffix|xex|iex|edpd|enbcd|scri|scli|tstsfi?)\w*\.?$|^d(dedpd|denbcd|drintn|drintx|dquai?|drrnd|dmul|ddiv|dsub|dadd|dcmp[ou]|dtst\w+|dctfix|dctdp|drdpq|diex|dxex|dscri|dscli|dctqpq)q?\.?$/),
  left('decimal arithmetic of vectors, which we don\'t have', /^bcd\w+\.$/),
  { reason: 'lq and addex with fields that are invalid (Book I, 3.3.4, 3.3.9); objdump doesn\'t look', applies: (_word, ours, theirs) => unknownToUs(ours) && /^(lq|addex)$/.test(mnemonic(theirs)) },
  left('privileged, of later or dropped categories (transactions, accelerators, cache-inhibited, external control, hashes)',
    /^(attn|copy|paste\.?|cpabort|slb\w+\.?|tlbiel?|pbt\.|icswx\.?|ldat|lwat|stdat|stwat|dss|dssall|dst|dstst|dstt|dststt|(l|st)[bhwd]z?cix|ec[io]wx|tabort\w*\.|hash\w+|mfbhrbe|clrbhrb|sc|scv|rfscv|urfid)$/),
  { reason: 'special purpose registers that user mode doesn\'t have', applies: (word, ours) => unknownToUs(ours) && opcode(word) === 31 && isSpr(word) },
  {
    reason: 'lswi with RA among the registers that it loads is an invalid form (Book I, 3.3.7); objdump doesn\'t look',
    applies: (_word, ours, theirs) => unknownToUs(ours) && mnemonic(theirs) === 'lswi',
  },
  {
    reason: 'bits that are reserved (cmp, isel: shown as / in Book I) must be zero with us; objdump doesn\'t look',
    applies: (_word, ours, theirs) => unknownToUs(ours) && /^(cmp(l?[wd]i?|l?i?)|isel)$/.test(mnemonic(theirs)),
  },
  {
    reason: 'BO\'s z bits are ignored, and reserved values of BO and BH have a spelling with us (Book I, 2.4); objdump refuses them',
    applies: (word, _ours, theirs) => unknownToThem(theirs) && (opcode(word) === 16 || opcode(word) === 19),
  },
  {
    reason: 'lfdp, stfdp and their indexed forms, and mftb by its own encoding, have been phased out; objdump has them for older processors',
    applies: (_word, ours, theirs) => unknownToThem(theirs) && /^((lf|stf)dpx?|mftbu?)$/.test(mnemonic(ours)),
  },
];

const objdump = (words: Uint32Array, address: number): string[] =>
  objdumpPowerPc(words, address).map(text => plain(text).replace(/^\.long\t0x([0-9a-f]+)$/, (_all, digits: string) => `.inst\t0x${digits.padStart(8, '0')}`));

export const powerpc: Spelling = { decoder: createPowerPc(models.power9).decoder, rules, objdump };
