/** KVM_ARM_VCPU_PMU_V3_CTRL (Documentation/virt/kvm/devices/vcpu.rst, 1). */
import type { VcpuAttributeValue } from '../../arch.ts';
import { KvmError } from '../../errors.ts';
import {
  KVM_ARM_VCPU_PMU_V3_FILTER, KVM_ARM_VCPU_PMU_V3_INIT, KVM_ARM_VCPU_PMU_V3_IRQ, KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS, KVM_ARM_VCPU_PMU_V3_SET_PMU,
} from '../numbers.ts';
import { eventSpace, pmuOf } from '../pmu.ts';
import type { Arm64Vcpu } from '../vcpu.ts';
import { noAttribute, numberOf, type AttributeGroup } from './group.ts';

const known: readonly number[] = [
  KVM_ARM_VCPU_PMU_V3_IRQ, KVM_ARM_VCPU_PMU_V3_INIT, KVM_ARM_VCPU_PMU_V3_FILTER, KVM_ARM_VCPU_PMU_V3_SET_PMU, KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS,
];

function set(vcpu: Arm64Vcpu, attr: number, value: VcpuAttributeValue | undefined): void {
  const pmu = pmuOf(vcpu);
  const { vm, cpu: { guest } } = vcpu;
  pmu.configure();
  switch (attr) {
    case KVM_ARM_VCPU_PMU_V3_IRQ:
      if (!vm.hasIrqchip) throw new KvmError('EINVAL', 'the VM has no in-kernel interrupt controller');
      return pmu.setIrq(numberOf(value));
    case KVM_ARM_VCPU_PMU_V3_INIT: return pmu.init();
    case KVM_ARM_VCPU_PMU_V3_FILTER:
      if (typeof value !== 'object') throw new KvmError('EFAULT', 'the attribute is a filter of events');
      return vm.pmu.addFilter(vm, value, eventSpace(guest));
    case KVM_ARM_VCPU_PMU_V3_SET_PMU: return vm.pmu.choose(vm, numberOf(value));
    case KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS: return vm.pmu.setCounters(vm, numberOf(value), guest.pmu.most);
    default: throw noAttribute('performance monitors', attr);
  }
}

function get(vcpu: Arm64Vcpu, attr: number): bigint {
  if (attr !== KVM_ARM_VCPU_PMU_V3_IRQ) throw noAttribute('performance monitors', attr);
  if (!vcpu.vm.hasIrqchip) throw new KvmError('EINVAL', 'the VM has no in-kernel interrupt controller');
  const { irq } = pmuOf(vcpu);
  if (irq === undefined) throw new KvmError('ENXIO', 'the monitors have no interrupt yet');
  return BigInt(irq);
}

export const pmuAttributes: AttributeGroup = { set, get, has: (vcpu, attr) => vcpu.pmu !== undefined && known.includes(attr) };
