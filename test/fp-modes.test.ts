/**
 * Floating point over all modes of FPCR and special values: generated code, which uses the host's arithmetic where it
 * can, does what the reference does in exact software. That the reference is right say the golden vectors and
 * tools/oracle/fp.ts, which asks QEMU about the same states.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../src/base/random.ts';
import { groups, insns } from '../src/guest/aarch64/insns.ts';
import { decoder } from '../src/isa/decode.ts';
import { disassemble } from '../src/isa/disassemble.ts';
import { randomWord } from '../src/isa/generate.ts';
import { createEngine, engineNames } from './engines/all.ts';
import { differences } from './engines/engine.ts';
import { floatingPoint, fpState, laneOf } from './engines/fp-values.ts';

const STATES = 12;
const decode = decoder(insns);
const [reference, ...others] = engineNames.map(name => createEngine(name, decode));

describe('every mode of floating point', () => {
  for (const [group, members] of Object.entries(groups)) {
    if (!floatingPoint.test(group)) continue;
    test(group, () => {
      const random = new Random(group.length);
      const wrong: string[] = [];
      for (const insn of members) {
        const word = randomWord(insn, decode, random);
        if (word === undefined) throw new Error(`no word of ${insn.name}`);
        const words = Uint32Array.of(word);
        for (let i = 0; i < STATES; i++) {
          const state = fpState(random, laneOf(insn.name, random, word));
          const expected = reference!.run(words, state);
          for (const engine of others) {
            const names = differences(engine.run(words, state), expected);
            if (names.length > 0) wrong.push(`${engine.name}: ${disassemble(decode, word, 0n)}, FPCR ${state.fpcr.toString(16)}: ${names.join(' ')}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});
