/** A vCPU as a machine needs it, and what the machine has to know of it (QEMU's kvm_arch_init_vcpu and kvm_arm_pmu_init). */
import { TesseraError } from '../base/errors.ts';
import {
  KVM_ARM_VCPU_PMU_V3, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, KVM_ARM_VCPU_PMU_V3_IRQ, KVM_ARM_VCPU_POWER_OFF, KVM_ARM_VCPU_PSCI_0_2,
  KVM_ARM_VCPU_PTRAUTH_ADDRESS, KVM_ARM_VCPU_PTRAUTH_GENERIC, KVM_ARM_VCPU_SVE, KVM_CAP_ARM_INJECT_SERROR_ESR, KVM_CAP_ARM_PMU_V3, KVM_CAP_ARM_PSCI_0_2,
  KVM_CAP_ARM_PTRAUTH_ADDRESS, KVM_CAP_ARM_PTRAUTH_GENERIC, KVM_CAP_ARM_SVE, KVM_REG_ARM64_SVE_VLS, KvmError, type ErrnoName, type Vcpu, type Vm,
} from '../kvm/index.ts';
import { RegisterSync } from './register-sync.ts';
import { vectorLengthsValue } from './sve-lengths.ts';

/** MPIDR_EL1. */
const MPIDR = 0x6030_0000_0013_c005n;
/** 2048 bits. */
const MOST_QUADWORDS = 16;
const AFFINITY = 0xff_00ff_ffffn;

/** Features that are asked for where the capability says that they are there. */
const OPTIONAL = [
  [KVM_CAP_ARM_PSCI_0_2, KVM_ARM_VCPU_PSCI_0_2],
  [KVM_CAP_ARM_PMU_V3, KVM_ARM_VCPU_PMU_V3],
  [KVM_CAP_ARM_SVE, KVM_ARM_VCPU_SVE],
  [KVM_CAP_ARM_PTRAUTH_ADDRESS, KVM_ARM_VCPU_PTRAUTH_ADDRESS],
  [KVM_CAP_ARM_PTRAUTH_GENERIC, KVM_ARM_VCPU_PTRAUTH_GENERIC],
] as const;

type Machine = Pick<Vm, 'checkExtension' | 'preferredTarget'>;

/** Features of KVM_ARM_VCPU_INIT: what there is, and whether the vCPU waits for somebody who turns it on. */
export function vcpuFeatures(vm: Machine, preferred: number, off: boolean): number {
  const present = OPTIONAL.filter(([cap]) => vm.checkExtension(cap) !== 0);
  return present.reduce((bits, [, feature]) => bits | 1 << feature, preferred) | (off ? 1 << KVM_ARM_VCPU_POWER_OFF : 0);
}

/** KVM_ARM_VCPU_INIT. Throws EINVAL where there is no target, before anything is asked of the vCPU. */
export function resetVcpu(vm: Machine, vcpu: Pick<Vcpu, 'init'>, off: boolean): void {
  const { target, features: [preferred] } = vm.preferredTarget();
  if (!Number.isInteger(target) || target < 0) throw new KvmError('EINVAL', 'there is no target for a vCPU');
  vcpu.init({ target, features: [vcpuFeatures(vm, preferred, off)] });
}

export interface VcpuSetup {
  /** Aff3..Aff0, where MPIDR_EL1 has them. */
  readonly affinity: bigint;
  /** An SError that is injected may have a syndrome. */
  readonly serrorSyndrome: boolean;
  readonly registers: RegisterSync;
}

/** The first that fails ends it; throws what KVM throws. */
export function initVcpu(vm: Machine, vcpu: Vcpu, off: boolean): VcpuSetup {
  resetVcpu(vm, vcpu, off);
  if (vm.checkExtension(KVM_CAP_ARM_SVE)) finalizeSVE(vcpu);
  return {
    affinity: vcpu.getOneReg(MPIDR) & AFFINITY,
    serrorSyndrome: vm.checkExtension(KVM_CAP_ARM_INJECT_SERROR_ESR) !== 0,
    registers: new RegisterSync(vcpu),
  };
}

/** SVE with all vector lengths that there are. */
function finalizeSVE(vcpu: Pick<Vcpu, 'getOneReg' | 'setOneReg' | 'finalize'>): void {
  vcpu.setOneReg(KVM_REG_ARM64_SVE_VLS, vectorLengthsValue(vcpu.getOneReg(KVM_REG_ARM64_SVE_VLS), MOST_QUADWORDS));
  vcpu.finalize(KVM_ARM_VCPU_SVE);
}

/** A vCPU's performance monitors can't be set up; no machine is made. */
export class PmuError extends TesseraError {
  override readonly name: string = 'PmuError';
  readonly code: ErrnoName;
  readonly call: 'KVM_HAS_DEVICE_ATTR' | 'KVM_SET_DEVICE_ATTR';

  constructor(error: KvmError, call: PmuError['call'], attribute: string) {
    super(`${call} of ${attribute}: ${error.message}`);
    this.code = error.code;
    this.call = call;
  }
}

/** What of a vCPU is used. */
export type PmuVcpu = Pick<Vcpu, 'hasAttr' | 'setAttr'>;

/** Needs the vCPU's features, and stays through every reset. Nothing happens without `present`. Throws a PmuError. */
export function initPmu(vcpu: PmuVcpu, present: boolean, irq: number): void {
  if (!present) return;
  setPmu(vcpu, KVM_ARM_VCPU_PMU_V3_IRQ, 'the PMU\'s interrupt', BigInt(irq));
  setPmu(vcpu, KVM_ARM_VCPU_PMU_V3_INIT, 'the PMU');
}

function setPmu(vcpu: PmuVcpu, attribute: number, what: string, value?: bigint): void {
  if (!vcpu.hasAttr(KVM_ARM_VCPU_PMU_V3_CTRL, attribute)) throw new PmuError(new KvmError('ENXIO', 'there is none'), 'KVM_HAS_DEVICE_ATTR', what);
  try {
    vcpu.setAttr(KVM_ARM_VCPU_PMU_V3_CTRL, attribute, value);
  } catch (error) {
    throw error instanceof KvmError ? new PmuError(error, 'KVM_SET_DEVICE_ATTR', what) : error;
  }
}
