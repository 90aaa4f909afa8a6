/** The spelling of A64 instructions, against what objdump wrote (recorded by tools/oracle/disasm.ts --record). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { insns } from '../src/guest/aarch64/insns.ts';
import { decoder } from '../src/isa/decode.ts';
import { disassemble } from '../src/isa/disassemble.ts';

const lines = readFileSync(new URL('./golden/disassembly-aarch64.txt', import.meta.url), 'utf8').trimEnd().split('\n');
const decode = decoder(insns);

/** A system register that we don't have is written by its encoding, whatever name objdump has for it. */
const numbered = /^(msr\ts\d_\d_c\d+_c\d+_\d,|mrs\t\w+, s\d_\d_c\d+_c\d+_\d$)/;

/** Address and word in hexadecimal, and the text. */
function parse(line: string): { pc: bigint; word: number; text: string } {
  const [pc, word] = line.split(' ', 2) as [string, string];
  return { pc: BigInt(`0x${pc}`), word: Number.parseInt(word, 16), text: line.slice(pc.length + word.length + 2) };
}

describe('disassembly', () => {
  test('is spelt as objdump spells it', () => {
    const wrong = lines.map(parse)
      .map(({ pc, word, text }) => ({ word: word.toString(16), ours: disassemble(decode, word, pc), objdump: text }))
      .filter(({ ours, objdump }) => ours !== objdump && !numbered.test(ours));
    expect(wrong).toEqual([]);
  });

  test('covers every instruction that objdump knows', () => {
    const covered = new Set(lines.map(line => decode.decode(parse(line).word)?.name));
    const unknownToObjdump = insns.map(i => i.name).filter(name => !covered.has(name));
    expect(unknownToObjdump).toEqual([]);
  });
});
