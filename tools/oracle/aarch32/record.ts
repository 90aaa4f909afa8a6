/**
 * Records golden vectors from qemu-arm for every instruction of the groups asked for: a few cases of each combination of mode
 * fields. One file a group, written over.
 * node tools/oracle/aarch32/record.ts --group <regexp of a group's name> --seed S
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { modeCombinations } from '../../../src/isa/generate.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { changes, differences } from '../../../test/aarch32/engines/engine.ts';
import { Reference } from '../../../test/aarch32/engines/reference.ts';
import { type GoldenCase, write } from '../../../test/engines/golden.ts';
import { groups, isThumb, lenientDecoders, randomCase, type SeededCase } from './cases.ts';
import { runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

/** Combinations of mode fields of an instruction, and cases at least: half as many of T32, whose meanings are mostly A32's. */
const MOST = 16;
const LEAST = 4;

const { values } = parseArgs({ options: { group: { type: 'string', default: '.' }, seed: { type: 'string', default: '1' } } });

const decoders = lenientDecoders();
const decoderOf = (insn: Insn) => decoders[isThumb(insn) ? 't32' : 'a32'];
const engine = new Reference(decoders);
const directory = new URL('../../../test/golden/aarch32/', import.meta.url);
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
  const decode = decoderOf(insn);
  const share = isThumb(insn) ? 0.5 : 1;
  // The condition is one mode of many and left to chance, so that combinations are those of the others.
  const combinations = distinct(modeCombinations(insn, decode, random, MOST * share).map(({ cond: _, ...others }) => others));
  const each = Math.ceil((LEAST * share) / combinations.length);
  return combinations.flatMap(modes => Array.from({ length: each }, () => randomCase(insn, decode, engine, random, modes)))
    .filter(c => c !== undefined);
}

function distinct<T extends object>(all: readonly T[]): T[] {
  return [...new Map(all.map(one => [JSON.stringify(one), one])).values()];
}

function record(cases: readonly SeededCase[]): GoldenCase[] {
  const outcomes = runCases(cases);
  return cases.flatMap((c, i) => {
    const theirs = outcomes[i];
    if (!theirs) throw new Error(`QEMU gave no result for ${c.insn.name} ${c.words[0]!.toString(16)}`);
    const ours = engine.run(c, c.state);
    if (skipped(c, ours, theirs)) return [];
    if (differences(ours, theirs).length > 0) {
      wrong++;
      console.log(report(decoders, c, ['reference', 'qemu'], [ours, theirs]));
    }
    return [{ insn: c.insn.name, word: c.words[0]!, seed: c.seed, expected: changes(c.words[0]!, c.state, theirs) }];
  });
}
