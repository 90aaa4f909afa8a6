/**
 * KVM_ARM_VM_SMCCC_FILTER: which firmware calls are answered here, refused, or left to the API's user
 * (Documentation/virt/kvm/devices/vm.rst).
 */
import { KvmError } from '../errors.ts';

export const KVM_SMCCC_FILTER_HANDLE = 0;
export const KVM_SMCCC_FILTER_DENY = 1;
export const KVM_SMCCC_FILTER_FWD_TO_USER = 2;

/** struct kvm_smccc_filter: `nr_functions` function numbers from `base` on. */
export interface SmcccFilter {
  readonly base: number;
  readonly nr_functions: number;
  readonly action: number;
}

/** The architecture's own calls, in their 32-bit and 64-bit form, can't be filtered. */
const RESERVED: readonly SmcccFilter[] = [0x8000_0000, 0xc000_0000].map(
  base => ({ base, nr_functions: 0x1_0000, action: KVM_SMCCC_FILTER_HANDLE }));

export class SmcccFilters {
  private readonly ranges = [...RESERVED];

  /** Throws EINVAL, or EEXIST where a range overlaps another. */
  add(filter: SmcccFilter): void {
    const { base, nr_functions: count, action } = filter;
    if (!Number.isInteger(base) || base < 0 || !Number.isInteger(count) || count <= 0 || base + count > 2 ** 32) {
      throw new KvmError('EINVAL', 'an SMCCC filter needs at least one function number, of at most 32 bits');
    }
    if (![KVM_SMCCC_FILTER_HANDLE, KVM_SMCCC_FILTER_DENY, KVM_SMCCC_FILTER_FWD_TO_USER].includes(action)) {
      throw new KvmError('EINVAL', `there is no SMCCC filter action ${action}`);
    }
    if (this.ranges.some(r => base < r.base + r.nr_functions && r.base < base + count)) {
      throw new KvmError('EEXIST', `an SMCCC filter for functions from 0x${base.toString(16)} on overlaps another`);
    }
    this.ranges.push(filter);
  }

  action(fn: number): number {
    return this.ranges.find(r => fn >= r.base && fn < r.base + r.nr_functions)?.action ?? KVM_SMCCC_FILTER_HANDLE;
  }
}
