/** A program on the `bare` board under the debug layer, its CPUs in turn or in threads: what it does is said stop by stop. */
import { silentLog } from '../../src/base/log.ts';
import { nullConsole } from '../../src/device/console.ts';
import { createAlarms } from '../../src/host/node/alarm.ts';
import { hostClock } from '../../src/host/node/clock.ts';
import { createHostLoop } from '../../src/host/node/loop.ts';
import { nodeSources } from '../../src/host/node/sources.ts';
import { nodeThreads } from '../../src/host/node/vcpu-threads.ts';
import { createMachine, type MachineRequest } from '../../src/machine/create.ts';
import type { DebugStop, DebugTarget, Resumption } from '../../src/machine/index.ts';
import type { Ending, Machine } from '../../src/machine/machine.ts';
import { elf64 } from '../boot/files.ts';

export const BASE = 0x4010_0000;

const bytes = (words: readonly number[]): number[] => words.flatMap(w => [w & 0xff, (w >>> 8) & 0xff, (w >>> 16) & 0xff, w >>> 24]);

export interface Session {
  readonly machine: Machine;
  readonly debug: DebugTarget;
  /** The next stops. */
  stops(): Promise<readonly DebugStop[]>;
  /** Lets all CPUs go, or those that are named, and gives the next stops. */
  go(how?: Resumption, cpus?: readonly number[]): Promise<readonly DebugStop[]>;
  readonly ending: Promise<Ending>;
}

export interface SessionOptions extends MachineRequest {
  readonly threads?: boolean;
}

/** Runs `body` with the machine halted before its first instruction. */
export async function debugging(words: readonly number[], { threads = false, ...more }: SessionOptions, body: (session: Session) => Promise<void>): Promise<void> {
  const clock = hostClock();
  const loop = createHostLoop(clock);
  const alarms = createAlarms(clock);
  const data = elf64([{ address: BASE, bytes: bytes(words) }], { entry: BASE });
  const { machine, close } = createMachine(
    { board: 'bare', cpu: 'max', memory: 16 * 2 ** 20, gicVersion: 3, kernel: { name: 'program', data }, ...more },
    {
      ...nodeSources, clock, log: silentLog, console: nullConsole, loop,
      createAlarm: alarms.create,
      threads: threads ? nodeThreads(clock, silentLog, loop) : undefined,
    },
  );
  const told: (readonly DebugStop[])[] = [];
  let waiting: ((stops: readonly DebugStop[]) => void) | undefined;
  const { debug } = machine;
  debug.attach({ stopped: stops => {
    if (waiting) waiting(stops); else told.push(stops);
    waiting = undefined;
  } });
  const stops = (): Promise<readonly DebugStop[]> => {
    const next = told.shift();
    return next ? Promise.resolve(next) : new Promise(resolve => { waiting = resolve; });
  };
  const session: Session = {
    machine, debug, stops,
    go: (how = { kind: 'continue' }, cpus = Array.from({ length: debug.cpus }, (_, cpu) => cpu)) => {
      debug.resume(new Map(cpus.map(cpu => [cpu, how])));
      return stops();
    },
    ending: Promise.resolve({ kind: 'stopped' }),
  };
  debug.pause();
  const ending = machine.run();
  try {
    await stops();
    await body({ ...session, ending });
  } finally {
    debug.detach();
    machine.stop();
    await ending;
    await close();
    await alarms.close();
  }
}
