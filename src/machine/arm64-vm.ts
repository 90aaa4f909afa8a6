/** The bring-up of an arm64 VM through the KVM API, in the order that KVM asks for. */
import type { Kvm, KvmDevice, Vcpu, Vm } from '../kvm/index.ts';
import {
  KVM_CAP_ARM_PMU_V3,
  KVM_DEV_ARM_VGIC_CTRL_INIT,
  KVM_DEV_ARM_VGIC_GRP_ADDR,
  KVM_DEV_ARM_VGIC_GRP_CTRL,
  KVM_DEV_ARM_VGIC_GRP_NR_IRQS,
  KVM_DEV_TYPE_ARM_VGIC_ITS,
  KVM_DEV_TYPE_ARM_VGIC_V2,
  KVM_DEV_TYPE_ARM_VGIC_V3,
  KVM_MEM_READONLY,
  KVM_REG_ARM_CORE,
  KVM_REG_ARM_STD_BMAP,
  KVM_REG_ARM_VENDOR_HYP_BMAP,
  KVM_VGIC_ITS_ADDR_TYPE,
  KVM_VGIC_V2_ADDR_TYPE_CPU,
  KVM_VGIC_V2_ADDR_TYPE_DIST,
  KVM_VGIC_V3_ADDR_TYPE_DIST,
  KVM_VGIC_V3_ADDR_TYPE_REDIST,
} from '../kvm/index.ts';
import { BOARD_IRQS, firstPpi, pmuPpi, type Board, type Range } from './board.ts';
import { initPmu, initVcpu, resetVcpu, type VcpuSetup } from './vcpu-init.ts';

export interface Arm64Parts {
  readonly vm: Vm;
  readonly vcpus: readonly Vcpu[];
  readonly vgic: KvmDevice;
  /** The interrupt translation service, where there is one. */
  readonly its: KvmDevice | undefined;
  /** Arena address of the first byte of RAM. */
  readonly ram: number;
  /** What each vCPU is. */
  readonly setups: readonly VcpuSetup[];
}

export interface Arm64Request {
  readonly map: Board['map'];
  readonly memory: number;
  readonly smp: number;
  readonly gicVersion: 2 | 3;
  readonly its: Range | undefined;
  readonly arenaBytes: number;
  /** The vCPUs have threads of their own. */
  readonly threads: boolean;
}

export function createArm64Vm(kvm: Kvm, { map, memory, smp, gicVersion, its, arenaBytes, threads }: Arm64Request): Arm64Parts {
  const vm = kvm.createVm({ arenaBytes, threads });
  const ram = vm.arena.alloc(memory, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: map.ram.base, memory_size: memory, userspace_addr: ram });
  const vgic = vm.createDevice(gicVersion === 2 ? KVM_DEV_TYPE_ARM_VGIC_V2 : KVM_DEV_TYPE_ARM_VGIC_V3);
  const vcpus = Array.from({ length: smp }, (_, id) => vm.createVcpu(id));
  vgic.setAttr(KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0n, BigInt(BOARD_IRQS));
  const address = (type: number, { base }: Range): void => vgic.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(type), BigInt(base));
  if (gicVersion === 2) {
    address(KVM_VGIC_V2_ADDR_TYPE_DIST, map.gicDistributor);
    address(KVM_VGIC_V2_ADDR_TYPE_CPU, map.gicCpuInterface);
  } else {
    address(KVM_VGIC_V3_ADDR_TYPE_DIST, map.gicDistributor);
    address(KVM_VGIC_V3_ADDR_TYPE_REDIST, map.gicRedistributors);
  }
  vgic.setAttr(KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(KVM_DEV_ARM_VGIC_CTRL_INIT), 0n);
  const translation = its && createIts(vm, its);
  const setups = vcpus.map((vcpu, n) => initVcpu(vm, vcpu, n > 0));
  for (const vcpu of vcpus) initPmu(vcpu, vm.checkExtension(KVM_CAP_ARM_PMU_V3) !== 0, firstPpi + pmuPpi);
  return { vm, vcpus, vgic, its: translation, ram, setups };
}

function createIts(vm: Vm, { base }: Range): KvmDevice {
  const its = vm.createDevice(KVM_DEV_TYPE_ARM_VGIC_ITS);
  its.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(KVM_VGIC_ITS_ADDR_TYPE), BigInt(base));
  its.setAttr(KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(KVM_DEV_ARM_VGIC_CTRL_INIT), 0n);
  return its;
}

/** Every CPU as after power-on: the first one runs from `pc`, the others wait for PSCI CPU_ON. */
export function resetVcpus({ vm, vcpus }: Arm64Parts, pc: number, x0: number): void {
  vcpus.forEach((vcpu, n) => { resetVcpu(vm, vcpu, n > 0); });
  const [first] = vcpus;
  // What QEMU's machine doesn't show without KVM, we don't: the same kernel finds the same firmware on both.
  for (const services of [KVM_REG_ARM_STD_BMAP, KVM_REG_ARM_VENDOR_HYP_BMAP]) first?.setOneReg(services, 0n);
  first?.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(pc));
  first?.setOneReg(KVM_REG_ARM_CORE.X(0), BigInt(x0));
}

/** Puts a read-only part of the arena at a guest-physical address, or takes it away. */
export function setRom(vm: Vm, slot: number, { base, size }: Range, contents: number, present: boolean): void {
  vm.setUserMemoryRegion({
    slot,
    flags: KVM_MEM_READONLY,
    guest_phys_addr: base,
    memory_size: present ? size : 0,
    userspace_addr: contents,
  });
}
