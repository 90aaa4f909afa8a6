/**
 * What the CPU is that the API runs guests on, for `-cpu host`: asked of a vCPU that is made for nothing else (QEMU's
 * kvm_arm_get_host_cpu_features). The VM around it ends with the question; others don't notice.
 */
import { KVM_CAP_ARM_EL1_32BIT, KVM_CAP_ARM_SVE, KvmError, type Kvm, type Vcpu, type VcpuInit, type Vm } from '../kvm/index.ts';

/** A system register's id. */
const id = (encoding: number): bigint => 0x6030_0000_0013_0000n | BigInt(encoding);

const PFR0 = 0xc020;
/** In the order in which they are read. */
const identification = {
  ID_AA64PFR1: 0xc021, ID_AA64DFR0: 0xc028, ID_AA64DFR1: 0xc029, ID_AA64ISAR0: 0xc030, ID_AA64ISAR1: 0xc031, ID_AA64MMFR0: 0xc038,
  ID_AA64MMFR1: 0xc039, ID_AA64MMFR2: 0xc03a,
} as const;
/** Of AArch32, 32 bits wide. */
const identification32 = {
  ID_DFR0: 0xc00a, ID_MMFR0: 0xc00c, ID_MMFR1: 0xc00d, ID_MMFR2: 0xc00e, ID_MMFR3: 0xc00f, ID_ISAR0: 0xc010, ID_ISAR1: 0xc011,
  ID_ISAR2: 0xc012, ID_ISAR3: 0xc013, ID_ISAR4: 0xc014, ID_ISAR5: 0xc015, ID_MMFR4: 0xc016, ID_ISAR6: 0xc017, MVFR0: 0xc018,
  MVFR1: 0xc019, MVFR2: 0xc01a,
} as const;
export type IdRegister = 'ID_AA64PFR0' | 'DBGDIDR' | keyof typeof identification | keyof typeof identification32;

/** What every CPU that runs AArch64 by the API has. */
export const HOST_FEATURES = ['V8', 'NEON', 'AARCH64', 'PMU', 'GENERIC_TIMER'] as const;
/** A CPU that can't say more is AArch64 alone, at EL0 and EL1. */
const PFR0_LEAST = 0x11n;
const PFR0_SVE = 0xfn << 32n;

export interface HostCpu {
  /** KVM_ARM_TARGET_*, for KVM_ARM_VCPU_INIT. */
  readonly target: number;
  readonly dtbCompatible: 'arm,arm-v8';
  readonly features: ReadonlySet<(typeof HOST_FEATURES)[number]>;
  readonly id: Readonly<Partial<Record<IdRegister, bigint>>>;
  readonly aarch32Supported: boolean;
  readonly sveSupported: boolean;
}

/** What of the API is used. */
export type ScratchKvm = Pick<Kvm, 'createVm' | 'checkExtension'>;
type ScratchVm = Pick<Vm, 'createVcpu' | 'preferredTarget' | 'checkExtension' | 'kill'>;
type Identified = Pick<Vcpu, 'init' | 'getOneReg'>;

/** AEMv8, Foundation, Cortex-A57: what there was before one could ask. */
const OLD_TARGETS = [0, 1, 2];
/** Of the VM: a vCPU and nothing to run. */
const ARENA_BYTES = 48 << 20;

/** Does something with a vCPU of its own; undefined where there can't be one. `features`: of KVM_ARM_VCPU_INIT. */
export function withScratchVcpu<T>(kvm: ScratchKvm, features: number, ask: (vcpu: Identified, vm: ScratchVm, init: VcpuInit) => T): T | undefined {
  const vm = attempt(() => kvm.createVm({ arenaBytes: ARENA_BYTES }));
  if (!vm) return undefined;
  try {
    const vcpu = attempt(() => vm.createVcpu(0));
    const init = vcpu && initialised(vm, vcpu, features);
    return init && ask(vcpu, vm, init);
  } finally {
    vm.kill();
  }
}

/** The init that worked. */
function initialised(vm: ScratchVm, vcpu: Identified, features: number): VcpuInit | undefined {
  const preferred = attempt(() => vm.preferredTarget());
  const candidates = preferred ? [{ target: preferred.target, features: [preferred.features[0] | features] as const }] : OLD_TARGETS.map(target => ({ target, features: [features] as const }));
  return candidates.find(init => attempt(() => { vcpu.init(init); return true; }));
}

/** Undefined where no vCPU can be made, or one doesn't answer. */
export function hostCpu(kvm: ScratchKvm): HostCpu | undefined {
  return withScratchVcpu(kvm, 0, (vcpu, vm, { target }) => {
    const sveSupported = vm.checkExtension(KVM_CAP_ARM_SVE) > 0;
    const registers = attempt(() => identify(vcpu, sveSupported));
    return registers && {
      target, dtbCompatible: 'arm,arm-v8', features: new Set(HOST_FEATURES), id: registers,
      aarch32Supported: vm.checkExtension(KVM_CAP_ARM_EL1_32BIT) !== 0, sveSupported,
    } satisfies HostCpu;
  });
}

function identify(vcpu: Identified, SVE: boolean): HostCpu['id'] {
  const pfr0 = attempt(() => vcpu.getOneReg(id(PFR0)));
  if (pfr0 === undefined) return { ID_AA64PFR0: PFR0_LEAST };
  const found: Partial<Record<IdRegister, bigint>> = { ID_AA64PFR0: SVE ? (pfr0 & ~PFR0_SVE) | 1n << 32n : pfr0 };
  for (const [name, encoding] of Object.entries(identification)) found[name as IdRegister] = vcpu.getOneReg(id(encoding));
  for (const [name, encoding] of Object.entries(identification32)) found[name as IdRegister] = vcpu.getOneReg(id(encoding)) & 0xffff_ffffn;
  return { ...found, DBGDIDR: debugId(pfr0, found.ID_AA64DFR0!) };
}

/** DBGDIDR of AArch32, which no register of AArch64 shows; 0 where EL1 has no AArch32. */
function debugId(pfr0: bigint, dfr0: bigint): bigint {
  if ((pfr0 >> 4n & 15n) < 2n) return 0n;
  const field = (bit: bigint): bigint => dfr0 >> bit & 15n;
  const EL3 = (pfr0 >> 12n & 15n) !== 0n ? 0x5000n : 0n;
  return field(20n) << 28n | field(12n) << 24n | field(28n) << 20n | 6n << 16n | 0x8000n | EL3;
}

function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch (error) {
    if (error instanceof KvmError) return undefined;
    throw error;
  }
}
