/**
 * Live differential fuzzing against qemu-arm: blocks of random A32 and T32 instructions on random states under every engine, until so
 * many instructions were run that all agree on, or time is up. Exit status 1 where something differs.
 * npm run fuzz -- --guest aarch32 --instructions N --minutes M --seed S --engine NAME --group REGEXP --words N
 * Each difference is cut to the instruction that makes it. Where that is QEMU's (skips.ts), the block counts up to it.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import { createEngine, engineNames } from '../../../test/aarch32/engines/all.ts';
import { bytesOf, CODE, differences, type Engine, Incomparable, type Outcome, placed, type State } from '../../../test/aarch32/engines/engine.ts';
import { Reference } from '../../../test/aarch32/engines/reference.ts';
import { isQemus, lenientDecoders, matching } from './cases.ts';
import { Blocks, nopLike } from './generate.ts';
import { type Case, runCases } from './qemu.ts';
import { report } from './report.ts';
import { skipped } from './skips.ts';

const ROUND = 1000;
const PROGRESS_MS = 30_000;

const { values } = parseArgs({
  options: {
    guest: { type: 'string', default: 'aarch32' },
    instructions: { type: 'string', default: 'Infinity' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', multiple: true, default: [...engineNames] },
    group: { type: 'string', default: '.' },
    words: { type: 'string', default: '30' },
    reports: { type: 'string', default: '10' },
  },
});

const random = new Random(Number(values.seed));
const started = Date.now();
const end = started + Number(values.minutes) * 60_000;
const decoders = lenientDecoders();
const chosen = matching(values.group);
const blocks = new Blocks(decoders, chosen, random);
const engines: readonly Engine[] = values.engine.map(name => createEngine(name));
/** For one run: it compiles nothing. */
const quickest = new Reference(decoders);
let [agreed, cut, reports, judged] = [0, 0, 0, 0];
/** Instructions with a report. */
const reported = new Set<string>();
let next = started + PROGRESS_MS;
console.log(`aarch32: seed ${values.seed}, ${chosen.length} instructions; ${values.engine.join(', ')} on all blocks`);
while (agreed < Number(values.instructions) && Date.now() < end && reported.size < Number(values.reports)) {
  round();
  if (Date.now() < next) continue;
  next += PROGRESS_MS;
  console.log(`${agreed} instructions, ${reports} differences, ${Math.round(agreed / ((Date.now() - started) / 1000))} a second`);
}
console.log(`${agreed} instructions in ${judged} blocks on QEMU and every engine; ${cut} blocks cut where QEMU is known to differ; ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${reports} differences`);
process.exitCode = reports > 0 ? 1 : 0;

/** Most instructions that raise make room for a NOP, so that what follows them is run. Undefined: it can't be compared. */
function prepared(): Case | undefined {
  for (let c = blocks.block(Number(values.words)); ;) {
    const outcome = orUndefined(() => quickest.run(c, c.state));
    if (!outcome || leavesBadly(c, outcome)) return undefined;
    const at = outcome.stop === 'left' ? -1 : placed(c, c.state).findIndex(p => p.at === outcome.pc);
    if (at < 0 || random.chance(0.03)) return c;
    const { word, thumb } = placed(c, c.state)[at]!;
    if (word === nopLike(word, thumb)) return c;
    c = { ...c, words: c.words.with(at, nopLike(word, thumb)) };
  }
}

/** To the middle of one of its instructions, or to one in the other instruction set, or where QEMU itself is. */
function leavesBadly(c: Case, { stop, pc }: Outcome): boolean {
  return stop === 'left' && (isQemus(pc) || (pc >= Number(CODE) && pc < endOf(c)));
}

function endOf(c: Case): number {
  const { at, word, thumb } = placed(c, c.state).at(-1)!;
  return at + bytesOf(word, thumb);
}

function orUndefined<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (e) {
    if (e instanceof Incomparable) return undefined;
    throw e;
  }
}

function outcomesOf(c: Case): Outcome[] | undefined { return orUndefined(() => engines.map(engine => engine.run(c, c.state))); }

function same(outcomes: readonly Outcome[]): boolean {
  return outcomes.every((o, i) => i === 0 || differences(outcomes[i - 1]!, o).length === 0);
}

function round(): void {
  const cases = Array.from({ length: ROUND }, prepared).filter(c => c !== undefined)
    .flatMap(c => {
      const ours = outcomesOf(c);
      quickest.run(c, c.state);
      return ours ? [{ c, ours, executed: quickest.steps }] : [];
    });
  const theirs = runCases(cases.map(({ c }) => c));
  const differing: Case[] = [];
  cases.forEach(({ c, ours, executed }, i) => {
    judged++;
    if (theirs[i] && same([...ours, theirs[i]])) agreed += executed;
    else differing.push(c);
  });
  for (const c of differing) explain(c);
}

/** Finds the first instruction that makes a difference, and says so unless it is known. */
function explain(c: Case): void {
  const beginnings = Array.from(c.words, (_, i) => ({ ...c, words: c.words.slice(0, i + 1) }));
  const theirs = runCases(beginnings);
  for (const [i, beginning] of beginnings.entries()) {
    const [ours, expected] = [outcomesOf(beginning), theirs[i]];
    if (!ours || !expected) return;
    if (!same([...ours, expected])) return tell(beginning, i === 0 ? c.state : theirs[i - 1]!, ours, expected);
    agreed++;
  }
}

/** `before`: the state in which the last instruction was run. */
function tell(c: Case, before: State, ours: readonly Outcome[], theirs: Outcome): void {
  const { at, word, thumb } = placed(c, c.state).at(-1)!;
  const insn = decoders[thumb ? 't32' : 'a32'].decode(word);
  if (insn && same(ours) && skipped({ insn, seed: 0, words: Uint32Array.of(word), state: before, at }, ours[0]!, theirs)) {
    cut++;
    return;
  }
  const alike = differences(ours[0]!, theirs).length === 0;
  const wrong = ours.findIndex(o => differences(o, theirs).length > 0);
  reports++;
  if (insn && reported.has(insn.name)) return;
  if (insn) reported.add(insn.name);
  const [name, other, right] = [engines[wrong]!.name, alike ? engines[0]!.name : 'qemu', theirs] as const;
  console.log(`${name}, ${insn?.name ?? word.toString(16)}\n${report(decoders, c, [name, other], [ours[wrong]!, right])}\n`);
}
