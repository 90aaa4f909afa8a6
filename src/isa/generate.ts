/** Random valid words of an instruction, for tests: its own fields are the generator. */
import type { Random } from '../base/random.ts';
import type { Decoder } from './decode.ts';
import { encode, extract, type FieldBits, type Insn } from './insn.ts';

const ATTEMPTS = 300;

/** A word that `decoder` gives back as `insn`; undefined where none was found (e.g. the feature is off). `modes` fixes mode fields. */
export function randomWord(insn: Insn, decoder: Decoder, random: Random, modes: Readonly<Record<string, number>> = {}): number | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const fields: Record<string, number> = {};
    for (const f of insn.fields) fields[f.name] = modes[f.name] ?? randomField(f, random, Object.values(fields));
    const word = encode(insn, fields);
    if (decoder.decode(word) === insn) return word;
  }
  return undefined;
}

/** The ends of the range and values of other fields (the same register twice) come more often than chance has them. */
function randomField(f: FieldBits, random: Random, others: readonly number[]): number {
  const ones = 2 ** f.width - 1;
  if (!f.mode) {
    const kind = random.below(12);
    if (kind === 0) return 0;
    if (kind === 1) return ones;
    if (kind === 2) return 2 ** (f.width - 1);
    if (kind === 3 && others.length > 0) return random.pick(others) & ones;
    if (kind === 4 && f.width > 5) return random.below(32);
  }
  return random.u32() & ones;
}

/** The values of the mode fields in valid words, at most `limit` of them, spread over all combinations. */
export function modeCombinations(insn: Insn, decoder: Decoder, random: Random, limit: number): Record<string, number>[] {
  const modes = insn.fields.filter(f => f.mode);
  const total = 2 ** modes.reduce((n, f) => n + f.width, 0);
  const found: Record<string, number>[] = [];
  // An odd stride visits every combination once, in an order that mixes all fields.
  const stride = total > limit * 4 ? (Math.floor(total * 0.618) | 1) : 1;
  for (let k = 0, at = 0; k < Math.min(total, limit * 64) && found.length < limit; k++, at = (at + stride) % total) {
    let rest = at;
    const combination: Record<string, number> = {};
    for (const f of modes) {
      combination[f.name] = rest % 2 ** f.width;
      rest = Math.floor(rest / 2 ** f.width);
    }
    if (randomWord(insn, decoder, random, combination) !== undefined) found.push(combination);
  }
  return found;
}

/** The values of the mode fields of `word`, as one string: words with the same key run the same text. */
export function modeKey(insn: Insn, word: number): string {
  const fields = extract(insn, word);
  return insn.fields.filter(f => f.mode).map(f => `${f.name}${fields[f.name]}`).join(' ');
}
