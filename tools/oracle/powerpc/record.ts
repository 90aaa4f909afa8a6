/**
 * Records golden vectors from QEMU's PowerPC emulators for every instruction of the groups asked for: a few cases of
 * each combination of mode fields. One file a group and variant, written over.
 * node tools/oracle/powerpc/record.ts --group <regexp of a group's name> --seed S
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { groups } from '../../../src/guest/powerpc/insns.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { modeCombinations } from '../../../src/isa/generate.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { type GoldenCase, write } from '../../../test/engines/golden.ts';
import { createEngine } from '../../../test/powerpc/engines/all.ts';
import { changes, differences, type Engine } from '../../../test/powerpc/engines/engine.ts';
import { askedVariants, decoderOf, randomCase, type SeededCase } from './cases.ts';
import { repaired } from './deviations.ts';
import { runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const MAX_COMBINATIONS = 16;
/** Cases of an instruction in all, as far as each combination gets one and none more than MAX_EACH. */
const WANTED = 24;
const MAX_EACH = 16;

const { values } = parseArgs({
  options: { group: { type: 'string', default: '.' }, variant: { type: 'string', multiple: true, default: [] }, seed: { type: 'string', default: '1' } },
});

let wrong = 0;
for (const variant of askedVariants(values.variant)) {
  const decode = decoderOf(variant);
  const engine = createEngine('reference', variant);
  const directory = new URL(`../../../test/golden/powerpc/${variant}/`, import.meta.url);
  mkdirSync(directory, { recursive: true });
  for (const [group, members] of Object.entries(groups)) {
    if (!new RegExp(values.group).test(group)) continue;
    const random = new Random(Number(values.seed));
    const golden = record(members.flatMap(insn => casesOf(insn, decode, engine, random)), decode, engine);
    if (golden.length === 0) continue;
    writeFileSync(new URL(`${group}.txt`, directory), write(golden));
    console.log(`${variant} ${group}: ${golden.length} cases`);
  }
}
if (wrong > 0) console.log(`${wrong} cases were recorded in which the reference differs from QEMU`);
process.exitCode = wrong > 0 ? 1 : 0;

function casesOf(insn: Insn, decode: Decoder, engine: Engine, random: Random): SeededCase[] {
  const combinations = modeCombinations(insn, decode, random, MAX_COMBINATIONS);
  const each = Math.min(MAX_EACH, Math.ceil(WANTED / combinations.length));
  return combinations.flatMap(modes => Array.from({ length: each }, () => randomCase(insn, decode, engine, random, modes)))
    .filter(c => c !== undefined);
}

function record(cases: readonly SeededCase[], decode: Decoder, engine: Engine): GoldenCase[] {
  const outcomes = runCases(engine.variant, cases);
  return cases.flatMap((c, i) => {
    const raw = outcomes[i];
    if (!raw) throw new Error('QEMU gave too few results');
    const ours = engine.run(c.words, c.state);
    const theirs = repaired(c.words.at(-1) as number, c.state, ours, raw);
    if (skipped(c.insn.name, c, engine.variant, ours, theirs)) return [];
    if (differences(ours, theirs).length > 0) {
      wrong++;
      console.log(report(decode, c, ['reference', 'qemu'], [ours, theirs]));
    }
    return [{ insn: c.insn.name, word: c.words[0] as number, seed: c.seed, expected: changes(c.state, theirs) }];
  });
}
