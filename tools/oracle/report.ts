/** What is printed of a case on which two executions differ. */
import { CODE, differences, items, type Outcome, type State, stateItems } from '../../test/engines/engine.ts';
import type { Decoder } from '../../src/isa/decode.ts';
import { disassemble } from '../../src/isa/disassemble.ts';
import type { Case } from './qemu.ts';

const hex = (value: bigint | string | undefined): string =>
  (value === undefined ? 'unchanged' : typeof value === 'string' ? value : `0x${value.toString(16)}`);

export function listing(decoder: Decoder, words: Uint32Array): string {
  return [...words].map((word, i) =>
    `  ${(CODE + BigInt(i * 4)).toString(16)}:  ${word.toString(16).padStart(8, '0')}  ${disassemble(decoder, word, CODE + BigInt(i * 4))}`).join('\n');
}

/** Assembly, the input registers that matter (named in the assembly, or changed), and both outcomes, a star where they differ. */
export function report(decoder: Decoder, { words, state }: Case, names: readonly [string, string], outcomes: readonly [Outcome, Outcome]): string {
  const text = listing(decoder, words);
  const input = new Map<string, bigint | string>(stateItems(state));
  const [left, right] = outcomes.map(o => new Map(items(o))) as [Map<string, bigint | string>, Map<string, bigint | string>];
  const starred = new Set(differences(...outcomes));
  const all = [...new Set([...input.keys(), ...left.keys(), ...right.keys()])];
  const shown = all.filter(name => starred.has(name) || left.get(name) !== input.get(name) || namedIn(text, name, state));
  const rows = shown.map(name =>
    `${starred.has(name) ? '*' : ' '} ${name.padEnd(9)} ${hex(input.get(name) ?? '').padEnd(36)} ${hex(left.get(name)).padEnd(36)} ${hex(right.get(name))}`);
  return `${text}\n            ${'before'.padEnd(36)} ${names[0].padEnd(36)} ${names[1]}\n${rows.join('\n')}`;
}

/** Registers go by several names: x3 is w3, v3 is q3, d3, s3, h3, b3. */
function namedIn(text: string, name: string, state: State): boolean {
  const register = /^([xv])(\d+)$/.exec(name);
  if (!register) return name === 'sp' ? /\bw?sp\b/.test(text) : name === 'fpcr' ? state.fpcr !== 0 : name === 'nzcv';
  return new RegExp(`\\b[${register[1] === 'x' ? 'xw' : 'vqdshb'}]${register[2]}\\b`).test(text);
}
