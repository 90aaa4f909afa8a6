/** The spelling of PowerPC instructions, against what objdump wrote (recorded by tools/oracle/powerpc/disasm.ts --record). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createPowerPc, models } from '../../src/guest/powerpc/index.ts';
import { disassemble } from '../../src/isa/disassemble.ts';

const lines = readFileSync(new URL('../golden/disassembly-powerpc.txt', import.meta.url), 'utf8').trimEnd().split('\n');
const { decoder } = createPowerPc(models.power9);

/** Address and word in hexadecimal, and the text. */
function parse(line: string): { pc: bigint; word: number; text: string } {
  const [pc, word] = line.split(' ', 2) as [string, string];
  return { pc: BigInt(`0x${pc}`), word: Number.parseInt(word, 16), text: line.slice(pc.length + word.length + 2) };
}

test('disassembly is spelt as objdump spells it', () => {
  expect(lines.length).toBeGreaterThan(1000);
  const wrong = lines.map(parse)
    .map(({ pc, word, text }) => ({ word: word.toString(16), ours: disassemble(decoder, word, pc).trimEnd(), objdump: text }))
    .filter(({ ours, objdump }) => ours !== objdump);
  expect(wrong).toEqual([]);
});
