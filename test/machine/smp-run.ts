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
import { RAM, RESULTS, smpElf, smpExpected, type SmpCase } from './smp-programs.ts';

export interface SmpRun {
  readonly ending: Ending;
  /** By the case's name, as `smpExpected`. */
  readonly results: Record<string, readonly number[]>;
}

export async function runSmp(cases: readonly SmpCase[], smp: number, rounds: number, threads: boolean, more: MachineRequest = {}): Promise<SmpRun> {
  const expected = Object.entries(smpExpected(cases, smp, rounds));
  const { ending, words } = await runElf(smpElf(cases, smp, rounds), smp, threads, 2 * expected.length + 2, more);
  return { ending, results: Object.fromEntries(expected.map(([name, values], n) => [name, words.slice(2 * n, 2 * n + values.length)])) };
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
