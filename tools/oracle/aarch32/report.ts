/** What is printed of a case on which two executions differ. */
import type { Decoder } from '../../../src/isa/decode.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { bytesOf, CODE, differences, isT32, items, type Outcome, stateItems } from '../../../test/aarch32/engines/engine.ts';
import type { Case } from './qemu.ts';

const hex = (value: bigint | string | undefined): string =>
  (value === undefined ? 'unchanged' : typeof value === 'string' ? value : `0x${value.toString(16)}`);

function listing(decoder: Decoder, words: Uint32Array, thumb: boolean): string {
  let pc = CODE;
  return [...words].map(word => {
    const line = `  ${pc.toString(16)}:  ${word.toString(16).padStart(8, '0')}  ${disassemble(decoder, word, pc)}`;
    pc += BigInt(bytesOf(word, thumb));
    return line;
  }).join('\n');
}

/** Assembly, the input registers that matter (named in the assembly, or changed), and both outcomes, a star where they differ. */
export function report(decoder: Decoder, { words, state }: Case, names: readonly [string, string], outcomes: readonly [Outcome, Outcome]): string {
  const text = listing(decoder, words, isT32(state));
  const input = new Map<string, bigint | string>(stateItems(state));
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
