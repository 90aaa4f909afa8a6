/**
 * Compares our disassembly with binutils' on random valid words.
 * node tools/oracle/disasm.ts --group <regexp> --cases N --seed S --show N
 * node tools/oracle/disasm.ts --words N --seed S --guest aarch64|powerpc
 *   N random words, half of them instructions; what differs is counted by the rules in disasm/ that explain it.
 * With --record FILE objdump's text is added to the file, for test/disassembly.test.ts.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../src/base/random.ts';
import { disassemble } from '../../src/isa/disassemble.ts';
import { randomWord } from '../../src/isa/generate.ts';
import { aarch64 } from './disasm/aarch64.ts';
import { powerpc } from './disasm/powerpc.ts';
import { compareWords } from './disasm/words.ts';
import { lenientDecoder, matching } from './cases.ts';
import { objdump, plain } from './objdump.ts';

const START = 0x1000_8000;

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: '.' },
    cases: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '3' },
    record: { type: 'string' },
    words: { type: 'string' },
    guest: { type: 'string', default: 'aarch64' },
  },
});

if (values.words !== undefined) {
  const spelling = values.guest === 'powerpc' ? powerpc : aarch64;
  process.exit(compareWords(spelling, Number(values.words), Number(values.seed), line => console.log(line)) > 0 ? 1 : 0);
}
const decode = lenientDecoder();
const random = new Random(Number(values.seed));
const words = matching(values.group).flatMap(insn =>
  Array.from({ length: Number(values.cases) }, () => ({ insn, word: randomWord(insn, decode, random) })));
const found = words.filter((w): w is typeof w & { word: number } => w.word !== undefined);
const theirs = objdump(Uint32Array.from(found, f => f.word), START);
const wrong = new Map<string, string[]>();
found.forEach(({ insn, word }, i) => {
  const pc = BigInt(START + 4 * i);
  const ours = plain(disassemble(decode, word, pc));
  if (ours === theirs[i]) return;
  const line = `  ${word.toString(16).padStart(8, '0')}  ours: ${ours.padEnd(44)} objdump: ${theirs[i]}`;
  wrong.set(insn.name, [...(wrong.get(insn.name) ?? []), line.replaceAll('\t', ' ')]);
});
if (values.record !== undefined) {
  const known = found.map(({ word }, i) => ({ at: START + 4 * i, word, text: theirs[i] as string })).filter(k => !k.text.startsWith('.inst'));
  appendFileSync(values.record, known.map(k => `${k.at.toString(16)} ${k.word.toString(16).padStart(8, '0')} ${k.text}\n`).join(''));
}
for (const insn of matching(values.group)) {
  const lines = wrong.get(insn.name) ?? [];
  console.log(`${lines.length > 0 ? 'WRONG' : 'ok   '} ${insn.name}${lines.length > 0 ? `: ${lines.length} of ${values.cases}` : ''}`);
  for (const line of lines.slice(0, Number(values.show))) console.log(line);
}
process.exitCode = wrong.size > 0 ? 1 : 0;
