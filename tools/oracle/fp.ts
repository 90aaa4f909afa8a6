/**
 * Floating point over all modes and special values, each engine against qemu-aarch64: one instruction at a time, some
 * words of it, each on many states.
 * node tools/oracle/fp.ts --group REGEXP --rounds N --states N --seed S --engine NAME --show N
 */
import { parseArgs } from 'node:util';
import { Random } from '../../src/base/random.ts';
import { insns } from '../../src/guest/aarch64/insns.ts';
import { decoder } from '../../src/isa/decode.ts';
import { randomWord } from '../../src/isa/generate.ts';
import { createEngine, engineNames } from '../../test/engines/all.ts';
import { differences, type Engine, type Outcome } from '../../test/engines/engine.ts';
import { matching, type SeededCase } from './cases.ts';
import { floatingPoint, fpState, laneOf } from '../../test/engines/fp-values.ts';
import { runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: floatingPoint.source },
    rounds: { type: 'string', default: '1' },
    states: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', multiple: true, default: [...engineNames] },
    show: { type: 'string', default: '1' },
  },
});

const decode = decoder(insns);
const engines = values.engine.map(name => createEngine(name, decode));
const random = new Random(Number(values.seed));
const chosen = matching(values.group);
const wrong = new Map<string, number>();
let done = 0;

function compare(engine: Engine, c: SeededCase, theirs: Outcome | undefined): void {
  const ours = engine.run(c.words, c.state);
  if (!theirs || differences(ours, theirs).length === 0 || skipped(c, ours, theirs)) return;
  const key = `${engine.name} ${c.insn.name}`;
  const count = (wrong.get(key) ?? 0) + 1;
  wrong.set(key, count);
  if (count > Number(values.show)) return;
  console.log(`${key}, FPCR ${c.state.fpcr.toString(16)}\n${report(decode, c, [engine.name, 'qemu'], [ours, theirs])}\n`);
}

for (let round = 0; round < Number(values.rounds); round++) {
  const cases = chosen.flatMap(insn => {
    const word = randomWord(insn, decode, random);
    if (word === undefined) return [];
    const words = Uint32Array.of(word);
    return Array.from({ length: Number(values.states) }, () => ({ insn, seed: 0, words, state: fpState(random, laneOf(insn.name, random, word)) }));
  });
  const expected = runCases(cases);
  done += cases.length;
  for (const engine of engines) cases.forEach((c, i) => { compare(engine, c, expected[i]); });
}
for (const [key, count] of wrong) console.log(`${count} times: ${key}`);
console.log(`${done} cases of ${chosen.length} instructions on ${engines.map(e => e.name).join(', ')}: ${wrong.size === 0 ? 'no difference' : 'DIFFERENCES'}`);
process.exitCode = wrong.size > 0 ? 1 : 0;
