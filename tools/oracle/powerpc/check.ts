/**
 * Compares an engine with QEMU's PowerPC emulators on random instances of the instructions asked for.
 * node tools/oracle/powerpc/check.ts --group <regexp of a file's or an instruction's name> --variant ppc64le --cases N --seed S --show N
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { createEngine } from '../../../test/powerpc/engines/all.ts';
import { differences } from '../../../test/powerpc/engines/engine.ts';
import { askedVariants, decoderOf, matching, randomCase, type SeededCase } from './cases.ts';
import { repaired } from './deviations.ts';
import { runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: '.' },
    variant: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string', default: 'reference' },
    cases: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '3' },
  },
});

let failed = 0;
for (const variant of askedVariants(values.variant)) {
  const decode = decoderOf(variant);
  const engine = createEngine(values.engine, variant);
  const random = new Random(Number(values.seed));
  const cases: SeededCase[] = [];
  const broken = new Map<string, unknown>();
  const asked = matching(values.group);
  for (const insn of asked) {
    for (let i = 0; i < Number(values.cases) && !broken.has(insn.name); i++) {
      try {
        const found = randomCase(insn, decode, engine, random);
        if (found) cases.push(found);
        else if (i > 3 && cases.at(-1)?.insn !== insn) break;
      } catch (e) {
        broken.set(insn.name, e);
      }
    }
  }
  const expected = runCases(variant, cases);
  for (const insn of asked) {
    const own = cases.flatMap((c, i) => (c.insn === insn ? [{ c, theirs: expected[i] }] : []));
    if (own.length === 0 && !broken.has(insn.name)) {
      console.log(`none  ${variant} ${insn.name}`);
      continue;
    }
    const wrong = own.flatMap(({ c, theirs: raw }) => {
      if (!raw) return [];
      const ours = engine.run(c.words, c.state);
      const theirs = repaired(c.words.at(-1) as number, c.state, ours, raw);
      const differ = differences(ours, theirs).length > 0 && !skipped(insn.name, c, variant, ours, theirs);
      return differ ? [report(decode, c, [engine.name, 'qemu'], [ours, theirs])] : [];
    });
    if (wrong.length === 0 && !broken.has(insn.name)) {
      console.log(`ok    ${variant} ${insn.name}: ${own.length} cases`);
      continue;
    }
    failed++;
    console.log(`WRONG ${variant} ${insn.name}: ${wrong.length} of ${own.length} cases differ`);
    if (broken.has(insn.name)) console.log(broken.get(insn.name));
    for (const text of wrong.slice(0, Number(values.show))) console.log(`${text}\n`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
