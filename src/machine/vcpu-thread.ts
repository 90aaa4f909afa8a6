/** The program of a vCPU's thread: attaches to the machine's VM, runs the vCPU, and has its exits served by the machine. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import {
  createArm64, Kvm, KVM_EXIT_DEBUG, KVM_EXIT_INTR, KVM_EXIT_MMIO, KVM_REG_ARM_CORE, VmEngine, type Alarm, type AlarmTarget, type Counters, type EngineChoice,
  type VmHandle,
} from '../kvm/index.ts';
import { Mailbox } from './mailbox.ts';

/** What a vCPU's thread is given; all of it can be sent to another thread. */
export interface VcpuThreadData {
  readonly vm: VmHandle;
  readonly id: number;
  readonly engine: Omit<EngineChoice, 'clock'>;
  /** Arena addresses. */
  readonly mailbox: number;
  readonly bell: number;
}

export interface VcpuThreadParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => bigint;
  readonly createAlarm: (target: AlarmTarget) => Alarm;
  /** Called when the vCPU is there; the thread is blocked from then on. */
  readonly ready: () => void;
}

export interface VcpuThreadResult {
  readonly counters: Counters;
}

/** Returns when the machine has ended. */
export function runVcpuThread({ vm: handle, id, engine: choice, mailbox, bell }: VcpuThreadData, parts: VcpuThreadParts): VcpuThreadResult {
  const { clock, log, random, createAlarm } = parts;
  const engine = new VmEngine({ ...choice, clock });
  const kvm = new Kvm(createArm64({ clock, log, random, model: engine.model, createCpu: spec => engine.createCpu(spec), createAlarm }));
  const vm = kvm.attachVm(handle, [id]);
  const vcpu = vm.vcpus.find(v => v.id === id)!;
  vcpu.blocking = true;
  const box = new Mailbox(vm.arena, mailbox, bell);
  parts.ready();
  const result = (): VcpuThreadResult => ({ counters: engine.counters() });
  for (let told = box.awaitRun(); told !== 'end'; told = box.park()) {
    if (told.refresh) vcpu.refresh();
    for (;;) {
      const exit = vcpu.run();
      if (exit.exit_reason === KVM_EXIT_INTR) break;
      const answer = box.exchange(exit, vcpu.getOneReg(KVM_REG_ARM_CORE.PC));
      if (answer === 'end') return result();
      if (answer === 'abort' && exit.exit_reason === KVM_EXIT_MMIO) vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } });
      if (answer === 'abort' && exit.exit_reason === KVM_EXIT_DEBUG) vcpu.injectDebugException(exit);
    }
  }
  return result();
}
