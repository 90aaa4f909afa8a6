/** A group of a vCPU's attributes (KVM_SET_DEVICE_ATTR and its kin on a vCPU; Documentation/virt/kvm/devices/vcpu.rst). */
import type { VcpuAttributeValue } from '../../arch.ts';
import { KvmError } from '../../errors.ts';
import type { Arm64Vcpu } from '../vcpu.ts';

/** All throw what Linux returns; `has` says whether `set` would ever work, and never throws. */
export interface AttributeGroup {
  set(vcpu: Arm64Vcpu, attr: number, value: VcpuAttributeValue | undefined): void;
  get(vcpu: Arm64Vcpu, attr: number): bigint;
  has(vcpu: Arm64Vcpu, attr: number): boolean;
}

/** The number that an attribute's address points to. Throws EFAULT. */
export function numberOf(value: VcpuAttributeValue | undefined): number {
  if (typeof value !== 'bigint') throw new KvmError('EFAULT', 'the attribute is a number');
  return Number(BigInt.asIntN(32, value));
}

export const noAttribute = (what: string, attr: number): KvmError => new KvmError('ENXIO', `${what} have no attribute ${attr}`);
