/**
 * A32 and T32 for the index of what we have. binutils 2.40 spells many words that are no instructions here: those that it calls
 * UNPREDICTABLE itself, coprocessors of old, M-profile. So a word counts as one where qemu-arm runs it, too. Conditions are left aside.
 * Sections are those of ARM DDI 0487.
 */
import { Random } from '../../../src/base/random.ts';
import { insns as a32Insns } from '../../../src/guest/aarch64/aarch32/a32-insns.ts';
import { insns as t32Insns } from '../../../src/guest/aarch64/aarch32/t32-insns.ts';
import { type Decoder, decoder } from '../../../src/isa/decode.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import { withITSTATE } from '../../../test/aarch32/engines/engine.ts';
import { stateOf } from '../../../test/aarch32/engines/inputs.ts';
import { harmless, runCases } from '../aarch32/qemu.ts';
import { commentedA32, commentedT32, plainArm } from '../objdump.ts';
import type { Rule, Spelling } from './words.ts';

const AL = 14;
/** Words of each instruction that its mnemonics are taken from. */
const SAMPLES = 200;
/** An odd seed: registers are addresses mostly. */
const SEED = 1;

const unknownToUs = (ours: string): boolean => ours.startsWith('.inst');
const mnemonic = (text: string): string => text.split('\t')[0]!;
/** Without a width and types. */
const stem = (text: string): string => mnemonic(text).replace(/\..*$/, '');
/** Instructions that we don't have, by their mnemonics. */
const left = (reason: string, names: RegExp): Rule => ({ reason, applies: (_word, ours, theirs) => unknownToUs(ours) && names.test(mnemonic(theirs)) });

/** What our instructions are called where they have no condition. */
function mnemonics(decode: Decoder): ReadonlySet<string> {
  const random = new Random(SEED);
  return new Set(decode.insns.flatMap(insn => Array.from({ length: SAMPLES }, () => {
    const always = insn.fields.some(f => f.name === 'cond' && f.width === 4) && insn.name.startsWith('A32') ? { cond: AL } : {};
    const word = randomWord(insn, decode, random, always);
    return word === undefined ? '' : stem(disassemble(decode, word, 0n));
  })));
}

const rules = (known: ReadonlySet<string>): readonly Rule[] => [
  left('what is for EL1 and up (CPS, RFE, SRS, ERET, HVC, SMC, banked registers)', /^(hvc|smc|eret|rfe\w*|srs\w*|cps\w*)/),
  left('SWP and SWPB, which Armv8 has no longer', /^swpb?$/),
  {
    reason: 'coprocessors 1 and 2 of the FPA, which user-mode QEMU emulates as kernels do',
    applies: (word, ours) => unknownToUs(ours) && ((word >>> 26) & 3) === 3 && [1, 2].includes((word >>> 8) & 15),
  },
  {
    reason: 'forms that are CONSTRAINED UNPREDICTABLE (should-be bits; the PC, SP or a register twice where that can\'t be), UNDEFINED here and run by QEMU',
    applies: (_word, ours, theirs) => unknownToUs(ours) && (known.has(stem(theirs)) || /^it[te]*$/.test(stem(theirs))),
  },
];

const isNone = (text: string): boolean => text === '' || /<UNPREDICTABLE>|UNDEFINED|^undefined/i.test(text);

function accepted(texts: readonly string[], words: Uint32Array, thumb: boolean): string[] {
  const state = stateOf(SEED, thumb);
  const isRun = texts.map((text, i) => harmless(words[i]!, thumb) && !isNone(text));
  const outcomes = runCases([...words].filter((_, i) => isRun[i]).map(word => ({ words: Uint32Array.of(word), state: { ...state, cpsr: withITSTATE(state.cpsr, 0) } })));
  let at = 0;
  return texts.map((text, i) => {
    const stop = isRun[i] ? outcomes[at++]?.stop : undefined;
    return isNone(text) || stop === 'undefined' ? '.inst' : plainArm(text);
  });
}

function spelling(thumb: boolean): Spelling {
  const decode = decoder(thumb ? t32Insns : a32Insns);
  const always = (word: number): number => (thumb || word >>> 28 === 15 ? word : ((word & 0x0fff_ffff) | (AL << 28)) >>> 0);
  let found: readonly Rule[] | undefined;
  return {
    decoder: decode,
    get rules() { return found ??= rules(mnemonics(decode)); },
    objdump(conditional, address) {
      const words = conditional.map(always);
      return accepted((thumb ? commentedT32 : commentedA32)(words, address), words, thumb);
    },
  };
}

export const a32 = spelling(false);
export const t32 = spelling(true);
