/** Several CPUs: memory order, exclusives and atomics, code and mappings that another CPU changed; in turn and in threads. */
import { expect, test } from 'vitest';
import { smpCases, smpExpected } from './smp-programs.ts';
import { runSmp } from './smp-run.ts';

const ending = { kind: 'exit', status: 0 } as const;
const size = { cpus: 4, rounds: 10, instances: 64 };
const results = (some = smpCases, { cpus, rounds, instances } = size): object => smpExpected(some, cpus, rounds, instances);

// `node tools/kvm/litmus.ts` does as many rounds as wanted.
test('all CPUs in turn', async () => {
  expect(await runSmp(smpCases, size, false)).toMatchObject({ ending, results: results() });
}, 60_000);

test('D14.a, D14.h, D14.i: each CPU in a thread of its own, with the same result', async () => {
  expect(await runSmp(smpCases, size, true)).toMatchObject({ ending, results: results() });
}, 120_000);

test('two threads with a GICv2', async () => {
  const some = smpCases.filter(c => c.cpus === 2).slice(0, 3);
  const two = { ...size, cpus: 2 };
  expect(await runSmp(some, two, true, { gicVersion: 2, cpu: 'cortex-a57' })).toMatchObject({ ending, results: results(some, two) });
}, 60_000);
