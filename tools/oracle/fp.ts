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
import { fpState, type Lane } from './fp-values.ts';
import { runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

/** Every instruction that FPCR means anything to, and those that only look at floats. */
const FLOATING = '^fp-|^simd-fp|bfloat|^simd-two-misc$';

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: FLOATING },
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

/** The size of the floats that the word works on, if its name tells. */
function laneOf(name: string): Lane {
  const size = /\b(16|32|64)\b/.exec(name)?.[1];
  return size !== undefined && random.chance(0.85) ? (Number(size) as Lane) : random.pick([16, 32, 64] as const);
}

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
    return Array.from({ length: Number(values.states) }, () => ({ insn, seed: 0, words, state: fpState(random, laneOf(insn.name)) }));
  });
  const expected = runCases(cases);
  done += cases.length;
  for (const engine of engines) cases.forEach((c, i) => { compare(engine, c, expected[i]); });
}
for (const [key, count] of wrong) console.log(`${count} times: ${key}`);
console.log(`${done} cases of ${chosen.length} instructions on ${engines.map(e => e.name).join(', ')}: ${wrong.size === 0 ? 'no difference' : 'DIFFERENCES'}`);
process.exitCode = wrong.size > 0 ? 1 : 0;
