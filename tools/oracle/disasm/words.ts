/** Random words, half of them instances of our instructions and half of no choice at all, as we and objdump spell them. */
import { Random } from '../../../src/base/random.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import { plain } from '../objdump.ts';

const START = 0x1000_8000;
const MOST_SHOWN = 20;

/** Why our spelling and objdump's of some words are not the same. `ours` and `theirs` begin with the mnemonic and a tab. */
export interface Rule {
  readonly reason: string;
  readonly applies: (word: number, ours: string, theirs: string) => boolean;
}

export interface Spelling {
  readonly decoder: Decoder;
  readonly rules: readonly Rule[];
  /** objdump's text of words that stand at an address. */
  objdump(words: Uint32Array, address: number): string[];
}

/** Prints what is different, by rule; gives the number of differences that no rule explains. */
export function compareWords({ decoder, rules, objdump }: Spelling, count: number, seed: number, print: (line: string) => void): number {
  const random = new Random(seed);
  const word = (i: number): number => (i % 2 === 0 ? randomWord(random.pick(decoder.insns), decoder, random) : undefined) ?? random.u32();
  const words = Uint32Array.from({ length: count }, (_, i) => word(i));
  const theirs = objdump(words, START);
  if (theirs.length !== count) throw new Error(`objdump gave ${theirs.length} lines for ${count} words`);
  const explained = new Map<Rule, number>();
  const unexplained: string[] = [];
  let decoded = 0;
  words.forEach((w, i) => {
    if (decoder.decode(w)) decoded++;
    const ours = plain(disassemble(decoder, w, BigInt(START + 4 * i)));
    const other = theirs[i]!;
    if (ours === other) return;
    const rule = rules.find(r => r.applies(w, ours, other));
    if (rule) explained.set(rule, (explained.get(rule) ?? 0) + 1);
    else unexplained.push(`  ${w.toString(16).padStart(8, '0')}  ours: ${ours.padEnd(44)} objdump: ${other}`.replaceAll('\t', ' '));
  });
  const different = [...explained.values()].reduce((sum, n) => sum + n, 0) + unexplained.length;
  print(`${count} words, seed ${seed}: ${decoded} are instructions of ours; ${count - different} are spelt the same`);
  for (const [{ reason }, n] of [...explained].sort((a, b) => b[1] - a[1])) print(`${String(n).padStart(7)}  ${reason}`);
  print(`${unexplained.length} without an explanation`);
  for (const line of unexplained.slice(0, MOST_SHOWN)) print(line);
  return unexplained.length;
}
