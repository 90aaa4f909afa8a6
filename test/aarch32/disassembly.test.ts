/** The spelling of A32 and T32 instructions, against what objdump wrote (recorded by tools/oracle/aarch32/disasm.ts --record). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { disassemble } from '../../src/isa/disassemble.ts';
import { a32, t32 } from './engines/decoders.ts';

const decoders = { a32, t32 } as const;

/** Instruction set, address and word in hexadecimal, and the text. */
function parse(line: string): { decode: typeof a32; pc: bigint; word: number; text: string } {
  const [set, pc, word] = line.split(' ', 3) as [keyof typeof decoders, string, string];
  return { decode: decoders[set], pc: BigInt(`0x${pc}`), word: Number.parseInt(word, 16), text: line.slice(set.length + pc.length + word.length + 3) };
}

/** Without a comment, such as the value of an encoded constant. */
const plain = (text: string): string => text.replace(/\s*@.*$/, '');

const lines = readFileSync(new URL('../golden/disassembly-aarch32.txt', import.meta.url), 'utf8').split('\n').filter(line => line !== '').map(parse);

describe('disassembly of AArch32', () => {
  test('is spelt as objdump spells it', () => {
    const wrong = lines.map(({ decode, pc, word, text }) => ({ word: word.toString(16), ours: plain(disassemble(decode, word, pc)), objdump: text }))
      .filter(({ ours, objdump }) => ours !== objdump);
    expect(wrong).toEqual([]);
  });

  test('covers every instruction that objdump knows', () => {
    const covered = new Set(lines.map(({ decode, word }) => decode.decode(word)?.name));
    const unknownToObjdump = [...a32.insns, ...t32.insns].map(i => i.name).filter(name => !covered.has(name));
    expect(unknownToObjdump).toEqual([]);
  });
});
