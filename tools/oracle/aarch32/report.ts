/** What is printed of a case on which two executions differ. */
import type { Decoder } from '../../../src/isa/decode.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { differences, items, type Outcome, placed, stateItems } from '../../../test/aarch32/engines/engine.ts';
import type { Case } from './qemu.ts';

export type Decoders = Readonly<Record<'a32' | 't32', Decoder>>;

const hex = (value: bigint | string | undefined): string =>
  (value === undefined ? 'unchanged' : typeof value === 'string' ? value : `0x${value.toString(16)}`);

const listing = (decoders: Decoders, c: Case): string => placed(c, c.state).map(({ at, word, thumb }) =>
  `  ${at.toString(16)}:  ${word.toString(16).padStart(8, '0')}  ${disassemble(decoders[thumb ? 't32' : 'a32'], word, BigInt(at))}`).join('\n');

/** Assembly, the input registers that matter (named in the assembly, or changed), and both outcomes, a star where they differ. */
export function report(decoders: Decoders, c: Case, names: readonly [string, string], outcomes: readonly [Outcome, Outcome]): string {
  const text = listing(decoders, c);
  const input = new Map<string, bigint | string>(stateItems(c.state));
  const [left, right] = outcomes.map(o => new Map(items(o))) as [Map<string, bigint | string>, Map<string, bigint | string>];
  const starred = new Set(differences(...outcomes));
  const shown = [...new Set([...input.keys(), ...left.keys(), ...right.keys()])]
    .filter(name => starred.has(name) || left.get(name) !== input.get(name) || name === 'cpsr' || namedIn(text, name));
  const rows = shown.map(name =>
    `${starred.has(name) ? '*' : ' '} ${name.padEnd(9)} ${hex(input.get(name) ?? '').padEnd(36)} ${hex(left.get(name)).padEnd(36)} ${hex(right.get(name))}`);
  return `${text}\n            ${'before'.padEnd(36)} ${names[0].padEnd(36)} ${names[1]}\n${rows.join('\n')}`;
}

const aliases: Readonly<Record<string, string>> = { r11: 'fp', r12: 'ip', r13: 'sp', r14: 'lr' };

/** q1 is also d2, d3 and s4 to s7. */
function namedIn(text: string, name: string): boolean {
  if (name === 'fpscr') return /\tv|^v/m.test(text) || / v\w+/.test(text);
  const vector = /^q(\d+)$/.exec(name);
  const n = Number(vector?.[1]);
  const all = vector ? [name, `d${2 * n}`, `d${2 * n + 1}`, ...[0, 1, 2, 3].map(i => `s${4 * n + i}`)] : [name, aliases[name] ?? name];
  return new RegExp(`\\b(${all.join('|')})\\b`).test(text);
}
