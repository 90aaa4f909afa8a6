/**
 * Compares our disassembly with binutils' on random valid words.
 * node tools/oracle/powerpc/disasm.ts --group <regexp> --cases N --seed S --show N
 * With --record FILE objdump's text is added to the file, for test/powerpc/disassembly.test.ts.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import { objdumpPowerPc } from '../objdump.ts';
import { decoderOf, matching } from './cases.ts';

const START = 0x1000_8000;

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: '.' },
    cases: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '3' },
    record: { type: 'string' },
  },
});

/** One space where objdump lines up operands. */
const plain = (text: string): string => text.replace(/^(\S+)\s+/, '$1\t').trimEnd();

const decode = decoderOf('ppc64le');
const random = new Random(Number(values.seed));
const found = matching(values.group).flatMap(insn =>
  Array.from({ length: Number(values.cases) }, () => ({ insn, word: randomWord(insn, decode, random) })))
  .filter((w): w is typeof w & { word: number } => w.word !== undefined);
const theirs = objdumpPowerPc(Uint32Array.from(found, f => f.word), START);
if (theirs.length !== found.length) throw new Error(`objdump gave ${theirs.length} lines for ${found.length} words`);
/** Words that objdump knows no name of, such as hints that are reserved. */
const unknown = (i: number): boolean => theirs[i]?.startsWith('.long') ?? true;
const wrong = new Map<string, string[]>();
found.forEach(({ insn, word }, i) => {
  const ours = plain(disassemble(decode, word, BigInt(START + 4 * i)));
  if (ours === theirs[i] || unknown(i)) return;
  const line = `  ${word.toString(16).padStart(8, '0')}  ours: ${ours.padEnd(40)} objdump: ${theirs[i]}`;
  wrong.set(insn.name, [...(wrong.get(insn.name) ?? []), line.replaceAll('\t', ' ')]);
});
if (values.record !== undefined) {
  const known = found.flatMap(({ word }, i) => (unknown(i) ? [] : [{ at: START + 4 * i, word, text: theirs[i] as string }]));
  appendFileSync(values.record, known.map(k => `${k.at.toString(16)} ${k.word.toString(16).padStart(8, '0')} ${k.text}\n`).join(''));
}
for (const insn of matching(values.group)) {
  const lines = wrong.get(insn.name) ?? [];
  const nameless = found.filter((f, i) => f.insn === insn && unknown(i)).length;
  const of = `of ${values.cases}`;
  console.log(`${lines.length > 0 ? 'WRONG' : 'ok   '} ${insn.name}: ${lines.length} ${of} differ${nameless > 0 ? `, ${nameless} have no name` : ''}`);
  for (const line of lines.slice(0, Number(values.show))) console.log(line);
}
process.exitCode = wrong.size > 0 ? 1 : 0;
