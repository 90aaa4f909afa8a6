/** Words that no compiler wrote, run at EL1 in every tier: they do the same everywhere and never harm the host. */
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { insns } from '../../src/guest/aarch64/insns.ts';
import { encode } from '../../src/isa/insn.ts';
import { Assembler } from './assembler.ts';
import { AP_RO, CODE, DATA, HOLE, PAGE_ATTRIBUTES, Rig, reportingVectors, tiers, VECTORS } from './rig.ts';

const RUNS = 24;
const BUDGET = 61;

/** Of the instruction table, with random fields; now and then any word at all. */
function randomWord(random: Random): number {
  for (;;) {
    if (random.below(16) === 0) return random.below(2 ** 32);
    const insn = random.pick(insns);
    const fields: Record<string, number> = {};
    for (const f of insn.fields) fields[f.name] = random.below(2 ** f.width);
    if (insn.valid(fields)) return encode(insn, fields);
  }
}

const memory = (r: Rig): bigint => {
  let hash = 0n;
  for (let at = DATA - 0x100; at < DATA + 0x1100; at += 8) hash = BigInt.asUintN(64, hash * 31n + r.peek64(at));
  return hash;
};

/** What is left after each of a few counted runs. Exceptions go on behind the instruction, as long as there is a way. */
function story(r: Rig, words: readonly number[], random: Random): string[] {
  const { cpu, state } = r;
  cpu.guest.reset();
  r.reset();
  // Read-only: what a store among the instructions does before the next ISB is up to each tier.
  r.map(CODE, BigInt(CODE) | PAGE_ATTRIBUTES | AP_RO);
  for (let n = 0; n < 31; n++) {
    state.x[n] = random.pick([BigInt(DATA + random.below(0x1000)), BigInt(CODE + 4 * random.below(64)), BigInt(random.below(100)), BigInt(HOLE - 8), random.u64()]);
  }
  for (let at = DATA - 0x100; at < DATA + 0x1100; at += 8) r.poke64(at, BigInt(at) * 0x0101_0101n);
  r.load(reportingVectors(), false);
  r.load(new Assembler(CODE).raw(...words).hvc(0x77));
  const lines: string[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = cpu.retired;
    cpu.setBudget(BUDGET);
    const exit = cpu.run();
    lines.push(JSON.stringify({
      run, exit: exit.kind, retired: cpu.retired - before, pc: state.pc, nzcv: state.nzcv, FPSR: state.FPSR, ESR: state.ESR_EL1, FAR: state.FAR_EL1, ELR: state.ELR_EL1,
      SPSR: state.SPSR_EL1, memory: memory(r), x: Array.from(state.x.subarray(0, 33)), v: Array.from(state.v),
    }, (_, v: unknown) => (typeof v === 'bigint' ? v.toString(16) : v)));
    if (exit.kind === 'mmio') cpu.completeMmio(0x5555_aaaa_1234_5678n);
    if (exit.kind === 'guest' && state.pc > VECTORS && state.pc < VECTORS + 0x800) {
      const { ELR_EL1, SPSR_EL1 } = state;
      state.pc = BigInt.asUintN(64, ELR_EL1 + 4n);
      if ((SPSR_EL1 & 0xfn) === 5n) cpu.guest.pstate = Number(SPSR_EL1);
    }
  }
  return lines;
}

test('A2.10, A2.13: garbage does the same in every tier', () => {
  const rigs = tiers.map(([name, tier]) => ({ name, r: new Rig(tier) }));
  const random = new Random(7);
  for (let program = 0; program < 100; program++) {
    const words = Array.from({ length: 48 }, () => randomWord(random));
    const seed = random.below(2 ** 31);
    const stories = rigs.map(({ r }) => story(r, words, new Random(seed)));
    for (const [n, s] of stories.entries()) expect(s, `${rigs[n]!.name}, program ${program}`).toEqual(stories[0]);
  }
});
