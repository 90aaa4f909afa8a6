/** vCPU features: what KVM_ARM_VCPU_INIT accepts, and the CPU model that a vCPU with some of them has. */
import { without, type CpuModel } from '../../guest/aarch64/model/model.ts';
import type { VcpuInit } from '../arch.ts';
import { KvmError } from '../errors.ts';
import {
  KVM_ARM_TARGET_CORTEX_A53, KVM_ARM_TARGET_CORTEX_A57, KVM_ARM_TARGET_GENERIC_V8, KVM_ARM_VCPU_HAS_EL2_E2H0, KVM_ARM_VCPU_PMU_V3,
  KVM_ARM_VCPU_POWER_OFF, KVM_ARM_VCPU_PSCI_0_2, KVM_ARM_VCPU_PTRAUTH_ADDRESS, KVM_ARM_VCPU_PTRAUTH_GENERIC, KVM_ARM_VCPU_SVE,
} from './numbers.ts';

const bit = (feature: number): number => 2 ** feature;

/** What isn't there unless it is asked for, by feature: the architecture's names. */
const onRequest: readonly (readonly [feature: number, names: readonly string[]])[] = [
  [KVM_ARM_VCPU_PMU_V3, ['PMUv3', 'PMUv3p1', 'PMUv3p4', 'PMUv3p5']],
  [KVM_ARM_VCPU_SVE, ['SVE']],
  [KVM_ARM_VCPU_PTRAUTH_ADDRESS, ['PAuth', 'PACQARMA5', 'PACIMP', 'EPAC', 'PAuth2', 'FPAC', 'FPACCOMBINE']],
];

/** KVM has names for the first cores that it ran on; who asks for the core that is there may use its name. */
const targetNames: ReadonlyMap<string, number> = new Map([
  ['cortex-a53', KVM_ARM_TARGET_CORTEX_A53],
  ['cortex-a57', KVM_ARM_TARGET_CORTEX_A57],
]);

export function supportedFeatures({ features }: CpuModel): number {
  const PMU = features.has('PMUv3') ? bit(KVM_ARM_VCPU_PMU_V3) : 0;
  const PAuth = features.has('PAuth') ? bit(KVM_ARM_VCPU_PTRAUTH_ADDRESS) + bit(KVM_ARM_VCPU_PTRAUTH_GENERIC) : 0;
  const SVE = features.has('SVE') ? bit(KVM_ARM_VCPU_SVE) : 0;
  return bit(KVM_ARM_VCPU_POWER_OFF) + bit(KVM_ARM_VCPU_PSCI_0_2) + PMU + PAuth + SVE;
}

/** The features without POWER_OFF, which may differ each time. Throws ENOENT for unknown bits, EINVAL for what isn't supported. */
export function checkInit(model: CpuModel, { target, features: [features, ...rest] }: VcpuInit): number {
  if (target !== KVM_ARM_TARGET_GENERIC_V8 && target !== targetNames.get(model.name)) {
    throw new KvmError('EINVAL', `there is no vCPU target ${target}; use preferredTarget()`);
  }
  const known = bit(KVM_ARM_VCPU_HAS_EL2_E2H0 + 1);
  if (!Number.isInteger(features) || features < 0 || features >= known || rest.some(word => word !== 0)) {
    throw new KvmError('ENOENT', `vCPU features 0x${features.toString(16)} have an unknown bit`);
  }
  const missing = features & ~supportedFeatures(model);
  if (missing) throw new KvmError('EINVAL', `vCPU features 0x${missing.toString(16)} aren't supported by the CPU model ${model.name}`);
  if ((features >>> KVM_ARM_VCPU_PTRAUTH_ADDRESS & 1) !== (features >>> KVM_ARM_VCPU_PTRAUTH_GENERIC & 1)) {
    throw new KvmError('EINVAL', 'pointer authentication of addresses and of data come both or neither');
  }
  return features & ~bit(KVM_ARM_VCPU_POWER_OFF);
}

/** KVM_ARM_VCPU_FINALIZE of SVE, once: from then on its vector lengths can't be changed. Throws EINVAL for others, EPERM. */
export function checkFinalize(feature: number, has: boolean, already: boolean): void {
  if (feature !== KVM_ARM_VCPU_SVE) throw new KvmError('EINVAL', `vCPU feature ${feature} is not one to finalise`);
  if (!has || already) throw new KvmError('EPERM', has ? 'this vCPU is finalised' : 'this vCPU has no SVE');
}

/** The CPU that a vCPU with these features has. */
export const modelWith = (model: CpuModel, features: number): CpuModel =>
  without(model, new Set(onRequest.flatMap(([feature, names]) => (features >>> feature & 1 ? [] : names))));
