/** Which accesses of AArch32 have a syndrome (D17.2.37, ISV): by their spelling, over instances of every instruction. */
import { expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { disassemble } from '../../src/isa/disassemble.ts';
import { randomWord } from '../../src/isa/generate.ts';
import { hasSyndrome } from '../../src/kvm/arm64/nisv.ts';
import { a32, t32 } from '../aarch32/engines/decoders.ts';

const register = '(?:r\\d+|sl|fp|ip|sp|lr)';
/** One register that isn't the PC, and an address of which nothing is written back. */
const described = new RegExp(`^(?:ldr|ldrs|str|lda|stl)[bh]?t?(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?(?:\\.w)?\\t${register}, \\[[^\\]]*\\]$`);

it.each([['A32', a32, 0], ['T32', t32, 1]] as const)('D17.2.37 ISV of %s', (_name, decode, T) => {
  const random = new Random(7);
  const words = decode.insns.flatMap(insn => Array.from({ length: 12 }, () => randomWord(insn, decode, random)));
  const wrong = words.filter(word => word !== undefined).map(word => ({ word, text: disassemble(decode, word, 0x1000n) }))
    .filter(({ word, text }) => hasSyndrome(word, { nRW: 1, T }) !== described.test(text)).map(({ word, text }) => `${word.toString(16)} ${text}`);
  expect(wrong).toEqual([]);
});
