/**
 * Performance monitors: ARM DDI 0487, D17.5. PMCCNTR_EL0 counts a clock of 16 cycles to a tick of the generic timer;
 * of the events only SW_INCR exists. What the platform answers goes first, so that a real PMU can stand there.
 */
import type { Arm64Cpu } from '../cpu.ts';
import { sysregKey } from '../platform.ts';
import { constant, type Encoding, register, stored32, type SystemRegister } from './register.ts';

const EVENT_COUNTERS = 6;
const COUNTERS = 0x8000_003f;
const PMCR_E = 1;
const PMCR_P = 2;
const PMCR_C = 4;
/** E, D, X, DP, LC; and LP, which is there with counters of 64 bits. */
const PMCR_writable = 0x79;
const PMCR_LP = 0x80;
const PMUSERENR_EN = 1;
const PMUSERENR_SW = 2;
const PMUSERENR_CR = 4;
const PMUSERENR_ER = 8;
const CYCLE_COUNTER = 31;
const SW_INCR = 0x00;
const CYCLES_PER_TICK = 16n;
const CNTVCT_EL0 = sysregKey(3, 3, 14, 0, 2);

/** EL0 gets through where PMUSERENR_EL0.EN is set, or one of `more` (for reads: `moreForReads` too). */
const guard =
  (more = 0, moreForReads = 0) =>
  (cpu: Arm64Cpu, read: boolean): boolean =>
    (cpu.state.PMUSERENR_EL0 & (PMUSERENR_EN | more | (read ? moreForReads : 0))) === 0;

const pmu = (name: string, encoding: Encoding, how: Omit<Parameters<typeof register>[2], 'platformFirst'>): SystemRegister =>
  register(name, encoding, { feature: 'PMUv3', EL0: 'RW', trapsEL0: guard(), ...how, platformFirst: true });

const has = (cpu: Arm64Cpu, feature: string): boolean => cpu.model.features.has(feature);
const cycles = (cpu: Arm64Cpu): bigint => (cpu.platform.readSystem(CNTVCT_EL0) ?? 0n) * CYCLES_PER_TICK;
const counting = (cpu: Arm64Cpu): boolean => (cpu.state.PMCR_EL0 & PMCR_E) !== 0 && cpu.state.PMCNTEN >>> CYCLE_COUNTER !== 0;
const readCycles = (cpu: Arm64Cpu): bigint => BigInt.asUintN(64, cpu.state.PMCCNTR_EL0 + (counting(cpu) ? cycles(cpu) : 0n));
const writeCycles = (cpu: Arm64Cpu, value: bigint): void => {
  cpu.state.PMCCNTR_EL0 = value - (counting(cpu) ? cycles(cpu) : 0n);
};

/** Changes what makes the cycle counter count, without moving it. */
function keepingCycles(cpu: Arm64Cpu, change: () => void): void {
  const now = readCycles(cpu);
  change();
  writeCycles(cpu, now);
}

type BitsField = 'PMCNTEN' | 'PMOVS' | 'PMINTEN';

/** A pair of registers of which one sets and one clears bits, and both read them. */
function setAndClear(field: BitsField, set: [string, Encoding], clear: [string, Encoding], EL0: '' | 'RW'): readonly SystemRegister[] {
  type Update = (before: number, bits: number) => number;
  const store =
    (update: Update) =>
    (cpu: Arm64Cpu, value: bigint): void =>
      keepingCycles(cpu, () => {
        cpu.state[field] = update(cpu.state[field], Number(value & BigInt(COUNTERS))) >>> 0;
      });
  const half = ([name, encoding]: [string, Encoding], update: Update, saved: boolean): SystemRegister =>
    pmu(name, encoding, {
      EL0,
      saved,
      read: cpu => cpu.state[field],
      write: store(update),
      restore: store((_before, bits) => bits),
      reset: cpu => {
        cpu.state[field] = 0;
      },
    });
  return [half(set, (before, bits) => before | bits, true), half(clear, (before, bits) => before & ~bits, false)];
}

function writePMCR(cpu: Arm64Cpu, value: number): void {
  keepingCycles(cpu, () => {
    cpu.state.PMCR_EL0 = value & (PMCR_writable | (has(cpu, 'PMUv3p5') ? PMCR_LP : 0));
  });
  if (value & PMCR_P) cpu.state.PMEVCNTR.fill(0n);
  if (value & PMCR_C) writeCycles(cpu, 0n);
}

function softwareIncrement(cpu: Arm64Cpu, mask: number): void {
  const { state } = cpu;
  if (!(state.PMCR_EL0 & PMCR_E)) return;
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    if (!(mask & state.PMCNTEN & (1 << n)) || ((state.PMEVTYPER[n] as number) & 0xffff) !== SW_INCR) continue;
    const next = ((state.PMEVCNTR[n] as bigint) + 1n) & counterMask(cpu);
    state.PMEVCNTR[n] = next;
    // PMCR_EL0.LP chooses what overflows: all 64 bits, or 32.
    const counted = state.PMCR_EL0 & PMCR_LP ? next : next & 0xffff_ffffn;
    if (counted === 0n) state.PMOVS = (state.PMOVS | (1 << n)) >>> 0;
  }
}

/** P and U, and the event's number, which is longer since PMUv3p1. Filters of EL2 and EL3 aren't there. */
const FILTERS = 0xc000_0000n;
const EVENT = 0x3ffn;
const LONG_EVENT = 0xffffn;
const counterMask = (cpu: Arm64Cpu): bigint => (has(cpu, 'PMUv3p5') ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn);
const readCounter = (cpu: Arm64Cpu, n: number): bigint => cpu.state.PMEVCNTR[n] ?? 0n;
const writeCounter = (cpu: Arm64Cpu, n: number, value: bigint): void => {
  if (n < EVENT_COUNTERS) cpu.state.PMEVCNTR[n] = value & counterMask(cpu);
};
const readType = (cpu: Arm64Cpu, n: number): number => (n === CYCLE_COUNTER ? cpu.state.PMCCFILTR_EL0 : (cpu.state.PMEVTYPER[n] ?? 0));
const writeType = (cpu: Arm64Cpu, n: number, value: bigint): void => {
  if (n === CYCLE_COUNTER) cpu.state.PMCCFILTR_EL0 = Number(value & FILTERS);
  else if (n < EVENT_COUNTERS) cpu.state.PMEVTYPER[n] = Number(value & (FILTERS | (has(cpu, 'PMUv3p1') ? LONG_EVENT : EVENT)));
};

function* counters(): Iterable<SystemRegister> {
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    yield pmu(`PMEVCNTR${n}_EL0`, [3, 3, 14, 8, n], {
      trapsEL0: guard(0, PMUSERENR_ER),
      read: cpu => readCounter(cpu, n),
      write: (cpu, value) => writeCounter(cpu, n, value),
      reset: cpu => writeCounter(cpu, n, 0n),
    });
    yield pmu(`PMEVTYPER${n}_EL0`, [3, 3, 14, 12, n], {
      read: cpu => readType(cpu, n),
      write: (cpu, value) => writeType(cpu, n, value),
      reset: cpu => writeType(cpu, n, 0n),
    });
  }
}

const common = { feature: 'PMUv3', platformFirst: true };
/** Nothing ever stalls, but the architecture wants the events: STALL_FRONTEND and STALL_BACKEND, later STALL. */
const stalls = (cpu: Arm64Cpu): bigint => (has(cpu, 'PMUv3p1') ? 0x18n : 0n) | (has(cpu, 'PMUv3p4') ? 1n << 28n : 0n);

export const performanceMonitors: readonly SystemRegister[] = [
  pmu('PMCR_EL0', [3, 3, 9, 12, 0], {
    read: cpu => (cpu.model.PMCR | cpu.state.PMCR_EL0) >>> 0,
    write: (cpu, value) => writePMCR(cpu, Number(value & 0xffff_ffffn)),
    reset: cpu => {
      cpu.state.PMCR_EL0 = 0;
    },
  }),
  ...setAndClear('PMCNTEN', ['PMCNTENSET_EL0', [3, 3, 9, 12, 1]], ['PMCNTENCLR_EL0', [3, 3, 9, 12, 2]], 'RW'),
  ...setAndClear('PMOVS', ['PMOVSSET_EL0', [3, 3, 9, 14, 3]], ['PMOVSCLR_EL0', [3, 3, 9, 12, 3]], 'RW'),
  ...setAndClear('PMINTEN', ['PMINTENSET_EL1', [3, 0, 9, 14, 1]], ['PMINTENCLR_EL1', [3, 0, 9, 14, 2]], ''),
  pmu('PMSWINC_EL0', [3, 3, 9, 12, 4], {
    EL0: 'W',
    trapsEL0: guard(PMUSERENR_SW),
    write: (cpu, value) => softwareIncrement(cpu, Number(value & BigInt(COUNTERS))),
  }),
  stored32('PMSELR_EL0', [3, 3, 9, 12, 5], 'PMSELR_EL0', 0x1f, { ...common, EL0: 'RW', trapsEL0: guard(PMUSERENR_ER) }),
  // SW_INCR and CPU_CYCLES.
  constant('PMCEID0_EL0', [3, 3, 9, 12, 6], (1n << 0x11n) | 1n, { ...common, EL0: 'R', trapsEL0: guard() }),
  constant('PMCEID1_EL0', [3, 3, 9, 12, 7], stalls, { ...common, EL0: 'R', trapsEL0: guard() }),
  constant('PMMIR_EL1', [3, 0, 9, 14, 6], 0n, { feature: 'PMUv3p4', platformFirst: true }),
  pmu('PMCCNTR_EL0', [3, 3, 9, 13, 0], {
    trapsEL0: guard(0, PMUSERENR_CR),
    read: readCycles,
    write: writeCycles,
    reset: cpu => {
      cpu.state.PMCCNTR_EL0 = 0n;
    },
  }),
  pmu('PMXEVTYPER_EL0', [3, 3, 9, 13, 1], {
    saved: false,
    read: cpu => readType(cpu, cpu.state.PMSELR_EL0),
    write: (cpu, value) => writeType(cpu, cpu.state.PMSELR_EL0, value),
  }),
  pmu('PMXEVCNTR_EL0', [3, 3, 9, 13, 2], {
    saved: false,
    trapsEL0: guard(0, PMUSERENR_ER),
    read: cpu => readCounter(cpu, cpu.state.PMSELR_EL0),
    write: (cpu, value) => writeCounter(cpu, cpu.state.PMSELR_EL0, value),
  }),
  stored32('PMUSERENR_EL0', [3, 3, 9, 14, 0], 'PMUSERENR_EL0', 0xf, { ...common, EL0: 'R' }),
  pmu('PMCCFILTR_EL0', [3, 3, 14, 15, 7], {
    read: cpu => readType(cpu, CYCLE_COUNTER),
    write: (cpu, value) => writeType(cpu, CYCLE_COUNTER, value),
    reset: cpu => writeType(cpu, CYCLE_COUNTER, 0n),
  }),
  ...counters(),
];
