/** Firmware registers (Documentation/virt/kvm/arm/fw-pseudo-registers.rst): the same for all vCPUs of a VM. */
import { KvmError } from '../../errors.ts';
import { services, type ServiceOwner } from '../firmware.ts';
import {
  KVM_REG_ARM_PSCI_VERSION, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2,
  KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3, KVM_REG_ARM_STD_BMAP, KVM_REG_ARM_STD_HYP_BMAP, KVM_REG_ARM_VENDOR_HYP_BMAP,
} from '../numbers.ts';
import { invalid, unknown, type OneReg, type RegisterClass } from './register.ts';

const PSCI_VERSION: OneReg = {
  get: vcpu => BigInt(vcpu.psciVersion),
  set: (vcpu, value) => { vcpu.psciVersion = Number(value); },
};

const LEVEL = 15n;
const WORKAROUND_2_AVAILABLE = 2n;
const WORKAROUND_2_NOT_REQUIRED = 3n;
const WORKAROUND_2_ENABLED = 1n << 4n;

/** NOT_AVAIL: the guest sees a core whose firmware has no workarounds (psci.ts). A VM with one can't come here. */
const workaround: OneReg = {
  get: () => 0n,
  set: (_vcpu, value) => { if (value !== 0n) throw invalid(value, 'a workaround that isn\'t available here'); },
};

/** Has a state "unknown" beside that, and a bit that says that the workaround is on. */
const workaround2: OneReg = {
  get: () => 0n,
  set: (_vcpu, value) => {
    const level = value & LEVEL;
    const on = (value & WORKAROUND_2_ENABLED) !== 0n;
    const known = (value & ~(LEVEL | WORKAROUND_2_ENABLED)) === 0n && level <= WORKAROUND_2_NOT_REQUIRED;
    if (!known || (on && level !== WORKAROUND_2_AVAILABLE) || level >= WORKAROUND_2_AVAILABLE) {
      throw invalid(value, 'a workaround that isn\'t available here');
    }
  },
};

const bitmap = (owner: ServiceOwner): OneReg => ({
  get: vcpu => vcpu.vm.firmware[owner],
  set: ({ vm }, value) => {
    if (value & ~services[owner]) throw invalid(value, 'a bitmap of firmware services, of which not all exist,');
    if (value === vm.firmware[owner]) return;
    if (vm.hasRun) throw new KvmError('EBUSY', 'firmware services can\'t be changed after a vCPU ran');
    vm.firmware[owner] = value;
  },
});

const registers: ReadonlyMap<bigint, OneReg> = new Map([
  [KVM_REG_ARM_PSCI_VERSION, PSCI_VERSION],
  [KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, workaround],
  [KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2, workaround2],
  [KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3, workaround],
  [KVM_REG_ARM_STD_BMAP, bitmap('standard')],
  [KVM_REG_ARM_STD_HYP_BMAP, bitmap('standardHypervisor')],
  [KVM_REG_ARM_VENDOR_HYP_BMAP, bitmap('vendorHypervisor')],
]);
const ids = [...registers.keys()];

export const firmwareRegisters: RegisterClass = {
  find(_vcpu, id) {
    const found = registers.get(id);
    if (!found) throw unknown(id);
    return found;
  },
  ids: () => ids,
};
