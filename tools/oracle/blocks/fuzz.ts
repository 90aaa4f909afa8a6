/**
 * Live differential fuzzing: blocks of random instructions from the instruction list on random states, under QEMU's user mode
 * and under every engine of ours, until time or instructions are up.
 * npm run fuzz -- --minutes N --seed S --guest NAME --group REGEXP --instructions N --reference FRACTION --reports N
 * Each difference is shrunk to one instruction where that alone shows it, and printed. Exit status 1 if there were any.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { Comparison, type Difference } from './compare.ts';
import { Generator } from './generate.ts';
import { report } from './report.ts';
import { Shrinker } from './shrink.ts';
import { BATCH } from './target.ts';
import { targetNamed } from '../targets.ts';

const PROGRESS_MS = 30_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    guest: { type: 'string', default: 'aarch64' },
    group: { type: 'string', default: '.' },
    instructions: { type: 'string', default: 'Infinity' },
    reference: { type: 'string', default: '0.1' },
    reports: { type: 'string', default: '20' },
    batch: { type: 'string', default: String(BATCH) },
  },
});

const target = targetNamed(values.guest);
const random = new Random(Number(values.seed));
const generator = new Generator(target, values.group, random);
const comparison = new Comparison(target);
const started = Date.now();
const end = started + Number(values.minutes) * 60_000;
const shrinker = new Shrinker(target);
const reported = new Set<string>();
let differences = 0;
let next = started + PROGRESS_MS;
console.log(`${target.name}: seed ${values.seed}, ${generator.counts.size} instructions; cold and jit on all blocks, reference on ${values.reference} of them`);
while (Date.now() < end && executed() < Number(values.instructions) && reported.size < Number(values.reports)) {
  for (const found of comparison.run(generator.batch(Number(values.batch)), random, Number(values.reference))) tell(found);
  if (Date.now() < next) continue;
  next += PROGRESS_MS;
  console.log(`${executed()} instructions, ${differences} differences, ${Math.round(executed() / ((Date.now() - started) / 1000))} a second`);
}
const { completed, raised, evaluated, units, excused, time } = comparison;
console.log(`${executed()} instructions (${completed} completed, ${raised} raised) on QEMU, cold and jit (${units} units); ${evaluated} of them in the reference`);
console.log(`seconds: ${Object.entries(time).map(([what, ms]) => `${what} ${Math.round(ms / 1000)}`).join(', ')}, all ${Math.round((Date.now() - started) / 1000)}`);
const least = [...generator.counts].sort((a, b) => a[1] - b[1]).slice(0, 5).map(([insn, n]) => `${insn.name} ${n}`);
console.log(`least often: ${least.join(', ')}`);
for (const [reason, n] of excused) console.log(`${n} blocks may differ: ${reason}`);
console.log(`${differences} differences`);
process.exitCode = differences > 0 ? 1 : 0;

function executed(): number { return comparison.completed + comparison.raised; }

/** One report for each instruction and engine. */
function tell(found: Difference): void {
  const shortest = shrinker.shortest(found);
  const last = shortest.words.at(-1);
  const insn = last === undefined ? undefined : target.decoder.decode(last);
  if (insn && shortest.words.length === 1) {
    const reason = target.instructionDeviation(insn, last!, shortest.state, shortest.ours, shortest.theirs);
    if (reason !== undefined) return comparison.excuse(reason);
  }
  differences++;
  const name = `${found.engine} ${insn?.name ?? last?.toString(16) ?? ''}`;
  if (reported.has(name)) return;
  reported.add(name);
  const smallest = shrinker.simplest(shortest);
  const { ir, wasm } = shrinker.comparison.translation(smallest);
  console.log(`\n${name}\n${report(target, smallest)}\nIR\n${ir.map(line => `  ${line}`).join('\n')}\nwasm ${wasm}`);
}
