/** The requests of an arm64 vCPU, and what is done for them before it enters the guest, in KVM's order. */
import { KvmError } from '../errors.ts';
import type { KvmExit } from '../exit.ts';
import { KVM_EXIT_SYSTEM_EVENT, KVM_MP_STATE_STOPPED, KVM_MP_STATE_SUSPENDED, KVM_SYSTEM_EVENT_WAKEUP } from '../numbers.ts';
import { KVM_REQ_TLB_FLUSH, KVM_REQ_VM_DEAD, KVM_REQUEST_ARCH_BASE, KVM_REQUEST_NO_WAKEUP, KVM_REQUEST_WAIT } from '../requests.ts';
import type { Arm64Vcpu } from './vcpu.ts';
import { block, wait } from './wait.ts';

const BASE = KVM_REQUEST_ARCH_BASE;
/** The vCPU is powered off: it doesn't enter the guest before it is on. */
export const KVM_REQ_SLEEP = BASE | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
/** An interrupt line changed: nothing to do but to enter anew, which looks at the lines. */
export const KVM_REQ_IRQ_PENDING = BASE + 1;
/** PSCI CPU_ON: the payload has what it starts with. */
export const KVM_REQ_VCPU_RESET = BASE + 2;
export const KVM_REQ_RECORD_STEAL = BASE + 3;
export const KVM_REQ_RELOAD_GICv4 = BASE + 4;
export const KVM_REQ_RELOAD_PMU = BASE + 5;
/** KVM_MP_STATE_SUSPENDED: waits for what would wake it, and then tells the API's user. */
export const KVM_REQ_SUSPEND = BASE + 6;

/** undefined: the guest may be entered. Throws EIO for a VM that is dead. */
export function checkRequests(vcpu: Arm64Vcpu): KvmExit | undefined {
  const { control } = vcpu;
  // It stays dead.
  if (control.testRequest(KVM_REQ_VM_DEAD)) throw new KvmError('EIO', 'the VM is dead');
  if (control.checkRequest(KVM_REQ_TLB_FLUSH)) {
    vcpu.vm.takeOverMemory();
    vcpu.cpu.flushTlb();
  }
  if (control.checkRequest(KVM_REQ_SLEEP)) {
    const left = sleep(vcpu);
    if (left) return left;
  }
  if (control.checkRequest(KVM_REQ_VCPU_RESET)) vcpu.powerOn();
  control.clearRequest(KVM_REQ_IRQ_PENDING);
  if (control.checkRequest(KVM_REQ_RECORD_STEAL)) vcpu.recordSteal();
  // The interrupt controller keeps no copy of the guest's state outside the arena that could be out of date.
  control.clearRequest(KVM_REQ_RELOAD_GICv4);
  if (control.checkRequest(KVM_REQ_RELOAD_PMU)) vcpu.reloadPmu();
  if (control.checkRequest(KVM_REQ_SUSPEND)) return suspend(vcpu);
  return vcpu.waiting ? wait(vcpu) : undefined;
}

function sleep(vcpu: Arm64Vcpu): KvmExit | undefined {
  const { control } = vcpu;
  if (control.mpState !== KVM_MP_STATE_STOPPED) return undefined;
  const left = block(vcpu);
  // Something else may have woken it: the next entry asks again.
  if (control.mpState === KVM_MP_STATE_STOPPED) control.setRequest(KVM_REQ_SLEEP);
  return left;
}

function suspend(vcpu: Arm64Vcpu): KvmExit | undefined {
  const { control } = vcpu;
  if (control.mpState !== KVM_MP_STATE_SUSPENDED) return undefined;
  vcpu.waiting = true;
  const left = wait(vcpu);
  // It stays suspended until its user says otherwise.
  control.setRequest(KVM_REQ_SUSPEND);
  return left ?? (vcpu.waiting ? undefined : { exit_reason: KVM_EXIT_SYSTEM_EVENT, type: KVM_SYSTEM_EVENT_WAKEUP, data: [] });
}
