/**
 * KVM_RUN of one vCPU (Linux's arch/arm64/kvm/arm.c): requests are handled, the parts around the CPU are brought up to date,
 * the guest runs, and what KVM serves in the kernel is served; the rest is an exit.
 */
import type { CpuExit } from '../../vcpu/cpu.ts';
import type { KvmExit, KvmIntrExit } from '../exit.ts';
import { KVM_EXIT_DEBUG, KVM_EXIT_INTR } from '../numbers.ts';
import { finishMmio, handleExit } from './handle-exit.ts';
import { checkRequests } from './requests.ts';
import type { Arm64Vcpu } from './vcpu.ts';

/** A part of a vCPU beside the instructions: what it has for the guest is brought in before, and looked at after each entry. */
export interface GuestPart {
  flush(): void;
  sync(): void;
}

/** Steps of the loop, for whoever wants to see their order. */
export type RunEvent =
  | 'requests' | 'pmu flush' | 'vgic flush' | 'enter' | 'exit' | 'debug setup' | 'debug clear' | 'pmu sync' | 'vgic sync' | 'timer sync' | 'not entered';

export function run(vcpu: Arm64Vcpu): KvmExit {
  vcpu.stolen.load();
  const left = loop(vcpu);
  // Who ran it has others to run, while there is still something to do for this one.
  vcpu.stolen.put(left.exit_reason === KVM_EXIT_INTR && vcpu.runnable);
  if (!vcpu.vm.hasIrqchip) vcpu.kvmRun.s.regs.device_irq_level = vcpu.deviceIrqLevel;
  return left;
}

function loop(vcpu: Arm64Vcpu): KvmExit {
  const { control, cpu, stats, trace, debug } = vcpu;
  vcpu.timers.update();
  for (;;) {
    let left: KvmExit | undefined = signal(vcpu);
    trace?.('requests');
    if (!left && (control.requestPending || vcpu.waiting)) left = checkRequests(vcpu);
    left ??= debug.owedStep();
    trace?.('pmu flush');
    vcpu.pmu?.flush();
    trace?.('vgic flush');
    vcpu.vgic?.flush();
    control.enterGuestMode();
    // Whatever is asked for from here on finds the mode set, and makes the guest leave.
    if (left || control.requestPending || control.signalPending || control.immediateExit || deviceLinesChanged(vcpu)) {
      control.leaveGuestMode();
      trace?.('not entered');
      sync(vcpu);
      left ??= immediateExit(vcpu) ?? (deviceLinesChanged(vcpu) ? { exit_reason: KVM_EXIT_INTR, cause: 'device_irq' } : undefined);
      if (left) return left;
      continue;
    }
    if (debug.enabled) trace?.('debug setup');
    trace?.('enter');
    const exit = debug.singlestep ? debug.step() : cpu.run();
    control.leaveGuestMode();
    stats.exits++;
    trace?.('exit');
    if (debug.enabled) trace?.('debug clear');
    sync(vcpu);
    const result = exit === 'step' ? debug.stepExit() : handleExit(vcpu, exit) ?? stepped(vcpu, exit);
    if (result) {
      if (exit !== 'step' && exit.kind === 'guest' && result.exit_reason !== KVM_EXIT_DEBUG) debug.oweStep();
      return result;
    }
  }
}

/** An instruction that was finished here is a step as well. */
function stepped(vcpu: Arm64Vcpu, exit: CpuExit): KvmExit | undefined {
  if (!vcpu.debug.singlestep || exit.kind === 'kicked') return undefined;
  return (exit.kind === 'mmio' ? finishMmio(vcpu) : undefined) ?? vcpu.debug.stepExit();
}

/** The PMU first: its overflow is pending in the interrupt controller by then, whose state the timer looks at. */
function sync(vcpu: Arm64Vcpu): void {
  const { trace } = vcpu;
  trace?.('pmu sync');
  vcpu.pmu?.sync();
  trace?.('vgic sync');
  vcpu.vgic?.sync();
  trace?.('timer sync');
  vcpu.timers.poll();
}

function signal(vcpu: Arm64Vcpu): KvmIntrExit | undefined {
  const { control, stats } = vcpu;
  if (!control.signalPending) return undefined;
  control.takeSignals();
  stats.signal_exits++;
  return { exit_reason: KVM_EXIT_INTR, cause: 'kicked' };
}

/** Set while the vCPU ran, which KVM would need a signal for. */
const immediateExit = ({ control }: Arm64Vcpu): KvmIntrExit | undefined =>
  control.immediateExit ? { exit_reason: KVM_EXIT_INTR, cause: 'immediate_exit' } : undefined;

/** Where the API's user is the interrupt controller it has to hear of each change of a line that a part of the vCPU drives. */
const deviceLinesChanged = (vcpu: Arm64Vcpu): boolean =>
  !vcpu.vm.hasIrqchip && vcpu.deviceIrqLevel !== vcpu.kvmRun.s.regs.device_irq_level;
