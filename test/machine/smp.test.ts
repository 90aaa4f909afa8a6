/** Several CPUs: memory order, exclusives and atomics, code and mappings that another CPU changed; in turn and in threads. */
import { expect, test } from 'vitest';
import { smpCases, smpExpected } from './smp-programs.ts';
import { runSmp } from './smp-run.ts';

const ending = { kind: 'exit', status: 0 } as const;
const CPUS = 4;

// `node tools/kvm/litmus.ts` does as many rounds as wanted.
test('all CPUs in turn', async () => {
  expect(await runSmp(smpCases, CPUS, 40, false)).toEqual({ ending, results: smpExpected(smpCases, CPUS, 40) });
}, 60_000);

test('D14.a, D14.h, D14.i: each CPU in a thread of its own, with the same result', async () => {
  expect(await runSmp(smpCases, CPUS, 40, true)).toEqual({ ending, results: smpExpected(smpCases, CPUS, 40) });
}, 120_000);

test('two threads with a GICv2', async () => {
  const some = smpCases.filter(c => c.cpus === 2).slice(0, 3);
  expect(await runSmp(some, 2, 50, true, { gicVersion: 2, cpu: 'cortex-a57' })).toEqual({ ending, results: smpExpected(some, 2, 50) });
}, 60_000);
