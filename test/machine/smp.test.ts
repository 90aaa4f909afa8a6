/** Several CPUs: memory order, exclusives and atomics, code and mappings that another CPU changed; in turn and in threads. */
import { describe, expect, test } from 'vitest';
import { smpCases, smpElf } from './smp-programs.ts';
import { runSmp } from './smp-run.ts';

const done = { kind: 'exit', status: 0 } as const;

describe('all CPUs in turn', () => {
  test.each(smpCases.map(c => [c.name, c] as const))('%s', async (_name, c) => {
    const rounds = 40;
    const { ending, results } = await runSmp(smpElf(c, rounds), c.cpus, false);
    expect(ending).toEqual(done);
    const expected = c.expected?.(c.cpus, rounds) ?? [0];
    expect(results.slice(0, expected.length)).toEqual(expected);
  }, 30_000);
});

// `node tools/kvm/litmus.ts` runs all of them, as often as wanted.
const inThreads = [
  'SB with acquire and release', 'IRIW with DMB', 'a counter of two words by LDXP and STXP', 'a counter within a spin lock',
  'code that another CPU wrote', 'a mapping that another CPU changed', 'D14h shootdowns of all CPUs at once',
];

describe('each CPU in a thread of its own', () => {
  test.each(smpCases.filter(c => inThreads.includes(c.name)).map(c => [c.name, c] as const))('%s', async (_name, c) => {
    const rounds = 300;
    const { ending, results } = await runSmp(smpElf(c, rounds), c.cpus, true);
    expect(ending).toEqual(done);
    const expected = c.expected?.(c.cpus, rounds) ?? [0];
    expect(results.slice(0, expected.length)).toEqual(expected);
  }, 60_000);

  test('D14i: the same result as in turn, with a GICv2 too', async () => {
    const counter = smpCases.find(c => c.name === 'a counter by LDXR and STXR')!;
    const elf = smpElf({ ...counter, cpus: 3 }, 50);
    for (const threads of [false, true]) {
      expect(await runSmp(elf, 3, threads, { gicVersion: 2, cpu: 'cortex-a57' })).toMatchObject({ ending: done, results: [150, 0, 0, 0] });
    }
  }, 60_000);
});
