/** A machine with its engine, from options and what its host gives it: all that it takes to run a guest. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ConsoleBackend } from '../device/console.ts';
import {
  cpuModel, createArm64, Kvm, VmEngine, type Alarm, type AlarmTarget, type Counters, type CpuModelName, type CpuProperties,
} from '../kvm/index.ts';
import { boards, type BoardName } from './boards.ts';
import type { BootSources } from './boot.ts';
import type { HostLoop, SliceTimer } from './host.ts';
import { Machine } from './machine.ts';
import type { MachineOptions } from './options.ts';
import type { SemihostingFiles } from './semihosting/files.ts';
import type { ThreadsHost } from './threads.ts';

/** What isn't said is a `virt` board with one cortex-a57 with a GICv2 and 512 MiB. */
export interface MachineRequest extends Partial<Omit<MachineOptions, 'board' | 'cpuCompatible'>> {
  readonly board?: BoardName;
  readonly cpu?: CpuModelName;
  /** Its features that shall be on or off, by the names that `cpuProperties` has. */
  readonly cpuProperties?: CpuProperties;
  /** For development: the engine does at random what it does rarely, from this seed. */
  readonly chaos?: number;
  /** Times that code is run cold before it is compiled; 0: it never is. */
  readonly threshold?: number;
}

export interface HostParts extends BootSources {
  readonly clock: Clock;
  readonly log: Log;
  readonly console: ConsoleBackend;
  readonly loop: HostLoop;
  /** Called once for each CPU. Without alarms a CPU runs until its guest waits, and sees its timers only then. */
  readonly createAlarm?: (target: AlarmTarget) => Alarm & SliceTimer;
  /** What a guest's semihosting calls may open; without it they open no files. */
  readonly semihostingFiles?: SemihostingFiles | undefined;
  /** Where it is, each CPU has a thread of its own. */
  readonly threads?: ThreadsHost | undefined;
}

export interface CreatedMachine {
  readonly machine: Machine;
  /** What the engine did so far. */
  counters(): Counters;
  /** Ends what runs for the machine. It can't be run afterwards. */
  close(): Promise<void>;
}

export function machineOptions({ board = 'virt', cpu = 'cortex-a57', ...rest }: MachineRequest): MachineOptions & { cpu: CpuModelName } {
  const { compatible: cpuCompatible, features } = cpuModel(cpu, rest.cpuProperties);
  return { memory: 512 * 2 ** 20, smp: 1, gicVersion: 2, pmu: features.has('PMUv3'), ...rest, board: boards[board], cpu, cpuCompatible };
}

/** Throws a TesseraError of one line where the machine can't be made or its files can't be started. */
export function createMachine(request: MachineRequest, host: HostParts): CreatedMachine {
  const { clock, log, createAlarm, threads } = host;
  const options = { ...machineOptions(request), threads: threads !== undefined };
  const choice = {
    cpu: options.cpu,
    cpuProperties: request.cpuProperties,
    gicVersion: options.gicVersion,
    semihosting: options.semihosting ?? false,
    chaos: request.chaos,
    threshold: request.threshold,
  };
  const engine = new VmEngine({ ...choice, clock });
  const slices: SliceTimer[] = [];
  const alarms = createAlarm && {
    createAlarm: (target: AlarmTarget) => {
      const alarm = createAlarm(target);
      slices.push(alarm);
      return alarm;
    },
  };
  const random = (): bigint => {
    const { buffer, byteOffset } = host.random(8);
    return new DataView(buffer, byteOffset).getBigUint64(0);
  };
  const kvm = new Kvm(createArm64({ clock, log, random, model: engine.model, createCpu: spec => engine.createCpu(spec), ...alarms }));
  const machine = new Machine(options, { ...host, kvm, slices: n => slices[n], threads: threads && { host: threads, engine: choice } });
  let told: readonly Counters[] = [];
  return {
    machine,
    counters: () => sum([engine.counters(), ...told]),
    close: async () => {
      const results = await machine.close();
      told = results.map(result => result?.counters ?? {});
    },
  };
}

function sum(all: readonly Counters[]): Counters {
  const total: Record<string, number> = {};
  for (const counters of all) for (const [name, n] of Object.entries(counters)) total[name] = (total[name] ?? 0) + n;
  return total;
}
