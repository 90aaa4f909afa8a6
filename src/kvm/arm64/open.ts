/** What opening /dev/kvm is: the API on this host's translating engine. */
import type { Clock } from '../../base/clock.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { CpuModelName, CpuProperties } from '../../guest/aarch64/index.ts';
import { Kvm } from '../kvm.ts';
import { createArm64 } from './arm64.ts';
import { VmEngine } from './engine.ts';
import type { Arm64Options } from './vm.ts';

export interface OpenOptions {
  readonly clock: Clock;
  /** 64 random bits, for the guest's RNDR. */
  readonly random: () => bigint;
  readonly log?: Log;
  /** The CPU that guests see. */
  readonly cpu?: CpuModelName;
  readonly cpuProperties?: CpuProperties;
  /** Which interrupt controller the CPU's identification registers tell of. */
  readonly gicVersion?: 2 | 3;
  /** HLT 0xF000 is an exit, else it is UNDEFINED. */
  readonly semihosting?: boolean | 'userspace';
  readonly createAlarm?: Arm64Options['createAlarm'];
}

/** Throws a TesseraError where the CPU's properties can't be. */
export function openKvm({ clock, random, log = silentLog, cpu = 'max', cpuProperties, gicVersion = 3, semihosting = false, createAlarm }: OpenOptions): Kvm {
  const engine = new VmEngine({ cpu, cpuProperties, gicVersion, semihosting, clock });
  return new Kvm(createArm64({
    clock, log, random, model: engine.model, createCpu: spec => engine.createCpu(spec), ...(createAlarm && { createAlarm }),
  }));
}
