/** Runs a program of several CPUs on the `bare` board, each CPU in a thread of its own or all in turn. */
import { createHostLoop } from '../../src/host/node/loop.ts';
import { createAlarms } from '../../src/host/node/alarm.ts';
import { hostClock } from '../../src/host/node/clock.ts';
import { nodeSources } from '../../src/host/node/sources.ts';
import { nodeThreads } from '../../src/host/node/vcpu-threads.ts';
import { silentLog } from '../../src/base/log.ts';
import { nullConsole } from '../../src/device/console.ts';
import { createMachine, type MachineRequest } from '../../src/machine/create.ts';
import type { Ending } from '../../src/machine/machine.ts';
import { RAM, RESULTS, RESULT_WORDS } from './smp-program.ts';
import { histogramOf, smpElf, smpExpected, smpFound, type SmpCase } from './smp-programs.ts';

export interface SmpRun {
  readonly ending: Ending;
  /** By the case's name, as `smpExpected`. */
  readonly results: Record<string, readonly number[]>;
  /** Of litmus tests. */
  readonly histograms: Record<string, readonly number[]>;
}

export interface SmpSize {
  readonly cpus: number;
  readonly rounds: number;
  readonly instances: number;
}

export async function runSmp(cases: readonly SmpCase[], { cpus, rounds, instances }: SmpSize, threads: boolean, more: MachineRequest = {}): Promise<SmpRun> {
  const expected = smpExpected(cases, cpus, rounds, instances);
  const { ending, words } = await runElf(smpElf(cases, cpus, rounds, instances), cpus, threads, RESULT_WORDS * cases.length, more);
  const wordsOf = (n: number): readonly number[] => words.slice(RESULT_WORDS * n, RESULT_WORDS * (n + 1));
  return {
    ending,
    results: Object.fromEntries(cases.map((c, n) => [c.name, smpFound(c, wordsOf(n), expected[c.name]!.length)])),
    histograms: Object.fromEntries(cases.flatMap((c, n) => (c.litmus ? [[c.name, histogramOf(wordsOf(n))]] : []))),
  };
}

/** A program, and as many words from RESULTS on as it left there. */
export async function runElf(
  elf: Uint8Array, smp: number, threads: boolean, count: number, more: MachineRequest = {},
): Promise<{ readonly ending: Ending; readonly words: readonly number[] }> {
  const clock = hostClock();
  const loop = createHostLoop(clock);
  const alarms = createAlarms(clock);
  const { machine, close } = createMachine(
    { board: 'bare', cpu: 'max', memory: 16 * 2 ** 20, gicVersion: 3, smp, kernel: { name: 'program', data: elf }, ...more },
    {
      ...nodeSources, clock, log: silentLog, console: nullConsole, loop,
      createAlarm: alarms.create,
      threads: threads ? nodeThreads(clock, silentLog, loop) : undefined,
    },
  );
  try {
    const ending = await machine.run();
    const { vm, ram } = machine.parts;
    const at = (ram + RESULTS - RAM) / 8;
    return { ending, words: [...vm.arena.u64.subarray(at, at + count)].map(Number) };
  } finally {
    await close();
    await alarms.close();
  }
}
