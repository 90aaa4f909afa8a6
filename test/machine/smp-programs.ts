/** What CPUs see of each other: cases for several of them, as programs (smp-program.ts). */
import { HISTOGRAM, ROUND, RRESULTS, RX, SmpProgram, VALUE, VX, VY, type Observer } from './smp-program.ts';

/** What of a litmus test is counted: registers of roles, and the outcomes of them as bits, the first observer's highest. */
interface Litmus {
  readonly observers: readonly Observer[];
  readonly forbidden?: number;
  /** Possible, and seen in many rounds by anything that looks. */
  readonly relaxed?: number;
}

export interface SmpCase {
  readonly name: string;
  readonly cpus: number;
  readonly body: (p: SmpProgram, instances: number) => void;
  /** The case's words after `rounds`; 0 forbidden outcomes where it is left out. */
  readonly expected?: (cpus: number, rounds: number) => readonly number[];
  readonly litmus?: Litmus;
}

interface Order {
  readonly load: (p: SmpProgram, Rt: number, Rn: number) => void;
  readonly store: (p: SmpProgram, Rt: number, Rn: number) => void;
  readonly between: (p: SmpProgram) => void;
}

/** Ways in which two accesses stay in order, and the way in which they don't. */
const orders: Readonly<Record<string, Order>> = {
  'with acquire and release': {
    load: (p, Rt, Rn) => p.acquire(Rt, Rn),
    store: (p, Rt, Rn) => p.release(Rt, Rn),
    between: () => {},
  },
  'with DMB': {
    load: (p, Rt, Rn) => p.load(Rt, Rn),
    store: (p, Rt, Rn) => p.store(Rt, Rn),
    between: p => p.barrier(),
  },
  'without order': {
    load: (p, Rt, Rn) => p.load(Rt, Rn),
    store: (p, Rt, Rn) => p.store(Rt, Rn),
    between: () => {},
  },
};

interface Shape {
  readonly cpus: number;
  readonly observers: readonly Observer[];
  /** The outcome that only a change of order explains. */
  readonly outcome: number;
  readonly roles: (p: SmpProgram, order: Order) => readonly (() => void)[];
}

/** ARM DDI 0487 B2.3, and "A Tutorial Introduction to the ARM and POWER Relaxed Memory Models" for the names. */
const shapes: Readonly<Record<string, Shape>> = {
  MP: {
    cpus: 2, observers: [[1, 0], [1, 1]], outcome: 0b10,
    roles: (p, { load, store, between }) => [
      () => { store(p, VALUE, VX); between(p); store(p, VALUE, VY); },
      () => { load(p, 2, VY); between(p); load(p, 3, VX); p.observe(2).observe(3, 1); },
    ],
  },
  SB: {
    cpus: 2, observers: [[0, 0], [1, 0]], outcome: 0b00,
    roles: (p, { load, store, between }) => [
      () => { store(p, VALUE, VX); between(p); load(p, 2, VY); p.observe(2); },
      () => { store(p, VALUE, VY); between(p); load(p, 2, VX); p.observe(2); },
    ],
  },
  LB: {
    cpus: 2, observers: [[0, 0], [1, 0]], outcome: 0b11,
    roles: (p, { load, store, between }) => [
      () => { load(p, 2, VX); between(p); store(p, VALUE, VY); p.observe(2); },
      () => { load(p, 2, VY); between(p); store(p, VALUE, VX); p.observe(2); },
    ],
  },
  IRIW: {
    cpus: 4, observers: [[2, 0], [2, 1], [3, 0], [3, 1]], outcome: 0b1010,
    roles: (p, { load, store, between }) => [
      () => store(p, VALUE, VX),
      () => store(p, VALUE, VY),
      () => { load(p, 2, VX); between(p); load(p, 3, VY); p.observe(2).observe(3, 1); },
      () => { load(p, 2, VY); between(p); load(p, 3, VX); p.observe(2).observe(3, 1); },
    ],
  },
};

/** Of those without order only SB: whether the others show depends on the host, but every processor with a store buffer shows it. */
const litmus = Object.entries(orders).flatMap(([how, order]) => Object.entries(shapes)
  .filter(([name]) => how !== 'without order' || name === 'SB')
  .map(([name, { cpus, observers, outcome, roles }]): SmpCase => ({
    name: `${name} ${how}`, cpus,
    body: (p, instances) => p.litmus(instances, roles(p, order), observers),
    litmus: { observers, ...(how === 'without order' ? { relaxed: outcome } : { forbidden: outcome }) },
  })));

const total = (cpus: number, rounds: number): readonly number[] => [cpus * rounds];

export const smpCases: readonly SmpCase[] = [
  ...litmus,
  { name: 'a counter by LDXR and STXR', cpus: 2, body: p => p.addExclusive(RRESULTS), expected: total },
  { name: 'a counter by LDADD', cpus: 2, body: p => p.addAtomic(RRESULTS), expected: total },
  { name: 'a counter of two words by LDXP and STXP', cpus: 2, body: p => p.addPair(RRESULTS), expected: (cpus, rounds) => [cpus * rounds, cpus * rounds] },
  {
    name: 'a counter within a spin lock', cpus: 2, expected: total,
    body: p => p.locked(() => p.addPlain(RRESULTS)),
  },
  {
    name: 'code that another CPU wrote', cpus: 2,
    body: p => {
      p.on(0, () => { p.patch().release(ROUND, RX); });
      p.on(1, () => { p.awaitRound(RX).callPatched(3).see(3); });
      p.meet().count([[1, 0, 'old']]);
    },
  },
  {
    name: 'a mapping that another CPU changed', cpus: 2,
    body: p => {
      p.on(0, () => { p.remap().release(ROUND, RX); });
      p.on(1, () => { p.awaitRound(RX).loadMoving(3).see(3); });
      p.meet().count([[1, 0, 'old']]);
    },
  },
  { name: 'D14.h shootdowns of all CPUs at once', cpus: 4, body: p => p.shootDown().addAtomic(RRESULTS), expected: total },
];

/** All cases one after the other in each round; of litmus tests, `instances` in each. */
export function smpElf(cases: readonly SmpCase[], cpus: number, rounds: number, instances: number): Uint8Array {
  const program = new SmpProgram(cpus, rounds);
  for (const { body } of cases) {
    body(program, instances);
    program.next();
  }
  return program.elf();
}

/** How often each outcome of a litmus test was seen, of the words that all CPUs left. */
export function histogramOf(words: readonly number[]): number[] {
  return Array.from({ length: HISTOGRAM }, (_, n) => words.filter((__, at) => at % HISTOGRAM === n).reduce((sum, v) => sum + v, 0));
}

/** What a case's words say: of a litmus test, how many outcomes were forbidden, and how many there were. */
export function smpFound({ litmus: test }: SmpCase, words: readonly number[], count: number): readonly number[] {
  if (!test) return words.slice(0, count);
  const histogram = histogramOf(words);
  return [test.forbidden === undefined ? 0 : histogram[test.forbidden]!, histogram.reduce((sum, n) => sum + n, 0)];
}

/** What `smpFound` has to be then, by the case's name. */
export function smpExpected(cases: readonly SmpCase[], cpus: number, rounds: number, instances: number): Record<string, readonly number[]> {
  return Object.fromEntries(cases.map(({ name, expected, litmus: test }) => [name, test ? [0, rounds * instances] : expected?.(cpus, rounds) ?? [0]]));
}
