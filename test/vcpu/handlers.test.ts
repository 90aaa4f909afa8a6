/** Programs of more kinds of instructions than the cold tier may have handlers at once. */
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { insns } from '../../src/guest/aarch64/insns.ts';
import { decoder } from '../../src/isa/decode.ts';
import { modeCombinations, randomWord } from '../../src/isa/generate.ts';
import { Assembler } from './assembler.ts';
import { CODE, Rig } from './rig.ts';

const names = ['logical (shifted register)', 'ADD/SUB (shifted register)', 'ADD/SUB (extended register)', 'conditional select', 'logical (immediate)', 'ADC/SBC'];

/** A word of every combination of their mode fields. */
function words(): number[] {
  const random = new Random(1);
  const decode = decoder(insns);
  return names.flatMap(name => {
    const insn = insns.find(i => i.name === name)!;
    return modeCombinations(insn, decode, random, 1000).map(modes => randomWord(insn, decode, random, modes)!);
  });
}

/** X0..X30 after all of them, three times round, and how often all code of the cold tier was dropped. */
function run(all: readonly number[], slots: number, threshold: number): { registers: bigint[]; evictions: number } {
  const r = new Rig({ threshold, compiler: { batch: 1, instructions: 8 }, sizes: { slots, records: 4 << 20, cells: 1 << 14 } });
  r.load(new Assembler(CODE).raw(...all, ...all, ...all).hvc(1)).setX(Object.fromEntries(Array.from({ length: 31 }, (_, n) => [n, BigInt(n) * 0x9e37_79b9_7f4a_7c15n & 0xffff_ffff_ffff_ffffn])));
  expect(r.toExit()).toBe('hvc 1');
  return { registers: Array.from({ length: 31 }, (_, n) => r.x(n)), evictions: r.engine.cache.evictions };
}

test('a program is right however few handlers may be kept', () => {
  const all = words();
  const plenty = run(all, 1 << 13, 0);
  expect(plenty.evictions).toBe(0);
  for (const threshold of [0, 1]) {
    for (const slots of [200, 300]) {
      expect(all.length).toBeGreaterThan(slots / 2);
      const few = run(all, slots, threshold);
      expect(few.registers).toEqual(plenty.registers);
      expect(few.evictions).toBeGreaterThan(0);
    }
  }
});
