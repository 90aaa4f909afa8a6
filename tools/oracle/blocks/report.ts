/** What is printed of a block on which two executions differ: assembly, registers, IR, wasm. */
import type { Difference } from './compare.ts';
import { named } from './record.ts';
import { CODE, type Target, wordsOf } from './target.ts';

const hex = (value: bigint | undefined): string => (value === undefined ? '' : `0x${value.toString(16)}`);

export function report(target: Target, { engines, code, piece, ours, theirs }: Difference): string {
  const start = CODE + 4 * piece.first;
  const lines = [...wordsOf(code, piece)].map((word, i) =>
    `  ${(start + 4 * i).toString(16)}:  ${word.toString(16).padStart(8, '0')}  ${target.disassemble(word, start + 4 * i).replace('\t', ' ')}`);
  const before = new Map(target.slots.map((name, i) => [name, piece.state[i]!]));
  const [left, right] = [new Map(named(target, ours)), new Map(named(target, theirs))];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const shown = names.filter(name => left.get(name) !== right.get(name) || (before.get(name) ?? 0n) !== 0n || left.get(name) !== (before.get(name) ?? 0n));
  lines.push(`${''.padEnd(12)} ${'before'.padEnd(20)} ${engines.join(', ').padEnd(20)} qemu`);
  for (const name of shown) {
    const star = left.get(name) === right.get(name) ? ' ' : '*';
    lines.push(`${star} ${name.padEnd(10)} ${hex(before.get(name)).padEnd(20)} ${hex(left.get(name)).padEnd(20)} ${hex(right.get(name))}`);
  }
  return lines.join('\n');
}
