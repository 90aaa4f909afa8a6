/** The arm64 architecture of the KVM-shaped API. */
import type { CpuModel } from '../../guest/aarch64/models.ts';
import type { KvmArch } from '../arch.ts';
import { KvmError } from '../errors.ts';
import { MAX_IRQ_ROUTES } from '../irqfd.ts';
import { NR_MEMSLOTS } from '../memslots.ts';
import * as N from '../numbers.ts';
import { supportedFeatures } from './features.ts';
import { KVM_ARM_VCPU_PMU_V3, KVM_ARM_VCPU_PTRAUTH_ADDRESS, KVM_ARM_VCPU_PTRAUTH_GENERIC, KVM_ARM_VCPU_SVE } from './numbers.ts';
import { MAX_VCPUS } from './irqchip.ts';
import { Arm64Vm, type Arm64Options } from './vm.ts';

const DEFAULT_IPA_BITS = 40;
const MIN_IPA_BITS = 32;
const MAX_IPA_BITS = 48;

const capabilities = new Map<number, number>([
  [N.KVM_CAP_IRQCHIP, 1],
  [N.KVM_CAP_USER_MEMORY, 1],
  [N.KVM_CAP_NR_VCPUS, 1],
  [N.KVM_CAP_NR_MEMSLOTS, NR_MEMSLOTS],
  [N.KVM_CAP_MP_STATE, 1],
  [N.KVM_CAP_COALESCED_MMIO, 1],
  [N.KVM_CAP_SYNC_MMU, 1],
  [N.KVM_CAP_SET_GUEST_DEBUG, 1],
  [N.KVM_CAP_IRQ_ROUTING, MAX_IRQ_ROUTES],
  [N.KVM_CAP_IRQFD, 1],
  [N.KVM_CAP_IRQFD_RESAMPLE, 1],
  [N.KVM_CAP_IOEVENTFD, 1],
  [N.KVM_CAP_INTERNAL_ERROR_DATA, 1],
  [N.KVM_CAP_DESTROY_MEMORY_REGION_WORKS, 1],
  [N.KVM_CAP_JOIN_MEMORY_REGIONS_WORKS, 1],
  [N.KVM_CAP_MAX_VCPUS, MAX_VCPUS],
  [N.KVM_CAP_ONE_REG, 1],
  [N.KVM_CAP_SIGNAL_MSI, 1],
  [N.KVM_CAP_READONLY_MEM, 1],
  [N.KVM_CAP_ARM_PSCI, 1],
  [N.KVM_CAP_ARM_SET_DEVICE_ADDR, 1],
  [N.KVM_CAP_DEVICE_CTRL, 1],
  [N.KVM_CAP_ENABLE_CAP_VM, 1],
  [N.KVM_CAP_VM_ATTRIBUTES, 1],
  [N.KVM_CAP_ARM_PSCI_0_2, 1],
  [N.KVM_CAP_CHECK_EXTENSION_VM, 1],
  [N.KVM_CAP_MAX_VCPU_ID, MAX_VCPUS],
  [N.KVM_CAP_IOEVENTFD_ANY_LENGTH, 1],
  [N.KVM_CAP_MSI_DEVID, 1],
  [N.KVM_CAP_ARM_USER_IRQ, 1],
  [N.KVM_CAP_STEAL_TIME, 1],
  [N.KVM_CAP_COUNTER_OFFSET, 1],
  [N.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, N.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | N.KVM_DIRTY_LOG_INITIALLY_SET],
  [N.KVM_CAP_ARM_NISV_TO_USER, 1],
  [N.KVM_CAP_ARM_SYSTEM_SUSPEND, 1],
  [N.KVM_CAP_IMMEDIATE_EXIT, 1],
  [N.KVM_CAP_ARM_VM_IPA_SIZE, MAX_IPA_BITS],
  [N.KVM_CAP_ARM_IRQ_LINE_LAYOUT_2, 1],
  [N.KVM_CAP_ARM_INJECT_EXT_DABT, 1],
  [N.KVM_CAP_SYSTEM_EVENT_DATA, 1],
  [N.KVM_CAP_VCPU_EVENTS, 1],
  [N.KVM_CAP_VCPU_ATTRIBUTES, 1],
  [N.KVM_CAP_PTP_KVM, 1],
  // What Linux has on arm64.
  [N.KVM_CAP_SET_GUEST_DEBUG2, N.KVM_GUESTDBG_ENABLE | N.KVM_GUESTDBG_SINGLESTEP | N.KVM_GUESTDBG_USE_SW_BP | N.KVM_GUESTDBG_USE_HW],
  [N.KVM_CAP_BINARY_STATS_FD, 1],
  [N.KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES, 1],
]);

/** What depends on the CPU model. None has AArch32 at EL1. */
function modelCapabilities(model: CpuModel): readonly (readonly [number, number])[] {
  const has = (feature: number): number => (supportedFeatures(model) >>> feature) & 1;
  return [
    [N.KVM_CAP_ARM_PMU_V3, has(KVM_ARM_VCPU_PMU_V3)],
    [N.KVM_CAP_ARM_SVE, has(KVM_ARM_VCPU_SVE)],
    [N.KVM_CAP_ARM_PTRAUTH_ADDRESS, has(KVM_ARM_VCPU_PTRAUTH_ADDRESS)],
    [N.KVM_CAP_ARM_PTRAUTH_GENERIC, has(KVM_ARM_VCPU_PTRAUTH_GENERIC)],
    [N.KVM_CAP_ARM_INJECT_SERROR_ESR, model.features.has('RAS') ? 1 : 0],
    [N.KVM_CAP_GUEST_DEBUG_HW_BPS, model.breakpoints],
    [N.KVM_CAP_GUEST_DEBUG_HW_WPS, model.watchpoints],
  ];
}

export function createArm64(options: Arm64Options): KvmArch {
  const known = new Map([...capabilities, ...modelCapabilities(options.model)]);
  return {
    log: options.log,
    checkExtension: cap => known.get(cap) ?? 0,
    ipaBits(type) {
      if (type === 0) return DEFAULT_IPA_BITS;
      if (type < MIN_IPA_BITS || type > MAX_IPA_BITS) {
        throw new KvmError('EINVAL', `a VM's type is 0 or ${MIN_IPA_BITS} to ${MAX_IPA_BITS} bits of guest-physical address, not ${type}`);
      }
      return type;
    },
    createVm: context => new Arm64Vm(options, context),
  };
}
