/**
 * Live differential fuzzing against QEMU's PowerPC emulators: blocks of random instructions on random states under every engine,
 * until so many instructions were run that all agree on, or time is up. Exit status 1 where something differs.
 * npm run fuzz -- --guest powerpc --instructions N --minutes M --seed S --variant NAME --engine NAME --group REGEXP --words N
 * Each difference is cut to the instruction that makes it. Where that is QEMU's (skips.ts, deviations.ts), the block counts up to it.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/base/random.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import { createEngine, engineNames } from '../../../test/powerpc/engines/all.ts';
import { CODE, differences, type Engine, equal, Incomparable, type Outcome, type State, type VariantName } from '../../../test/powerpc/engines/engine.ts';
import { stateOf } from '../../../test/powerpc/engines/inputs.ts';
import { askedVariants, decoderOf, matching } from './cases.ts';
import { repaired, settled } from './deviations.ts';
import { type Case, harmless, runCases } from './qemu.ts';
import { paired } from './reservations.ts';
import { report } from './report.ts';
import { isOwn, skipped } from './skips.ts';

const ROUND = 2000;
const PROGRESS_MS = 30_000;

interface Setup {
  readonly variant: VariantName;
  readonly decode: Decoder;
  readonly engines: readonly Engine[];
  /** For one run of words: it compiles nothing. */
  readonly quickest: Engine;
}

const { values } = parseArgs({
  options: {
    guest: { type: 'string', default: 'powerpc' },
    instructions: { type: 'string', default: 'Infinity' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    variant: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string', multiple: true, default: [...engineNames] },
    group: { type: 'string', default: '.' },
    words: { type: 'string', default: '15' },
    reports: { type: 'string', default: '10' },
  },
});

const random = new Random(Number(values.seed));
const started = Date.now();
const end = started + Number(values.minutes) * 60_000;
const setups: readonly Setup[] = askedVariants(values.variant).map(variant => ({
  variant, decode: decoderOf(variant), engines: values.engine.map(name => createEngine(name, variant)), quickest: createEngine('reference', variant),
}));
const chosen = matching(values.group).filter(insn => !isOwn(insn.name) && (insn.name !== 'icbt' || values.group !== '.'));
/** Instructions that all agree on, by variant. */
const agreed = new Map<VariantName, number>();
let allowed = 0;
let disturbed = 0;
let reports = 0;
let blocks = 0;
let next = started + PROGRESS_MS;
console.log(`powerpc: seed ${values.seed}, ${chosen.length} instructions; ${values.engine.join(', ')} on all blocks`);
while (total() < Number(values.instructions) && Date.now() < end && reports < Number(values.reports)) {
  for (const setup of setups) judge(setup);
  if (Date.now() < next) continue;
  next += PROGRESS_MS;
  console.log(`${total()} instructions, ${reports} differences, ${Math.round(total() / ((Date.now() - started) / 1000))} a second`);
}
console.log(`${total()} instructions in ${blocks} blocks on QEMU and every engine: ${[...agreed].map(([name, n]) => `${name} ${n}`).join(', ')}`);
console.log(`${allowed} blocks cut where QEMU is known to differ; ${Math.round((Date.now() - started) / 1000)} s`);
if (disturbed > 0) console.log(`${disturbed} blocks left out: another one's store hit the program that runs them under QEMU`);
console.log(`${reports} differences`);
process.exitCode = reports > 0 ? 1 : 0;

function total(): number { return [...agreed.values()].reduce((sum, n) => sum + n, 0); }
function agree(variant: VariantName, n: number): void { agreed.set(variant, (agreed.get(variant) ?? 0) + n); }

/** Blocks are straight but for their last word. */
function block({ variant, decode }: Setup): Case {
  const length = random.chance(0.2) ? 1 + random.below(Number(values.words)) : Number(values.words);
  const words: number[] = [];
  while (words.length < length) {
    const drawn = randomWord(random.pick(chosen), decode, random);
    if (drawn === undefined) continue;
    const word = random.chance(0.9) ? paired(words, drawn) : drawn;
    if (harmless(variant, word) && (words.length === length - 1 || !isBranch(word))) words.push(word);
  }
  return { words: Uint32Array.from(words), state: stateOf(variant, (random.u32() | (random.chance(0.9) ? 1 : 0)) >>> 0) };
}

/** Most instructions that raise are left out, so that what follows them is run. */
function prepared(setup: Setup): Case {
  const { words, state } = block(setup);
  for (let left = words; ;) {
    const at = raisingWord(setup, { words: left, state });
    if (at === undefined || left.length === 1 || random.chance(0.1)) return { words: left, state };
    left = left.filter((_, i) => i !== at);
  }
}

function raisingWord({ quickest }: Setup, c: Case): number | undefined {
  const outcome = orUndefined(() => quickest.run(c.words, c.state));
  return outcome && outcome.stop !== 'left' ? Number(outcome.pc - CODE) / 4 : undefined;
}

/** Primary opcodes 16 and 18, and 19 with bclr, bcctr or bctar. */
function isBranch(word: number): boolean {
  return [16, 18].includes(word >>> 26) || (word >>> 26 === 19 && [16, 528, 560].includes((word >>> 1) & 0x3ff));
}

/** One for each engine; undefined where one can't say. */
function outcomesOf({ engines }: Setup, c: Case): Outcome[] | undefined {
  return orUndefined(() => engines.map(engine => engine.run(c.words, c.state)));
}

function orUndefined<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (e) {
    if (e instanceof Incomparable) return undefined;
    throw e;
  }
}

function same(outcomes: readonly Outcome[]): boolean {
  return outcomes.every((o, i) => i === 0 || equal(outcomes[i - 1]!, o));
}

/** How many words were run. */
function executed({ words }: Case, { pc, stop }: Outcome): number {
  return stop === 'left' ? words.length : Number(pc - CODE) / 4 + 1;
}

function judge(setup: Setup): void {
  const { variant } = setup;
  blocks += ROUND;
  // What goes round for ever here would cost QEMU's time limit.
  const judged = Array.from({ length: ROUND }, () => prepared(setup)).flatMap(c => {
    const ours = outcomesOf(setup, c);
    return ours ? [{ c, ours }] : [];
  });
  const theirs = runCases(variant, judged.map(({ c }) => c));
  const differing: Case[] = [];
  judged.forEach(({ c, ours }, i) => {
    const expected = theirs[i];
    if (!expected) return;
    if (same([...ours, settled(c.words, ours[0]!, expected)])) agree(variant, executed(c, expected));
    else differing.push(c);
  });
  const beginnings = differing.map(c => Array.from(c.words, (_, i) => ({ words: c.words.slice(0, i + 1), state: c.state })));
  const outcomes = runCases(variant, beginnings.flat());
  let at = 0;
  for (const cases of beginnings) {
    explain(setup, cases, outcomes.slice(at, at + cases.length));
    at += cases.length;
  }
}

/** Finds the first word that makes a difference, and says so unless it is known. */
function explain(setup: Setup, beginnings: readonly Case[], theirs: readonly (Outcome | undefined)[]): void {
  const { words } = beginnings.at(-1)!;
  const first = firstUnlike(setup, beginnings, theirs);
  for (let i = first; i < beginnings.length; i++) {
    const c = beginnings[i]!;
    const [ours, raw] = [outcomesOf(setup, c), theirs[i]];
    if (!ours || !raw) return;
    const expected = settled(words, ours[0]!, raw);
    if (!same([...ours, expected])) return tell(setup, c, i === 0 ? c.state : theirs[i - 1] as Outcome, ours, expected);
    agree(setup.variant, i === first ? i + 1 : 1);
  }
}

/** No engine is unlike QEMU before this one; found without compiling each of them. */
function firstUnlike(setup: Setup, beginnings: readonly Case[], theirs: readonly (Outcome | undefined)[]): number {
  const { words } = beginnings.at(-1)!;
  const agrees = (ours: readonly Outcome[] | undefined, raw: Outcome | undefined): boolean =>
    ours !== undefined && raw !== undefined && same([...ours, settled(words, ours[0]!, raw)]);
  const before = beginnings.findIndex((c, i) => !agrees(orUndefined(() => [setup.quickest.run(c.words, c.state)]), theirs[i])) - 1;
  return before > 0 && agrees(outcomesOf(setup, beginnings[before]!), theirs[before]) ? before : 0;
}

/** `before`: the state in which the last word was run. */
function tell(setup: Setup, c: Case, before: State, ours: readonly Outcome[], raw: Outcome): void {
  const { variant, decode, engines } = setup;
  const word = c.words.at(-1) as number;
  const name = decode.decode(word)?.name ?? '';
  const expected = repaired(word, before, ours[0]!, raw);
  const known = differences(ours[0]!, expected).length === 0 || skipped(name, { words: c.words, state: before }, variant, ours[0]!, expected);
  if (known && same(ours)) {
    allowed++;
    return;
  }
  if (!known && isDisturbed(setup, c, ours)) {
    disturbed++;
    return;
  }
  const [other, right] = known ? [engines[0]!.name, ours[0]!] : ['qemu', expected];
  const wrong = ours.findIndex(o => differences(o, right).length > 0);
  reports++;
  console.log(`${variant}, ${engines[wrong]!.name}, ${name}\n${report(decode, c, [engines[wrong]!.name, other], [ours[wrong]!, right])}\n`);
}

/** By itself it agrees: another case's store hit what QEMU's program keeps of this one. */
function isDisturbed({ variant }: Setup, c: Case, ours: readonly Outcome[]): boolean {
  const [raw] = runCases(variant, [c]);
  return raw !== undefined && same([...ours, settled(c.words, ours[0]!, raw)]);
}
