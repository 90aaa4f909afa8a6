/**
 * Compares the reference evaluator with qemu-aarch64 on random instances of the instructions asked for.
 * node tools/oracle/check.ts --group <regexp of a file's or an instruction's name> --cases N --seed S --show N --cpu MODEL
 */
import { parseArgs } from 'node:util';
import { Random } from '../../src/base/random.ts';
import { differences } from '../../test/engines/engine.ts';
import { Reference } from '../../test/engines/reference.ts';
import { cpuFor, lenientDecoder, matching, randomCase, type SeededCase } from './cases.ts';
import { DEFAULT_CPU, runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: '.' },
    cases: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '3' },
    cpu: { type: 'string', default: DEFAULT_CPU },
  },
});

const asked = matching(values.group);
const decode = lenientDecoder();
const engine = new Reference(decode);
const random = new Random(Number(values.seed));
let failed = 0;

for (const insn of asked) {
  const cases: SeededCase[] = [];
  let broken: unknown;
  for (let i = 0; i < Number(values.cases) && broken === undefined; i++) {
    try {
      const found = randomCase(insn, decode, engine, random);
      if (found) cases.push(found);
    } catch (e) {
      broken = e;
    }
  }
  const expected = runCases(cases, cpuFor(insn, values.cpu));
  const wrong = cases.flatMap((c, i) => {
    const [ours, theirs] = [engine.run(c.words, c.state), expected[i]] as const;
    return theirs && differences(ours, theirs).length > 0 && !skipped(c, ours, theirs) ? [report(decode, c, ['reference', 'qemu'], [ours, theirs])] : [];
  });
  if (broken === undefined && wrong.length === 0 && cases.length > 0) {
    console.log(`ok    ${insn.name}: ${cases.length} cases`);
    continue;
  }
  failed++;
  console.log(`WRONG ${insn.name}: ${wrong.length} of ${cases.length} cases differ${cases.length === 0 ? ' (no case could be made)' : ''}`);
  if (broken !== undefined) console.log(broken instanceof Error ? broken.stack : broken);
  for (const text of wrong.slice(0, Number(values.show))) console.log(`${text}\n`);
}
process.exitCode = failed > 0 ? 1 : 0;
