/** For each group of an index: what we have of it, against what objdump takes for an instruction among random words. */
import { Random } from '../../../src/base/random.ts';
import type { Spelling } from '../disasm/words.ts';
import type { Group } from './aarch64-index.ts';

/** Random words of a group. */
const SAMPLES = 400;
const SEED = 0xc0_4e6a;
const ATTEMPTS = 200;

export interface Row {
  readonly group: Group;
  /** Descriptions of ours whose pattern lies in the group. */
  readonly entries: number;
  readonly accepted: number;
  /** Of the accepted ones. */
  readonly ours: number;
  /** Why the others are not ours, and mnemonics for which no rule says why. */
  readonly left: readonly string[];
  readonly missing: readonly string[];
}

const matches = ({ bits }: Group, word: number): boolean =>
  [...bits].every((bit, i) => bit === 'x' || ((word >>> (31 - i)) & 1) === Number(bit));
const fixed = ({ bits }: Group, word: number): number =>
  [...bits].reduce((w, bit, i) => (bit === 'x' ? w : bit === '1' ? w | (1 << (31 - i)) : w & ~(1 << (31 - i))), word) >>> 0;

/** Descriptions of ours by the group in which they lie; no binutils needed. */
export function descriptions({ decoder }: Pick<Spelling, 'decoder'>, index: readonly Group[]): Map<Group, number> {
  const counts = new Map<Group, number>(index.map(group => [group, 0]));
  for (const insn of decoder.insns) {
    const group = index.find(g => matches(g, insn.value));
    if (group) counts.set(group, counts.get(group)! + 1);
  }
  return counts;
}

/** What a row begins with: it doesn't depend on binutils. */
export const rowHead = ({ name, bits }: Group, entries: number): string => `| ${name} | \`${bits || 'any'}\` | ${entries} |`;

export function coverage(spelling: Spelling, index: readonly Group[]): Row[] {
  const { decoder, rules, objdump } = spelling;
  const groupOf = (word: number): Group | undefined => index.find(g => matches(g, word));
  const random = new Random(SEED);
  const sampled = index.map(group => {
    const words: number[] = [];
    for (let i = 0; i < SAMPLES * ATTEMPTS && words.length < SAMPLES; i++) {
      const word = fixed(group, random.u32());
      if (groupOf(word) === group) words.push(word);
    }
    return { group, words };
  });
  const texts = objdump(Uint32Array.from(sampled.flatMap(s => s.words)), 0x1000_8000);
  const entries = descriptions(spelling, index);
  let at = 0;
  return sampled.map(({ group, words }) => {
    const left = new Map<string, number>();
    const missing = new Map<string, number>();
    let [accepted, ours] = [0, 0];
    for (const word of words) {
      const theirs = texts[at++]!;
      if (theirs.startsWith('.inst') || theirs.startsWith('udf')) continue;
      accepted++;
      if (decoder.decode(word)) {
        ours++;
        continue;
      }
      const rule = rules.find(r => r.applies(word, '.inst\t', theirs));
      const [to, key] = rule ? [left, rule.reason] as const : [missing, theirs.split('\t')[0]!] as const;
      to.set(key, (to.get(key) ?? 0) + 1);
    }
    const named = (m: Map<string, number>): string[] => [...m].sort((a, b) => b[1] - a[1]).map(([name]) => name);
    return { group, entries: entries.get(group) ?? 0, accepted, ours, left: named(left), missing: named(missing) };
  });
}

/** `complete`: what objdump accepts is ours; `left out`: nothing of it is. */
function state({ accepted, ours, left, missing }: Row): string {
  if (missing.length > 0) return `missing: ${missing.join(', ')}`;
  if (accepted === 0) return 'no instruction';
  if (ours === accepted) return 'complete';
  return `${ours === 0 ? 'left out' : 'complete'} but for: ${left.join('; ')}`.replace('left out but for', 'left out');
}

export function table(rows: readonly Row[]): string {
  const lines: string[] = [];
  let section = '';
  for (const row of rows) {
    if (row.group.section !== section) {
      ({ section } = row.group);
      lines.push('', `### ${section}`, '', '| group | bits from 31 down | descriptions | objdump accepts | of these ours | state |', '|---|---|---|---|---|---|');
    }
    const share = row.accepted === 0 ? '' : `${((100 * row.ours) / row.accepted).toFixed(1)} %`;
    lines.push(`${rowHead(row.group, row.entries)} ${((100 * row.accepted) / SAMPLES).toFixed(1)} % | ${share} | ${state(row)} |`);
  }
  return lines.join('\n');
}
