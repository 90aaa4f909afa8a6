/**
 * Compares our disassembly of A32 and T32 with binutils' on random valid words.
 * node tools/oracle/aarch32/disasm.ts --group <regexp> --cases N --seed S --show N
 * With --record FILE objdump's text takes the place of what the file had of these instructions, for test/aarch32/disassembly.test.ts.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { objdumpA32, objdumpT32, plainArm, THUMB_STRIDE } from '../objdump.ts';
import { isThumb, lenientDecoders, matching } from './cases.ts';

const START = 0x1000_8000;

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: '.' },
    cases: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '3' },
    record: { type: 'string' },
  },
});

/**
 * What binutils 2.40 gets wrong: a rotation in capitals, SSAT's and USAT's shift by 32 as one by 0, and half the number of Rd in
 * T32's CRC32H.
 */
const misspelt = { a32: /, ROR #|^[su]sat\w*\t.*, asr #0$/, t32: /^crc32h\t/ } as const;

const decoders = lenientDecoders();
const random = new Random(Number(values.seed));
const asked = matching(values.group);
const wrong = new Map<string, string[]>();
const recorded: string[] = [];
for (const [set, members] of [['a32', asked.filter(i => !isThumb(i))], ['t32', asked.filter(isThumb)]] as const) compare(set, members);
if (values.record !== undefined) {
  const old = existsSync(values.record) ? readFileSync(values.record, 'utf8').split('\n').filter(line => line !== '' && !isAsked(line)) : [];
  writeFileSync(values.record, `${[...old, ...recorded].join('\n')}\n`);
}
for (const insn of asked) {
  const lines = wrong.get(insn.name) ?? [];
  console.log(`${lines.length > 0 ? 'WRONG' : 'ok   '} ${insn.name}${lines.length > 0 ? `: ${lines.length} of ${values.cases}` : ''}`);
  for (const line of lines.slice(0, Number(values.show))) console.log(line);
}
process.exitCode = wrong.size > 0 ? 1 : 0;

function compare(set: 'a32' | 't32', members: readonly Insn[]): void {
  const decode = decoders[set];
  const found = members.flatMap(insn => Array.from({ length: Number(values.cases) }, () => ({ insn, word: randomWord(insn, decode, random, condition(insn)) })))
    .filter((w): w is typeof w & { word: number } => w.word !== undefined);
  const stride = set === 't32' ? THUMB_STRIDE : 4;
  const theirs = (set === 't32' ? objdumpT32 : objdumpA32)(Uint32Array.from(found, f => f.word), START);
  found.forEach(({ insn, word }, i) => {
    const at = START + stride * i;
    const text = theirs[i]!;
    if (misspelt[set].test(text)) return;
    if (text !== '') recorded.push(`${set} ${at.toString(16)} ${word.toString(16).padStart(8, '0')} ${text}`);
    const ours = plainArm(disassemble(decode, word, BigInt(at)));
    if (ours === text) return;
    const line = `  ${word.toString(16).padStart(8, '0')}  ours: ${ours.padEnd(44)} objdump: ${text}`;
    wrong.set(insn.name, [...(wrong.get(insn.name) ?? []), line.replaceAll('\t', ' ')]);
  });
}

/** Half of A32's are without a condition. */
function condition(insn: Insn): Record<string, number> {
  return insn.fields.some(f => f.name === 'cond') && random.chance(0.5) ? { cond: 14 } : {};
}

function isAsked(line: string): boolean {
  const [set, , word] = line.split(' ', 3) as [string, string, string];
  const insn = decoders[set === 't32' ? 't32' : 'a32'].decode(Number.parseInt(word, 16));
  return insn === undefined || asked.some(a => a.name === insn.name);
}
