/**
 * The performance monitors in programs: what is counted of known loops is exact on every tier, at both exception levels, and
 * an overflow is taken behind the instruction that made it.
 */
import { describe, expect, test } from 'vitest';
import { EVENT } from '../../src/guest/aarch64/pmu/events.ts';
import { PSTATE_I } from '../../src/guest/aarch64/pstate.ts';
import { Assembler, NE } from './assembler.ts';
import { CODE, DATA, PAGE_ATTRIBUTES, FROM_EL0, FROM_EL1, Rig, reportingVectors, tiers, tookIrq, VECTORS, type Tier } from './rig.ts';

type Register = readonly [op0: number, op1: number, CRn: number, CRm: number, op2: number];
const PMCR: Register = [3, 3, 9, 12, 0];
const PMCNTENSET: Register = [3, 3, 9, 12, 1];
const PMCNTENCLR: Register = [3, 3, 9, 12, 2];
const PMOVSCLR: Register = [3, 3, 9, 12, 3];
const PMSWINC: Register = [3, 3, 9, 12, 4];
const PMCCNTR: Register = [3, 3, 9, 13, 0];
const PMEVCNTR = (n: number): Register => [3, 3, 14, 8, n];
const E = 1;
const D = 8;
const LC = 64;
const P = 0x8000_0000;
const U = 0x4000_0000;
const CYCLE_COUNTER = 0x8000_0000;
const EVENT_COUNTERS = 6;
const ENOUGH = 1_000_000;
const AP_EL0 = 1n << 6n;

class PmuRig extends Rig {
  /** Nanoseconds of the clock; each look at it is one later. */
  now = 0n;
  /** Times that the line rose. */
  rose = 0;

  constructor(tier: Tier) {
    super(tier);
    Object.assign(this.platform, {
      nanoseconds: () => this.now++,
      overflowed: (level: boolean) => {
        if (level) this.rose++;
        if (level) this.raise();
        else this.lower();
      },
    });
  }

  /** The counters count these events (with their filters), from these values, or from 0. */
  count(events: readonly number[], from: readonly bigint[] = [], more: { cycles?: number; interrupts?: number; PMCR?: number } = {}): this {
    const { state, cpu: { guest } } = this;
    guest.pmu.account();
    for (let n = 0; n < EVENT_COUNTERS; n++) {
      state.PMEVTYPER[n] = events[n] ?? 0;
      state.PMEVCNTR[n] = from[n] ?? 0n;
    }
    state.PMCCNTR_EL0 = 0n;
    state.PMCCFILTR_EL0 = more.cycles ?? 0;
    state.PMOVS = 0;
    state.PMINTEN = more.interrupts ?? 0;
    state.PMCNTEN = (2 ** events.length - 1 + (more.cycles === undefined ? 0 : CYCLE_COUNTER)) >>> 0;
    state.PMCR_EL0 = more.PMCR ?? E;
    guest.pmu.changed();
    return this;
  }

  counted(n: number): bigint {
    this.cpu.guest.pmu.account();
    return this.state.PMEVCNTR[n]!;
  }
  all(count: number): number[] { return Array.from({ length: count }, (_, n) => Number(this.counted(n))); }
}

/** 11 instructions a round: 3 loads, 3 stores, 3 direct branches of which one is never taken, and a return. */
function loop(): Assembler {
  const a = new Assembler(CODE).label('top');
  a.ldr(3, 20).add(3, 3, 1).str(3, 20).stp(4, 5, 20, 16).ldp(4, 5, 20, 16).bl('leaf').cbnz(31, 'top').subs(0, 0, 1).bCond(NE, 'top').hvc(1);
  return a.label('leaf').ldadd(1, 6, 20).ret();
}
const ROUND = {
  [EVENT.INST_RETIRED]: 11, [EVENT.LD_RETIRED]: 3, [EVENT.ST_RETIRED]: 3, [EVENT.MEM_ACCESS]: 6, [EVENT.BR_RETIRED]: 4,
  [EVENT.BR_IMMED_RETIRED]: 3, [EVENT.BR_RETURN_RETIRED]: 1,
} as const;
const ROUND_EVENTS = Object.keys(ROUND).map(Number) as (keyof typeof ROUND)[];

describe.each(tiers)('%s', (_name, tier) => {
  test('a known loop: instructions, branches, loads, stores, accesses', () => {
    const r = new PmuRig(tier);
    r.load(loop());
    for (const events of [ROUND_EVENTS.slice(0, EVENT_COUNTERS), ROUND_EVENTS.slice(1)]) {
      for (const rounds of [1, 2, 50]) {
        r.count(events).setX({ 0: rounds, 1: 1, 20: DATA }).enter(CODE);
        expect(r.toExit()).toBe('hvc 1');
        // The HVC retires, too.
        expect(r.all(6)).toEqual(events.map(event => rounds * ROUND[event] + (event === EVENT.INST_RETIRED ? 1 : 0)));
      }
    }
    // What stands counts nothing.
    r.count([]).setX({ 0: 9 }).enter(CODE);
    expect(r.toExit()).toBe('hvc 1');
    expect(r.all(6)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a program turns counting on and off and reads it anywhere: what is between is counted', () => {
    const r = new PmuRig(tier);
    for (const k of [0, 1, 5, 40]) {
      const a = new Assembler(CODE).mov(1, 3).add(2, 2, 1).msr(PMCNTENSET, 1);
      for (let n = 0; n < k; n++) a.str(2, 20);
      a.mrs(10, PMEVCNTR(0)).nop().mrs(11, PMEVCNTR(0)).mrs(12, PMEVCNTR(1)).msr(PMCNTENCLR, 1);
      a.str(2, 20).mrs(13, PMEVCNTR(0)).mrs(14, PMEVCNTR(1)).hvc(1);
      r.load(a).count([EVENT.INST_RETIRED, EVENT.ST_RETIRED]).setX({ 20: DATA });
      r.state.PMCNTEN = 0;
      r.cpu.guest.pmu.changed();
      expect(r.toExit()).toBe('hvc 1');
      expect([10, 11, 12, 13, 14].map(n => Number(r.x(n)))).toEqual([k, k + 2, k, k + 4, k]);
    }
  });

  /** EL0 does 5 instructions and an SVC, EL1's handler 3 with its ERET, `rounds` times. */
  function levels(r: PmuRig): void {
    const vectors = new Assembler(VECTORS).org(VECTORS + FROM_EL0.sync).ldr(9, 21).subs(8, 8, 1).bCond(NE, 'back').hvc(1);
    r.load(vectors.label('back').eret(), false);
    r.load(new Assembler(CODE).label('top').str(3, 20).str(3, 20).nop().nop().svc(0).b('top'), false);
  }

  function openToEL0(r: PmuRig): PmuRig {
    for (const page of [CODE, DATA]) r.map(page, PAGE_ATTRIBUTES | BigInt(page) | AP_EL0);
    r.cpu.flushTlb();
    r.enterEL0(CODE);
    return r;
  }

  test('filters by exception level; exceptions and their returns', () => {
    const r = new PmuRig(tier);
    levels(r);
    const rounds = 40;
    const start = (): void => {
      openToEL0(r).setX({ 8: rounds, 20: DATA, 21: DATA });
    };
    const I = EVENT.INST_RETIRED;
    start();
    r.count([I, (I | P) >>> 0, I | U, (I | P | U) >>> 0, EVENT.EXC_TAKEN, EVENT.EXC_RETURN]);
    expect(r.toExit()).toBe('hvc 1');
    // The last round has no ERET but an HVC, and no branch back.
    const [EL0, EL1] = [6 * rounds - 1, 4 * rounds];
    expect(r.all(6)).toEqual([EL0 + EL1, EL0, EL1, 0, rounds, rounds - 1]);
    start();
    r.count([(EVENT.ST_RETIRED | P) >>> 0, EVENT.LD_RETIRED | U, EVENT.ST_RETIRED | U, (EVENT.BR_RETIRED | P) >>> 0, EVENT.BR_RETIRED | U]);
    expect(r.toExit()).toBe('hvc 1');
    expect(r.all(5)).toEqual([2 * rounds, rounds, 0, rounds - 1, rounds]);
  });

  test('exceptions that were counted alone are not missed where instructions are counted next', () => {
    const r = new PmuRig(tier);
    levels(r);
    for (let n = 0; n < 3; n++) {
      for (const [event, counted] of [[EVENT.EXC_TAKEN, 40], [EVENT.INST_RETIRED, 10 * 40 - 1]] as const) {
        openToEL0(r).setX({ 8: 40, 20: DATA, 21: DATA });
        r.count([event]);
        expect(r.toExit()).toBe('hvc 1');
        expect([event, r.counted(0)]).toEqual([event, BigInt(counted)]);
      }
    }
  });

  test('the interrupt of an overflow comes behind the instruction that makes it, wherever that is', () => {
    const r = new PmuRig(tier);
    r.load(reportingVectors(), false);
    const ROUNDS = 12;
    r.load(loop()).setX({ 0: ROUNDS, 1: 1, 20: DATA });
    const pcs: bigint[] = [];
    for (let n = 0; n < ROUNDS * 11; n++) {
      pcs.push(r.state.pc);
      r.step(1);
    }
    r.cpu.setBudget(0);
    for (const n of [1, 2, 3, 10, 11, 12, 50, 57, 99, 120]) {
      r.setX({ 0: ROUNDS, 1: 1, 20: DATA }).enter(CODE);
      r.count([EVENT.CPU_CYCLES | P | U, EVENT.INST_RETIRED], [0n, 2n ** 32n - BigInt(n)], { interrupts: 2 });
      expect(r.toExit()).toBe(tookIrq);
      expect([n, r.state.ELR_EL1]).toEqual([n, pcs[n]]);
      expect(r.state.PMOVS).toBe(2);
      r.lower();
    }
    for (const [event, n, at] of [[EVENT.BR_RETIRED, 4, 11], [EVENT.BR_RETIRED, 5, 17], [EVENT.MEM_ACCESS, 8, 14], [EVENT.MEM_ACCESS, 300, undefined]] as const) {
      r.setX({ 0: ROUNDS, 1: 1, 20: DATA }).enter(CODE);
      r.count([event], [2n ** 32n - BigInt(n)], { interrupts: 1 });
      expect(r.toExit()).toBe(at === undefined ? 'hvc 1' : tookIrq);
      if (at !== undefined) expect([n, r.state.ELR_EL1]).toEqual([n, pcs[at]]);
      r.count([]);
    }
  });

  test('a counter that wraps again and again interrupts each time; the flag falls when it is cleared', () => {
    const r = new PmuRig(tier);
    const handler = new Assembler(VECTORS).org(VECTORS + FROM_EL1.irq);
    // Each time: counts, starts again 100 before the overflow, clears the flag.
    handler.add(15, 15, 1).mov(16, 0xffff_ff9c).msr(PMEVCNTR(0), 16).mov(16, 1).msr(PMOVSCLR, 16).eret();
    r.load(handler, false);
    const run = (): string => {
      r.load(loop()).setX({ 0: 1000, 1: 1, 15: 0, 20: DATA }).enter(CODE);
      return r.count([EVENT.INST_RETIRED], [2n ** 32n - 100n], { interrupts: 1 }).toExit();
    };
    expect(run()).toBe('hvc 1');
    // A hundred, then after each MSR of the counter: 4 of the handler (MOV, MSR of the flags, ERET) and what is left of the loop.
    const perInterrupt = 96;
    expect(Number(r.x(15))).toBe(1 + Math.floor((11_000 - 100) / perInterrupt));
    const [first, rose] = [r.x(15), r.rose];
    expect(rose).toBe(Number(first));
    expect(run()).toBe('hvc 1');
    expect([r.x(15), r.rose]).toEqual([first, 2 * rose]);
  });

  test('chains; software increments; cycles of 64 bits, one in 64, and by instructions where the run is counted', () => {
    const r = new PmuRig(tier);
    r.load(loop()).setX({ 0: 100, 1: 1, 20: DATA });
    r.count([EVENT.INST_RETIRED, EVENT.CHAIN, EVENT.LD_RETIRED, EVENT.CHAIN], [2n ** 32n - 50n, 7n, 2n ** 32n - 301n, 0n]);
    expect(r.toExit()).toBe('hvc 1');
    // Counters have 64 bits here, but PMCR_EL0.LP isn't set: 32 of them overflow.
    expect(r.all(4)).toEqual([2 ** 32 + 1101 - 50, 8, 2 ** 32 - 1, 0]);
    expect(r.state.PMOVS).toBe(1);

    const a = new Assembler(CODE).mov(1, 5).msr(PMSWINC, 1).mov(1, 1).msr(PMSWINC, 1).hvc(1);
    r.load(a).count([EVENT.SW_INCR, EVENT.SW_INCR, EVENT.INST_RETIRED]);
    expect(r.toExit()).toBe('hvc 1');
    expect(r.all(3)).toEqual([2, 0, 5]);

    r.load(loop());
    const cycles = (PMCRs: number): number => {
      r.cpu.setBudget(ENOUGH);
      r.setX({ 0: 100, 1: 1, 20: DATA }).enter(CODE).count([EVENT.CPU_CYCLES], [], { cycles: 0, PMCR: PMCRs });
      expect(r.toExit()).toBe('hvc 1');
      expect(r.counted(0)).toBe(1101n);
      return Number(r.state.PMCCNTR_EL0);
    };
    expect([cycles(E | LC), cycles(E | D | LC), cycles(E | D)]).toEqual([1101, 1101, Math.floor(1101 / 64)]);
    r.setX({ 0: 100 }).enter(CODE, PSTATE_I).count([], [], { cycles: 0, interrupts: CYCLE_COUNTER, PMCR: E });
    r.state.PMCCNTR_EL0 = 2n ** 32n - 500n;
    expect(r.toExit()).toBe('hvc 1');
    r.cpu.guest.pmu.account();
    expect([r.state.PMOVS, r.state.PMCCNTR_EL0, r.rose]).toEqual([CYCLE_COUNTER, 2n ** 32n + 601n, 1]);
  });

  test('the clock drives cycles while the guest runs, and interrupts when they overflow', () => {
    const r = new PmuRig(tier);
    r.load(reportingVectors(), false);
    r.load(loop()).setX({ 0: ENOUGH, 1: 1, 20: DATA });
    const { pmu } = r.cpu.guest;
    r.count([], [], { cycles: 0, interrupts: CYCLE_COUNTER });
    r.state.PMCCNTR_EL0 = 2n ** 32n - 40n;
    expect(r.toExit()).toBe(tookIrq);
    pmu.pause();
    const stopped = r.state.PMCCNTR_EL0;
    r.now += 1_000_000n;
    pmu.account();
    expect(r.state.PMCCNTR_EL0).toBe(stopped);
    pmu.resume();
    r.now += 1000n;
    pmu.account();
    expect(Number(r.state.PMCCNTR_EL0 - stopped)).toBeGreaterThanOrEqual(1000);
  });

  test('a counted run is interrupted at the same places each time, however it is divided', () => {
    const handler = new Assembler(VECTORS).org(VECTORS + FROM_EL1.irq);
    handler.mrsNamed('ELR_EL1', 15).strIndexed('post', 15, 16, 8).mov(17, 0xffff_ffc3).msr(PMEVCNTR(0), 17).mov(17, 1).msr(PMOVSCLR, 17).eret();
    const traces = [1, 7, 100, ENOUGH].map(budget => {
      const r = new PmuRig(tier);
      r.load(handler, false);
      r.load(loop()).setX({ 0: 50, 1: 1, 16: DATA + 0x100, 20: DATA });
      r.count([EVENT.CPU_CYCLES, EVENT.INST_RETIRED], [2n ** 32n - 61n], { interrupts: 1, cycles: 0, PMCR: E | LC });
      do r.cpu.setBudget(budget); while (r.toExit() === 'budget');
      const taken = Number(r.x(16) - BigInt(DATA + 0x100)) / 8;
      expect([taken, r.counted(1), r.state.PMCCNTR_EL0]).toEqual([r.rose, r.state.PMCCNTR_EL0, r.counted(1)]);
      return [r.counted(1), ...Array.from({ length: taken }, (_, n) => r.peek64(DATA + 0x100 + 8 * n))].join(' ');
    });
    expect(new Set(traces).size).toBe(1);
    expect(traces[0]!.split(' ').length).toBeGreaterThan(9);
  });

  test('EL0 gets through by PMUSERENR_EL0 alone', () => {
    const r = new PmuRig(tier);
    r.load(reportingVectors(), false);
    r.map(CODE, PAGE_ATTRIBUTES | BigInt(CODE) | AP_EL0);
    r.cpu.flushTlb();
    const [EN, SW, CR, ER] = [1, 2, 4, 8];
    const tries: readonly [name: string, read: boolean, register: Register, enabledBy: number][] = [
      ['PMCR', true, PMCR, EN], ['PMCR', false, PMCR, EN], ['PMCNTENSET', true, PMCNTENSET, EN], ['PMSWINC', false, PMSWINC, EN | SW],
      ['PMCCNTR', true, PMCCNTR, EN | CR], ['PMCCNTR', false, PMCCNTR, EN], ['PMEVCNTR0', true, PMEVCNTR(0), EN | ER],
      ['PMEVCNTR0', false, PMEVCNTR(0), EN], ['PMSELR', false, [3, 3, 9, 12, 5], EN | ER], ['PMXEVTYPER', true, [3, 3, 9, 13, 1], EN],
    ];
    for (const [name, read, register, enabledBy] of tries) {
      for (const bit of [0, EN, SW, CR, ER]) {
        const a = new Assembler(CODE);
        r.load((read ? a.mrs(0, register) : a.msr(register, 0)).udf(), false).enterEL0(CODE);
        r.state.PMUSERENR_EL0 = bit;
        expect(r.toExit()).toBe(`hvc ${0x1000 + FROM_EL0.sync}`);
        const trapped = r.state.ESR_EL1 >> 26n === 0x18n;
        expect([name, read, bit, trapped]).toEqual([name, read, bit, (enabledBy & bit) === 0]);
      }
    }
  });
});
