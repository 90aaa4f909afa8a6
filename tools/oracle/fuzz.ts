/**
 * Live differential fuzzing against qemu-aarch64: blocks of random instructions on random states, until time is up.
 * npm run fuzz -- --minutes N --seed S --engine NAME --group REGEXP --words N --cpu MODEL
 * Each difference is shrunk and printed with its assembly, the input, and both outcomes. Exit status 1 if there were any.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../src/base/random.ts';
import type { Decoder } from '../../src/isa/decode.ts';
import { randomWord } from '../../src/isa/generate.ts';
import { createEngine, engineNames } from '../../test/engines/all.ts';
import { CODE, differences, type Engine, Incomparable } from '../../test/engines/engine.ts';
import { stateOf } from '../../test/engines/inputs.ts';
import { cpuFor, lenientDecoder, matching } from './cases.ts';
import { type Case, DEFAULT_CPU, harmless } from './qemu.ts';
import { report } from './report.ts';
import { compare, type Difference, shrink } from './shrink.ts';
import { skipped } from './skips.ts';

const ROUND = 500;
const MAX_REPORTS = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', multiple: true, default: [...engineNames] },
    group: { type: 'string', default: '.' },
    words: { type: 'string', default: '6' },
    cpu: { type: 'string', default: DEFAULT_CPU },
  },
});

const decode = lenientDecoder();
const random = new Random(Number(values.seed));
const chosen = matching(values.group).filter(insn => cpuFor(insn, values.cpu) === values.cpu);
const engines = values.engine.map(name => createEngine(name, decode));
const end = Date.now() + Number(values.minutes) * 60_000;
let cases = 0;
let reports = 0;
console.log(`seed ${values.seed}, engines ${engines.map(e => e.name).join(', ')}, ${chosen.length} instructions`);
while (Date.now() < end && reports < MAX_REPORTS) {
  const round = Array.from({ length: ROUND }, block).filter(c => comparable(engines[0] as Engine, c));
  cases += round.length;
  for (const engine of engines) for (const found of compare(engine, round, values.cpu)) tell(engine, found, decode);
}
console.log(`${cases} blocks, ${reports} differences`);
process.exitCode = reports > 0 ? 1 : 0;

function block(): Case {
  const length = 1 + random.below(Number(values.words));
  const words: number[] = [];
  while (words.length < length) {
    const word = randomWord(random.pick(chosen), decode, random);
    if (word !== undefined && harmless(word)) words.push(word);
  }
  return { words: Uint32Array.from(words), state: stateOf(random.u32()) };
}

/** Linux has TBI on: QEMU's pc is without its top byte. */
function comparable(engine: Engine, { words, state }: Case): boolean {
  try {
    const { pc } = engine.run(words, state);
    return BigInt.asUintN(64, BigInt.asIntN(56, pc)) === pc;
  } catch (e) {
    if (e instanceof Incomparable) return false;
    throw e;
  }
}

function tell(engine: Engine, found: Difference, decoder: Decoder): void {
  const last = Number(found.ours.pc - CODE) / 4;
  if (excused(found, last) || reports >= MAX_REPORTS) return;
  const smallest = shrink(engine, found, values.cpu);
  if (smallest.words.length === 1 && excused(smallest, 0)) return;
  reports++;
  console.log(`\n${engine.name} differs in ${differences(smallest.ours, smallest.theirs).join(', ')}`);
  console.log(report(decoder, smallest, [engine.name, 'qemu'], [smallest.ours, smallest.theirs]));
}

/** Whether the instruction at `index` may do what it did. */
function excused({ words, state, ours, theirs }: Difference, index: number): boolean {
  const word = words[index];
  const insn = word === undefined ? undefined : decode.decode(word);
  return insn !== undefined && skipped({ insn, seed: 0, words, state }, ours, theirs);
}
