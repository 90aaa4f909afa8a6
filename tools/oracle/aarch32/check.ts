/**
 * Compares the reference evaluator with qemu-arm on random instances of the instructions asked for.
 * node tools/oracle/aarch32/check.ts --group <regexp of a group's or an instruction's name> --cases N --seed S --show N
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { differences } from '../../../test/aarch32/engines/engine.ts';
import { Reference } from '../../../test/aarch32/engines/reference.ts';
import { isThumb, lenientDecoders, matching, randomCase, type SeededCase } from './cases.ts';
import { runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: '.' },
    cases: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '3' },
  },
});

const decoders = lenientDecoders();
const engine = new Reference(decoders);
const random = new Random(Number(values.seed));
const problems = new Map<string, string>();
const asked = matching(values.group).map(insn => {
  const cases: SeededCase[] = [];
  try {
    for (let i = 0; i < Number(values.cases); i++) {
      const found = randomCase(insn, decoders[isThumb(insn) ? 't32' : 'a32'], engine, random);
      if (found) cases.push(found);
    }
  } catch (e) {
    problems.set(insn.name, e instanceof Error ? e.stack ?? e.message : String(e));
  }
  return { insn, cases };
});
const all = runCases(asked.flatMap(a => a.cases));
let [at, failed] = [0, 0];
for (const { insn, cases } of asked) {
  const outcomes = all.slice(at, at += cases.length);
  const wrong = cases.flatMap((c, i) => {
    const [ours, theirs] = [engine.run(c, c.state), outcomes[i]] as const;
    if (!theirs || differences(ours, theirs).length === 0 || skipped(c, ours, theirs)) return [];
    return [report(decoders, c, ['reference', 'qemu'], [ours, theirs])];
  });
  const problem = problems.get(insn.name);
  if (problem === undefined && wrong.length === 0 && cases.length > 0) {
    console.log(`ok    ${insn.name}: ${cases.length} cases`);
    continue;
  }
  failed++;
  console.log(`WRONG ${insn.name}: ${wrong.length} of ${cases.length} cases differ${cases.length === 0 ? ' (no case could be made)' : ''}`);
  if (problem !== undefined) console.log(problem);
  for (const text of wrong.slice(0, Number(values.show))) console.log(`${text}\n`);
}
process.exitCode = failed > 0 ? 1 : 0;
