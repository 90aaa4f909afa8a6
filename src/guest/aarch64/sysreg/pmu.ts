/** The registers of the performance monitors: ARM DDI 0487, D17.5. What they do is in pmu/monitors.ts. */
import type { Arm64Cpu } from '../cpu.ts';
import { commonEvents } from '../pmu/events.ts';
import { CYCLE_COUNTER, EVENT_COUNTERS, PMCR } from '../pmu/monitors.ts';
import { constant, type Encoding, register, stored32, type SystemRegister } from './register.ts';

/** What can be written and stays: E, D, X, DP, LC; and LP, which is there with counters of 64 bits. */
const PMCR_writable = PMCR.E | PMCR.D | PMCR.X | PMCR.DP | PMCR.LC;
const PMCR_N = 0x1f << 11;
const PMUSERENR_EN = 1;
const PMUSERENR_SW = 2;
const PMUSERENR_CR = 4;
const PMUSERENR_ER = 8;

/** EL0 gets through where PMUSERENR_EL0.EN is set, or one of `more` (for reads: `moreForReads` too). */
const guard =
  (more = 0, moreForReads = 0) =>
  (cpu: Arm64Cpu, read: boolean): boolean =>
    (cpu.state.PMUSERENR_EL0 & (PMUSERENR_EN | more | (read ? moreForReads : 0))) === 0;

const feature = 'PMUv3';
const pmu = (name: string, encoding: Encoding, how: Parameters<typeof register>[2]): SystemRegister =>
  register(name, encoding, { feature, EL0: 'RW', trapsEL0: guard(), ...how });

const has = (cpu: Arm64Cpu, feature: string): boolean => cpu.model.features.has(feature);

/** A value that counting changes: it is brought up to date first. */
const upToDate =
  <T>(read: (cpu: Arm64Cpu) => T) =>
  (cpu: Arm64Cpu): T => {
    cpu.pmu.account();
    return read(cpu);
  };
/** A write that may change what is counted: what was counted before is counted as before. */
const change =
  (write: (cpu: Arm64Cpu, value: bigint) => void) =>
  (cpu: Arm64Cpu, value: bigint): void => {
    cpu.pmu.account();
    write(cpu, value);
    cpu.pmu.changed();
  };

type BitsField = 'PMCNTEN' | 'PMOVS' | 'PMINTEN';

/** A pair of registers of which one sets and one clears bits, and both read them. */
function setAndClear(field: BitsField, set: [string, Encoding], clear: [string, Encoding], EL0: '' | 'RW'): readonly SystemRegister[] {
  type Update = (before: number, bits: number) => number;
  const store = (update: Update) =>
    change((cpu, value) => {
      cpu.state[field] = update(cpu.state[field], Number(value & BigInt(cpu.pmu.mask))) >>> 0;
    });
  const half = ([name, encoding]: [string, Encoding], update: Update, saved: boolean): SystemRegister =>
    pmu(name, encoding, {
      EL0,
      saved,
      read: upToDate(cpu => cpu.state[field]),
      write: store(update),
      restore: store((_before, bits) => bits),
      reset: cpu => {
        cpu.state[field] = 0;
      },
    });
  return [half(set, (before, bits) => before | bits, true), half(clear, (before, bits) => before & ~bits, false)];
}

const storePMCR = (cpu: Arm64Cpu, value: number): void => {
  cpu.state.PMCR_EL0 = value & (PMCR_writable | (has(cpu, 'PMUv3p5') ? PMCR.LP : 0));
};
function writePMCR(cpu: Arm64Cpu, value: number): void {
  storePMCR(cpu, value);
  if (value & PMCR.P) cpu.state.PMEVCNTR.fill(0n);
  if (value & PMCR.C) writeCycles(cpu, 0n);
}

function writeCycles({ state }: Arm64Cpu, value: bigint): void {
  state.PMCCNTR_EL0 = value;
  state.pmuCycleRest = 0;
}

/** P and U, and the event's number, which is longer since PMUv3p1. Filters of EL2 and EL3 aren't there. */
const FILTERS = 0xc000_0000n;
const EVENT = 0x3ffn;
const LONG_EVENT = 0xffffn;
const counterMask = (cpu: Arm64Cpu): bigint => (cpu.pmu.long ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn);
// CONSTRAINED UNPREDICTABLE: PMXEVCNTR_EL0 and PMXEVTYPER_EL0 with PMSELR_EL0 at a counter that isn't there read as zero and
// ignore writes.
const readCounter = (cpu: Arm64Cpu, n: number): bigint => (n < cpu.pmu.counters ? (cpu.state.PMEVCNTR[n] as bigint) : 0n);
const writeCounter = (cpu: Arm64Cpu, n: number, value: bigint): void => {
  if (n < cpu.pmu.counters) cpu.state.PMEVCNTR[n] = value & counterMask(cpu);
};
const readType = (cpu: Arm64Cpu, n: number): number =>
  n === CYCLE_COUNTER ? cpu.state.PMCCFILTR_EL0 : n < cpu.pmu.counters ? (cpu.state.PMEVTYPER[n] as number) : 0;
const writeType = (cpu: Arm64Cpu, n: number, value: bigint): void => {
  if (n === CYCLE_COUNTER) cpu.state.PMCCFILTR_EL0 = Number(value & FILTERS);
  else if (n < cpu.pmu.counters) cpu.state.PMEVTYPER[n] = Number(value & (FILTERS | (has(cpu, 'PMUv3p1') ? LONG_EVENT : EVENT)));
};

function* counters(): Iterable<SystemRegister> {
  for (let n = 0; n < EVENT_COUNTERS; n++) {
    const undefinedNow = (cpu: Arm64Cpu): boolean => n >= cpu.pmu.counters;
    yield pmu(`PMEVCNTR${n}_EL0`, [3, 3, 14, 8, n], {
      undefinedNow,
      trapsEL0: guard(0, PMUSERENR_ER),
      read: upToDate(cpu => readCounter(cpu, n)),
      write: change((cpu, value) => writeCounter(cpu, n, value)),
      reset: cpu => {
        cpu.state.PMEVCNTR[n] = 0n;
      },
    });
    yield pmu(`PMEVTYPER${n}_EL0`, [3, 3, 14, 12, n], {
      undefinedNow,
      read: cpu => readType(cpu, n),
      write: change((cpu, value) => writeType(cpu, n, value)),
      reset: cpu => {
        cpu.state.PMEVTYPER[n] = 0;
      },
    });
  }
}

const events = (which: 0 | 1) => (cpu: Arm64Cpu) => commonEvents(cpu.model.features, cpu.pmu.allowed, which);

export const performanceMonitors: readonly SystemRegister[] = [
  pmu('PMCR_EL0', [3, 3, 9, 12, 0], {
    read: cpu => ((cpu.model.PMCR & ~PMCR_N) | (cpu.pmu.counters << 11) | cpu.state.PMCR_EL0) >>> 0,
    write: change((cpu, value) => writePMCR(cpu, Number(value & 0xffff_ffffn))),
    restore: change((cpu, value) => storePMCR(cpu, Number(value & 0xffff_ffffn))),
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
    write: (cpu, value) => cpu.pmu.softwareIncrement(Number(value & 0xffff_ffffn)),
  }),
  stored32('PMSELR_EL0', [3, 3, 9, 12, 5], 'PMSELR_EL0', 0x1f, { feature, EL0: 'RW', trapsEL0: guard(PMUSERENR_ER) }),
  constant('PMCEID0_EL0', [3, 3, 9, 12, 6], events(0), { feature, EL0: 'R', trapsEL0: guard() }),
  constant('PMCEID1_EL0', [3, 3, 9, 12, 7], events(1), { feature, EL0: 'R', trapsEL0: guard() }),
  constant('PMMIR_EL1', [3, 0, 9, 14, 6], 0n, { feature: 'PMUv3p4' }),
  pmu('PMCCNTR_EL0', [3, 3, 9, 13, 0], {
    trapsEL0: guard(0, PMUSERENR_CR),
    read: upToDate(cpu => cpu.state.PMCCNTR_EL0),
    write: change(writeCycles),
    reset: cpu => writeCycles(cpu, 0n),
  }),
  pmu('PMXEVTYPER_EL0', [3, 3, 9, 13, 1], {
    saved: false,
    read: cpu => readType(cpu, cpu.state.PMSELR_EL0),
    write: change((cpu, value) => writeType(cpu, cpu.state.PMSELR_EL0, value)),
  }),
  pmu('PMXEVCNTR_EL0', [3, 3, 9, 13, 2], {
    saved: false,
    trapsEL0: guard(0, PMUSERENR_ER),
    read: upToDate(cpu => readCounter(cpu, cpu.state.PMSELR_EL0)),
    write: change((cpu, value) => writeCounter(cpu, cpu.state.PMSELR_EL0, value)),
  }),
  stored32('PMUSERENR_EL0', [3, 3, 9, 14, 0], 'PMUSERENR_EL0', 0xf, { feature, EL0: 'R' }),
  pmu('PMCCFILTR_EL0', [3, 3, 14, 15, 7], {
    read: cpu => readType(cpu, CYCLE_COUNTER),
    write: change((cpu, value) => writeType(cpu, CYCLE_COUNTER, value)),
    reset: cpu => {
      cpu.state.PMCCFILTR_EL0 = 0;
    },
  }),
  ...counters(),
];
