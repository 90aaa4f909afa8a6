/** The decoder that is made from descriptions. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { insns } from '../../src/guest/aarch64/insns.ts';
import { decoder, OverlapError } from '../../src/isa/decode.ts';
import { disassemble } from '../../src/isa/disassemble.ts';
import { modeCombinations, randomWord } from '../../src/isa/generate.ts';
import { encode, extract, insn, type Insn } from '../../src/isa/insn.ts';

interface How { readonly valid?: (f: { readonly a: number }) => boolean; readonly overrides?: readonly string[]; readonly feature?: string }

/** `a` is the low byte where the pattern has `a:8`. */
const made = (name: string, pattern: string, how: How = {}): Insn =>
  insn(name, pattern as 'a:8', { asm: f => `${name}\t${f.a}`, exec: () => {}, ...how });

const general = made('general', '0000 0000 0000 0000 0000 0000 a:8');
const special = made('special', '0000 0000 0000 0000 0000 0000 1111 b:4');

describe('overlapping patterns', () => {
  test('are refused, with both names and a word that matches both', () => {
    expect(() => decoder([general, special])).toThrow(OverlapError);
    expect(() => decoder([general, special])).toThrow("'general' and 'special' both match 0x000000f0, and neither overrides the other");
  });

  test('are decoded as the one that overrides, whatever the order of the list', () => {
    const overriding = made('special', special.pattern, { overrides: ['general'] });
    for (const list of [[general, overriding], [overriding, general]]) {
      const d = decoder(list);
      expect(d.decode(0xf3)?.name).toBe('special');
      expect(d.decode(0xe3)?.name).toBe('general');
    }
  });

  test('an overriding entry whose fields are not valid leaves the word unallocated', () => {
    const overriding = insn('special', '0000 0000 0000 0000 0000 0000 1111 b:4', {
      overrides: ['general'], valid: f => f.b !== 3, asm: () => '', exec: () => {},
    });
    const d = decoder([general, overriding]);
    expect(d.decode(0xf3)).toBeUndefined();
    expect(d.decode(0xf4)).toBe(overriding);
  });

  test('overriding twice: the most special one comes first', () => {
    const middle = made('middle', '0000 0000 0000 0000 0000 0000 111 b:5', { overrides: ['general'] });
    const innermost = made('innermost', '0000 0000 0000 0000 0000 0000 11111 b:3', { overrides: ['middle', 'general'] });
    const d = decoder([general, middle, innermost]);
    expect([0xc0, 0xe0, 0xf8].map(w => d.decode(w)?.name)).toEqual(['general', 'middle', 'innermost']);
  });
});

test('two entries of one name are refused', () => {
  expect(() => decoder([general, made('general', '1111 0000 0000 0000 0000 0000 a:8')])).toThrow("two instructions are named 'general'");
});

test('fields that are not valid, and features that are off, make a word unallocated', () => {
  const odd = made('odd', general.pattern, { valid: f => f.a % 2 === 1, feature: 'ODD' });
  expect(decoder([odd]).decode(1)).toBe(odd);
  expect(decoder([odd]).decode(2)).toBeUndefined();
  expect(decoder([odd], { features: name => name !== 'ODD' }).decode(1)).toBeUndefined();
});

test('where the feature of an overriding entry is off, the encoding is what it was without it', () => {
  const added = made('special', special.pattern, { overrides: ['general'], feature: 'NEW' });
  expect(decoder([general, added], { features: () => false }).decode(0xf0)).toBe(general);
});

test('words are signed or unsigned', () => {
  const high = made('high', '1111 0000 0000 0000 0000 0000 a:8');
  expect(decoder([high]).decode(0xf0000001)).toBe(high);
  expect(decoder([high]).decode(0xf0000001 | 0)).toBe(high);
});

describe('all of A64', () => {
  const decode = decoder(insns);

  /** The straightforward way: every pattern is tried. */
  function slow(word: number): Insn | undefined {
    const matching = insns.filter(i => ((word & i.mask) >>> 0) === i.value);
    const first = matching.find(i => !matching.some(other => other.overrides.includes(i.name)));
    return first?.valid(extract(first, word)) ? first : undefined;
  }

  test('the index finds what a search finds', () => {
    const random = new Random(11);
    for (let n = 0; n < 20_000; n++) {
      const near = random.pick(insns);
      const word = random.chance(0.5) ? random.u32() : (near.value | (random.u32() & ~near.mask)) >>> 0;
      expect(decode.decode(word)?.name, word.toString(16)).toBe(slow(word)?.name);
    }
  });

  test('the generator makes words that decode to what they were made of, and that encode from their fields', () => {
    const random = new Random(12);
    for (const i of insns) {
      const word = randomWord(i, decode, random);
      expect(word, i.name).toBeDefined();
      expect(decode.decode(word as number)).toBe(i);
      expect(encode(i, extract(i, word as number))).toBe(word);
    }
  });

  test('the same seed gives the same words', () => {
    const words = (seed: number) => {
      const random = new Random(seed);
      return insns.map(i => randomWord(i, decode, random));
    };
    expect(words(3)).toEqual(words(3));
    expect(words(3)).not.toEqual(words(4));
  });

  test('combinations of modes are those of valid words', () => {
    const shifted = insns.find(i => i.name === 'ADD/SUB (shifted register)') as Insn;
    const found = modeCombinations(shifted, decode, new Random(1), 100);
    expect(found.length).toBe(24); // sf, op, S and three of the four shifts
    expect(found.every(c => c['shift'] !== 3)).toBe(true);
    expect(modeCombinations(shifted, decode, new Random(1), 5).length).toBe(5);
  });

  test('a word that is no instruction is shown as data', () => {
    expect(disassemble(decode, 0xffffffff, 0n)).toBe('.inst\t0xffffffff ; undefined');
    expect(disassemble(decode, 0x8b020020, 0n)).toBe('add\tx0, x1, x2');
  });
});
