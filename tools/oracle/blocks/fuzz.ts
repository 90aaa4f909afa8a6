/**
 * Live differential fuzzing: blocks of random instructions from the instruction list on random states, under QEMU's user mode
 * and under every engine of ours, until time or instructions are up.
 * npm run fuzz -- --minutes N --seed S --guest NAME --group REGEXP --instructions N --reference FRACTION --reports N
 * npm run fuzz -- --only NUMBER                        just that batch, as a report gives its number; may be given again
 * Each difference is shrunk to one instruction where that alone shows it, and printed. Exit status 1 if there were any.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { Comparison, type Difference } from './compare.ts';
import { explain } from './explain.ts';
import { Generator as Blocks } from './generate.ts';
import { report } from './report.ts';
import { Shrinker } from './shrink.ts';
import { BATCH, CODE, wordsOf } from './target.ts';
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
    only: { type: 'string', multiple: true },
  },
});

const target = targetNamed(values.guest);
const generator = new Blocks(target, values.group);
const comparison = new Comparison(target);
const started = Date.now();
const end = started + Number(values.minutes) * 60_000;
const shrinker = new Shrinker(target, new Comparison(target));
const reported = new Set<string>();
let differences = 0;
let next = started + PROGRESS_MS;
console.log(`${target.name}: ${values.only ? `batches ${values.only.join(', ')}` : `seed ${values.seed}`}, ${generator.counts.size} instructions; cold and jit on all blocks, reference on ${values.reference} of them`);
for (const random of values.only ? values.only.map(number => new Random(Number(number))) : goingOn(new Random(Number(values.seed)))) {
  const number = `0x${random.seed.toString(16)}`;
  for (const found of comparison.run(generator.batch(Number(values.batch), random), random, Number(values.reference))) tell(found, number);
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

function* goingOn(random: Random): Generator<Random> {
  while (Date.now() < end && executed() < Number(values.instructions) && reported.size < Number(values.reports)) yield random;
}

/** One report for each instruction and its engines. */
function tell(found: Difference, batch: string): void {
  const { reasons, unknown } = explain(target, shrinker, found);
  if (!unknown) {
    for (const reason of reasons) comparison.excuse(reason);
    return;
  }
  differences++;
  const last = wordsOf(unknown.code, unknown.piece).at(-1);
  const name = `${found.engines.join(', ')}: ${last === undefined ? 'nothing' : target.decoder.decode(last)?.name ?? last.toString(16)}`;
  if (reported.has(name)) return;
  reported.add(name);
  const smallest = shrinker.simplest(unknown);
  const { ir, wasm } = shrinker.comparison.translation(smallest.code, smallest.piece);
  const start = (CODE + 4 * found.piece.first).toString(16);
  console.log(`\n${name}, in the block at 0x${start} of batch ${batch}\n${report(target, smallest)}\nIR\n${ir.map(line => `  ${line}`).join('\n')}\nwasm ${wasm}`);
}
