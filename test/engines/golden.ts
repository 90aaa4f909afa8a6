/**
 * Golden vectors as text: a line for each case, with the word, the seed of the state (`stateOf`), and what is different
 * afterwards: `8b020020 3f2a1c x0=4d52 nzcv=60000000`. Without `pc` the next instruction follows. `# name` heads an
 * instruction's lines.
 */
import { CODE, items, type Outcome, type State, stateItems } from './engine.ts';

export interface GoldenCase {
  readonly insn: string;
  readonly word: number;
  readonly seed: number;
  /** As `changes` writes it. */
  readonly expected: string;
}

/** What `outcome` of the one word at CODE changes in `before`. */
export function changes(before: State, outcome: Outcome): string {
  const was = new Map<string, bigint | string>([...stateItems(before), ['pc', CODE + 4n], ['stop', 'left']]);
  return [...items(outcome)].filter(([name, value]) => was.get(name) !== value)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : value.toString(16)}`).join(' ');
}

export function write(cases: readonly GoldenCase[]): string {
  let insn = '';
  const lines: string[] = [];
  for (const c of cases) {
    if (c.insn !== insn) lines.push(`# ${c.insn}`);
    insn = c.insn;
    lines.push(`${c.word.toString(16).padStart(8, '0')} ${c.seed.toString(16)} ${c.expected}`.trimEnd());
  }
  return `${lines.join('\n')}\n`;
}

/** Throws an Error at a line that is no case. */
export function read(text: string): GoldenCase[] {
  let insn = '';
  const cases: GoldenCase[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# ')) {
      insn = line.slice(2);
      continue;
    }
    const found = /^([0-9a-f]{8}) ([0-9a-f]+)(?: (.*))?$/.exec(line);
    if (!found) throw new Error(`not a golden case: ${line}`);
    cases.push({ insn, word: Number.parseInt(found[1] as string, 16), seed: Number.parseInt(found[2] as string, 16), expected: found[3] ?? '' });
  }
  return cases;
}
