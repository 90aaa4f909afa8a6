/** KVM_ARM_VCPU_TIMER_CTRL (Documentation/virt/kvm/devices/vcpu.rst, 2): the private interrupts of the timers, of all vCPUs. */
import type { VcpuAttributeValue } from '../../arch.ts';
import { KvmError } from '../../errors.ts';
import { KVM_ARM_VCPU_TIMER_IRQ_HPTIMER, KVM_ARM_VCPU_TIMER_IRQ_VTIMER } from '../numbers.ts';
import type { Arm64Vcpu } from '../vcpu.ts';
import { FIRST_PPI, FIRST_SPI } from '../vgic/state.ts';
import { noAttribute, numberOf, type AttributeGroup } from './group.ts';

/** Attributes are the timers' numbers in the VM's list. */
const isTimer = (attr: number): boolean =>
  Number.isInteger(attr) && attr >= KVM_ARM_VCPU_TIMER_IRQ_VTIMER && attr <= KVM_ARM_VCPU_TIMER_IRQ_HPTIMER;

/** Two timers with one interrupt are refused when a vCPU is first run. */
function set({ vm }: Arm64Vcpu, attr: number, value: VcpuAttributeValue | undefined): void {
  if (!vm.hasIrqchip) throw new KvmError('EINVAL', 'the VM has no in-kernel interrupt controller');
  const irq = numberOf(value);
  if (irq < FIRST_PPI || irq >= FIRST_SPI) throw new KvmError('EINVAL', `interrupt ${irq} is not a private one`);
  if (vm.timers.fixed) throw new KvmError('EBUSY', 'the timers\' interrupts can\'t be changed after a vCPU ran');
  if (!isTimer(attr)) throw noAttribute('timers', attr);
  vm.timers.ppis[attr] = irq;
}

function get({ vm }: Arm64Vcpu, attr: number): bigint {
  if (!isTimer(attr)) throw noAttribute('timers', attr);
  return BigInt(vm.timers.ppis[attr]!);
}

export const timerAttributes: AttributeGroup = { set, get, has: (_vcpu, attr) => isTimer(attr) };
