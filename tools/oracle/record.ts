/**
 * Records golden vectors from qemu-aarch64 for every instruction of the groups asked for: a few cases of each
 * combination of mode fields. One file a group, written over.
 * node tools/oracle/record.ts --group <regexp of a group's name> --seed S
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { groups, insns } from '../../src/guest/aarch64/insns.ts';
import { Random } from '../../src/base/random.ts';
import { decoder } from '../../src/isa/decode.ts';
import { modeCombinations } from '../../src/isa/generate.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { differences } from '../../test/engines/engine.ts';
import { changes, type GoldenCase, write } from '../../test/engines/golden.ts';
import { Reference } from '../../test/engines/reference.ts';
import { cpuFor, randomCase, type SeededCase } from './cases.ts';
import { DEFAULT_CPU, runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const MAX_COMBINATIONS = 32;
/** Cases of an instruction in all, as far as each combination gets one and none more than MAX_EACH. */
const WANTED = 96;
const MAX_EACH = 24;
/** The same of SVE, whose arithmetic is AdvSIMD's: what is its own are predicates. */
const WANTED_OF_SVE = 12;

const { values } = parseArgs({ options: { group: { type: 'string', default: '.' }, seed: { type: 'string', default: '1' } } });

const decode = decoder(insns);
const engine = new Reference(decode);
const directory = new URL('../../test/golden/aarch64/', import.meta.url);
mkdirSync(directory, { recursive: true });
let wrong = 0;
for (const [group, members] of Object.entries(groups)) {
  if (!new RegExp(values.group).test(group)) continue;
  const random = new Random(Number(values.seed));
  const golden = record(members.flatMap(insn => casesOf(insn, random)));
  if (golden.length === 0) continue;
  writeFileSync(new URL(`${group}.txt`, directory), write(golden));
  console.log(`${group}: ${golden.length} cases`);
}
if (wrong > 0) console.log(`${wrong} cases were recorded in which the reference differs from QEMU`);
process.exitCode = wrong > 0 ? 1 : 0;

function casesOf(insn: Insn, random: Random): SeededCase[] {
  const combinations = modeCombinations(insn, decode, random, MAX_COMBINATIONS);
  const wanted = insn.requires === 'SVE' ? WANTED_OF_SVE : WANTED;
  const each = Math.min(MAX_EACH, Math.ceil(wanted / combinations.length));
  return combinations.flatMap(modes => Array.from({ length: each }, () => randomCase(insn, decode, engine, random, modes)))
    .filter(c => c !== undefined);
}

function record(cases: readonly SeededCase[]): GoldenCase[] {
  const special = cases.filter(c => cpuFor(c.insn) !== DEFAULT_CPU);
  return [...recordOn(DEFAULT_CPU, cases.filter(c => !special.includes(c))), ...special.flatMap(c => recordOn(cpuFor(c.insn), [c]))];
}

function recordOn(cpu: string, cases: readonly SeededCase[]): GoldenCase[] {
  const outcomes = runCases(cases, cpu);
  return cases.flatMap((c, i) => {
    const theirs = outcomes[i];
    if (!theirs) throw new Error('QEMU gave too few results');
    const ours = engine.run(c.words, c.state);
    if (skipped(c, ours, theirs)) return [];
    if (differences(ours, theirs).length > 0) {
      wrong++;
      console.log(report(decode, c, ['reference', 'qemu'], [ours, theirs]));
    }
    return [{ insn: c.insn.name, word: c.words[0] as number, seed: c.seed, expected: changes(c.state, theirs) }];
  });
}
