/** A real kernel on several CPUs that have turns of so many instructions, by a clock that goes on with them. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { openGuest } from '../../src/cli/guests.ts';
import { QueueConsole } from '../../src/device/console.ts';
import { nodeSources } from '../../src/host/node/sources.ts';
import { KVM_REG_ARM_CORE } from '../../src/kvm/index.ts';
import { createMachine, type CreatedMachine, type MachineRequest } from '../../src/machine/create.ts';
import type { HostLoop } from '../../src/machine/host.ts';

/** Instructions of a turn, and what each takes. */
const TURN = 20_000;
const NS_EACH = 4n;

/** Goes on with the instructions of all CPUs, and to where the machine would sleep. */
class CountedTime implements Clock, HostLoop {
  created: CreatedMachine | undefined;
  private slept = 0n;
  now(): bigint { return this.slept + this.retired().reduce((sum, n) => sum + n, 0n) * NS_EACH; }
  wallSeconds(): number { return 1_600_000_000; }
  retired(): bigint[] { return (this.created?.machine.parts.vcpus ?? []).map(({ arch }) => arch.cpu.retired); }
  yield(): Promise<void> { return Promise.resolve(); }
  sleep(until: bigint | undefined): Promise<void> {
    const now = this.now();
    if (until !== undefined && until > now) this.slept += until - now;
    return Promise.resolve();
  }
  wake(): void {}
}

export interface CountedBoot {
  readonly console: string;
  /** Instructions by CPU. */
  readonly retired: readonly bigint[];
  /** Nanoseconds. */
  readonly time: bigint;
  readonly pcs: readonly bigint[];
}

/** Boots until the console shows `until`. */
export async function countedBoot(request: MachineRequest, until: string): Promise<CountedBoot> {
  const { kernel, initrd } = await openGuest('linux');
  const time = new CountedTime();
  let shown = '';
  const console = new QueueConsole(byte => {
    shown += String.fromCharCode(byte);
    if (byte === 10 && shown.includes(until)) time.created!.machine.stop();
  });
  let cpus = 0;
  time.created = createMachine(
    { ...request, kernel: { name: 'kernel', data: readFileSync(kernel) }, initrd: { name: 'initrd', data: readFileSync(initrd) }, append: 'console=ttyAMA0 cryptomgr.notests' },
    {
      ...nodeSources, random: bytes => new Uint8Array(bytes), clock: time, log: silentLog, console, loop: time,
      createAlarm: () => {
        const n = cpus++;
        return { at: () => {}, startSlice: () => time.created!.machine.parts.vcpus[n]!.arch.cpu.setBudget(TURN), stop: () => {} };
      },
    },
  );
  const { machine } = time.created;
  await machine.run();
  return {
    console: shown, retired: time.retired(), time: time.now(),
    pcs: machine.parts.vcpus.map(vcpu => vcpu.getOneReg(KVM_REG_ARM_CORE.PC)),
  };
}
