/** KVM_ARM_VCPU_PVTIME_CTRL (Documentation/virt/kvm/devices/vcpu.rst, 3): where the vCPU's stolen time is told. */
import type { VcpuAttributeValue } from '../../arch.ts';
import { KvmError } from '../../errors.ts';
import { KVM_ARM_VCPU_PVTIME_IPA } from '../numbers.ts';
import { INVALID_GPA, STOLEN_TIME_BYTES } from '../pvtime.ts';
import type { Arm64Vcpu } from '../vcpu.ts';
import { noAttribute, type AttributeGroup } from './group.ts';

function set({ vm, stolen }: Arm64Vcpu, attr: number, value: VcpuAttributeValue | undefined): void {
  if (attr !== KVM_ARM_VCPU_PVTIME_IPA) throw noAttribute('stolen time', attr);
  if (typeof value !== 'bigint') throw new KvmError('EFAULT', 'the attribute is an address');
  if (value % BigInt(STOLEN_TIME_BYTES) !== 0n) throw new KvmError('EINVAL', `stolen time at 0x${value.toString(16)} is not aligned to 64 bytes`);
  if (stolen.base !== INVALID_GPA) throw new KvmError('EEXIST', 'the address of stolen time is set');
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || vm.memory.at(Number(value), STOLEN_TIME_BYTES) < 0) {
    throw new KvmError('EINVAL', `there is no memory at 0x${value.toString(16)}`);
  }
  stolen.base = value;
}

function get({ stolen }: Arm64Vcpu, attr: number): bigint {
  if (attr !== KVM_ARM_VCPU_PVTIME_IPA) throw noAttribute('stolen time', attr);
  return stolen.base;
}

export const pvtimeAttributes: AttributeGroup = { set, get, has: (_vcpu, attr) => attr === KVM_ARM_VCPU_PVTIME_IPA };
