/** A vCPU that has nothing to run: powered off, or in WFI. Linux's kvm_vcpu_block. */
import { REQUEST_INTERRUPT } from '../../vcpu/cpu.ts';
import type { KvmExit } from '../exit.ts';
import { KVM_EXIT_INTR, KVM_MP_STATE_STOPPED } from '../numbers.ts';
import type { Arm64Vcpu } from './vcpu.ts';

/** In WFI: on when an interrupt is pending, masked by PSTATE or not. */
export function wait(vcpu: Arm64Vcpu): KvmExit | undefined {
  vcpu.timers.update();
  if (!vcpu.interruptPending) {
    vcpu.waiting = true;
    const left = block(vcpu);
    if (left || !vcpu.interruptPending) return left;
  }
  vcpu.waiting = false;
  return undefined;
}

/** Nothing to run: a vCPU that may block sleeps here, else whoever runs it is told until when. */
export function block(vcpu: Arm64Vcpu): KvmExit | undefined {
  if (!vcpu.blocking) {
    return { exit_reason: KVM_EXIT_INTR, cause: 'idle', idle: { deadline: stopped(vcpu) ? undefined : vcpu.timers.deadline() } };
  }
  const { control, vm: { options: { clock } } } = vcpu;
  const awake = (): boolean => vcpu.runnable || control.signalPending || control.requestPending || control.immediateExit;
  control.sleep(awake, () => {
    const deadline = stopped(vcpu) ? undefined : vcpu.timers.deadline();
    return deadline === undefined ? Infinity : Math.max(0, Number(deadline - clock.now()) / 1e6);
  });
  Atomics.or(vcpu.vm.arena.i32, vcpu.cpu.requestWord, REQUEST_INTERRUPT);
  return undefined;
}

/** WFEs in a row that go on at once: what is waited for usually comes within a microsecond. */
const AWAKE = 50;
/** Milliseconds. Then a CPU that spins sleeps so long, as with Linux's event stream on hardware, unless it is told something. */
const DOZE = 0.05;

/** WFE of a vCPU with a thread of its own. */
export function pause(vcpu: Arm64Vcpu): undefined {
  if (++vcpu.pauses <= AWAKE) return;
  vcpu.pauses = 0;
  doze(vcpu);
}

export function doze({ vm: { arena }, cpu }: Arm64Vcpu): undefined {
  Atomics.wait(arena.i32, cpu.requestWord, 0, DOZE);
}

const stopped = ({ control }: Arm64Vcpu): boolean => control.mpState === KVM_MP_STATE_STOPPED;
