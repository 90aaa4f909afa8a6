/**
 * While all vCPUs stand still the guest's counters do, too, so that it finds no leap of time when it goes on, nor its watchdogs
 * run out. As QEMU does it for KVM: the counters are read at the stop, and written back before the first vCPU runs.
 */
import { KVM_REG_ARM_PTIMER_CNT, KVM_REG_ARM_TIMER_CNT, type Vcpu } from '../kvm/index.ts';

const COUNTERS = [KVM_REG_ARM_TIMER_CNT, KVM_REG_ARM_PTIMER_CNT];

export class FrozenTime {
  private readonly vcpu: Vcpu;
  private values: readonly bigint[] | undefined;

  /** Any one of the VM's: the counters are the same for all. */
  constructor(vcpu: Vcpu) {
    this.vcpu = vcpu;
  }

  freeze(): void {
    this.values ??= COUNTERS.map(id => this.vcpu.getOneReg(id));
  }

  thaw(): void {
    const { values } = this;
    this.values = undefined;
    values?.forEach((value, i) => this.vcpu.setOneReg(COUNTERS[i]!, value));
  }
}
