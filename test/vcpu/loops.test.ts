/** Random loops: units that keep state in locals round after round must do what single instructions do. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { AArch64 } from '../../src/guest/aarch64/index.ts';
import { groups, insns } from '../../src/guest/aarch64/insns.ts';
import { ConditionHolds } from '../../src/guest/aarch64/pseudocode.ts';
import { ZR } from '../../src/guest/aarch64/state.ts';
import { decoder } from '../../src/isa/decode.ts';
import { encode, type Insn } from '../../src/isa/insn.ts';
import { Assembler } from './assembler.ts';
import { CODE, DATA, Rig, reportingVectors, tiers } from './rig.ts';

const FIRST_BASE = 20;
const COUNTER = 28;
const ROUNDS = 25;
const MIDDLE = DATA + 0x8000;

const of = (...names: string[]): Insn[] => names.flatMap(name => [...groups[name]!]).filter(i => !/literal|PRF/.test(i.name));
const computing = of('dp-imm', 'dp-reg', 'dp-cond', 'dp-sources', 'dp-flags', 'fp-integer', 'fp-data', 'simd-three-same', 'simd-copy', 'simd-permute');
const accessing = of('ldst-imm', 'ldst-pair', 'ldst-fp', 'ldst-ordered');
const forward = ['B.cond', 'CBZ/CBNZ', 'TBZ/TBNZ'].map(name => groups['branch']!.find(i => i.name === name)!);
/** Fields that name what is written (with stores also what is read). */
const written = new Set(['Rd', 'Rt', 'Rt2', 'Rs']);

function randomWord(random: Random, from: readonly Insn[], fixed: Readonly<Record<string, number>>): number {
  for (;;) {
    const insn = random.pick(from);
    const fields: Record<string, number> = {};
    for (const f of insn.fields) fields[f.name] = fixed[f.name] ?? (written.has(f.name) ? random.below(FIRST_BASE) : random.below(2 ** f.width));
    if (insn.valid(fields)) return encode(insn, fields);
  }
}

/** A loop of `length` words: arithmetic, accesses around a few bases that writeback moves, branches over some of it. */
function randomLoop(random: Random, length: number): Assembler {
  const a = new Assembler(CODE).label('top');
  for (let n = 0; n < length; n++) {
    const kind = random.below(8);
    const over = 1 + random.below(Math.min(5, length - n));
    if (kind === 0) a.raw(randomWord(random, forward, { imm19: over, imm14: over }));
    else if (kind < 4) a.raw(randomWord(random, accessing, { Rn: FIRST_BASE + random.below(4), imm12: random.below(64) }));
    else a.raw(randomWord(random, computing, {}));
  }
  return a.sub(COUNTER, COUNTER, 1).cbnz(COUNTER, 'top').hvc(1);
}

function prepare(r: Rig, a: Assembler, random: Random): void {
  const { state } = r;
  for (let n = 0; n < 33; n++) state.x[n] = random.pick([random.u64(), BigInt(random.below(200)), 0n]);
  state.x[ZR] = 0n;
  for (let n = FIRST_BASE; n < FIRST_BASE + 4; n++) state.x[n] = BigInt(MIDDLE + 8 * random.below(64));
  state.v.forEach((_, n) => { state.v[n] = random.u64(); });
  state.x[COUNTER] = BigInt(ROUNDS);
  state.nzcv = 0;
  state.FPSR = 0;
  r.cpu.guest.fpChanged();
  for (let at = DATA; at < DATA + 0x1_0000; at += 8) r.poke64(at, BigInt(at) * 0x9e37_79b9n);
  r.load(a);
}

function outcome(r: Rig): string {
  const { state } = r;
  let hash = 0;
  const bytes = r.bytes(DATA, 0x1_0000);
  for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
  return JSON.stringify(
    { pc: state.pc, nzcv: state.nzcv, FPSR: state.FPSR, ESR: state.ESR_EL1, FAR: state.FAR_EL1, ELR: state.ELR_EL1, hash, x: Array.from(state.x.subarray(0, 33)), v: Array.from(state.v) },
    (_, v: unknown) => (typeof v === 'bigint' ? v.toString(16) : v),
  );
}

/** To the end of the loop, in pieces of `budget` instructions (0: not counted); what is left after each. */
function story(r: Rig, budget: number): string[] {
  const lines: string[] = [];
  for (let n = 0; n < 2000; n++) {
    r.cpu.setBudget(budget);
    const exit = r.cpu.run();
    if (budget !== 0 || exit.kind !== 'budget') lines.push(outcome(r));
    if (exit.kind === 'guest') return lines;
  }
  throw new Error('the loop does not end');
}

/** The same instructions, but each of those that loops are made of is under a condition of its own. */
function conditional(arch: AArch64): AArch64 {
  const random = new Random(14);
  const under = (insn: Insn): Insn => {
    if (!computing.includes(insn) && !accessing.includes(insn)) return insn;
    const cond = random.below(14);
    return { ...insn, exec: (b, f) => b.under(ConditionHolds(b, cond), () => { insn.exec(b, f); }) };
  };
  return { ...arch, decoder: decoder(insns.map(under)) };
}

describe.each([['', undefined], [', under conditions', conditional]])('A2.13, A2.17: random loops do the same in every tier%s', (_how, changed) => {
  test.each([['short', 6, 40], ['long', 40, 25], ['longer than a unit', 130, 10]])('%s', (_name, length, programs) => {
    const rigs = tiers.map(([name, tier]) => ({ name, r: new Rig({ ...tier, ...(changed && { changed }) }).load(reportingVectors(), false) }));
    const random = new Random(length);
    for (let program = 0; program < programs; program++) {
      const a = randomLoop(random, 1 + random.below(length));
      const seed = random.below(2 ** 31);
      for (const budget of [0, 100 + random.below(400)]) {
        const stories = rigs.map(({ r }) => {
          prepare(r, a, new Random(seed));
          return story(r, budget);
        });
        for (const [n, s] of stories.entries()) expect(s, `${rigs[n]!.name}, program ${program}, budget ${budget}`).toEqual(stories[0]);
      }
    }
  });
});
