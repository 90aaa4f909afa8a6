/** What is printed of a case on which two executions differ. */
import type { Decoder } from '../../../src/isa/decode.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { CODE, differences, items, type Outcome, stateItems } from '../../../test/powerpc/engines/engine.ts';
import type { Case } from './qemu.ts';

const hex = (value: bigint | string | undefined): string =>
  (value === undefined ? 'unchanged' : typeof value === 'string' ? value : `0x${value.toString(16)}`);

export function listing(decoder: Decoder, words: Uint32Array): string {
  return [...words].map((word, i) => {
    const pc = CODE + BigInt(i * 4);
    return `  ${pc.toString(16)}:  ${word.toString(16).padStart(8, '0')}  ${disassemble(decoder, word, pc)}`;
  }).join('\n');
}

/** Assembly, the input registers that matter (named in the assembly, or changed), and both outcomes, a star where they differ. */
export function report(decoder: Decoder, { words, state }: Case, names: readonly [string, string], outcomes: readonly [Outcome, Outcome]): string {
  const text = listing(decoder, words);
  const input = new Map<string, bigint | string>(stateItems(state));
  const [left, right] = outcomes.map(o => new Map(items(o))) as [Map<string, bigint | string>, Map<string, bigint | string>];
  const starred = new Set(differences(...outcomes));
  const all = [...new Set([...input.keys(), ...left.keys(), ...right.keys()])];
  const matters = (name: string): boolean =>
    starred.has(name) || left.get(name) !== input.get(name) || /^(cr|xer|fpscr)$/.test(name) || new RegExp(`\\b${name}\\b`).test(text);
  const rows = all.filter(matters).map(name =>
    `${starred.has(name) ? '*' : ' '} ${name.padEnd(9)} ${hex(input.get(name) ?? '').padEnd(36)} ${hex(left.get(name)).padEnd(36)} ${hex(right.get(name))}`);
  return `${text}\n            ${'before'.padEnd(36)} ${names[0].padEnd(36)} ${names[1]}\n${rows.join('\n')}`;
}
