/** A VM on the real engine with a program of machine words, for tests of what the API and the engine do together. */
import { MockClock } from '../../src/base/clock.ts';
import * as kvm from '../../src/kvm/index.ts';

export const RAM = 0x4000_0000;
export const RAM_BYTES = 64 << 10;
export const DEVICE = 0x0900_0000;
/** Instructions of a test. */
const PATIENCE = 10_000_000;
/** Where data is free in RAM. */
export const DATA = RAM + 0x8000;

export interface RealVm {
  readonly vm: kvm.Vm;
  readonly vcpu: kvm.Vcpu;
  readonly clock: MockClock;
  /** Arena address of RAM. */
  readonly ram: number;
  x(n: number): bigint;
  setX(n: number, value: bigint | number): void;
  pc(): number;
  setPc(address: number): void;
}

export interface RealOptions {
  readonly cpu?: kvm.CpuModelName;
  readonly gic?: boolean;
  readonly log?: boolean;
  readonly features?: number;
  readonly cpuProperties?: kvm.CpuProperties;
}

/** vCPU 0 of a VM with 64 KiB of RAM, about to run `words`, with X1 at a device and X2 at data. */
export function realVm(words: readonly number[], { cpu = 'cortex-a57', gic = true, log = false, features = 4, cpuProperties = {} }: RealOptions = {}): RealVm {
  const clock = new MockClock();
  const vm = kvm.openKvm({ clock, random: () => 4n, cpu, cpuProperties }).createVm({ arenaBytes: 48 << 20 });
  const ram = vm.arena.alloc(RAM_BYTES, 4096);
  vm.setUserMemoryRegion({ slot: 0, flags: log ? kvm.KVM_MEM_LOG_DIRTY_PAGES : 0, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: ram });
  vm.arena.u32.set(words, ram >>> 2);
  const device = gic ? vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3) : undefined;
  const vcpu = vm.createVcpu(0);
  device?.setAttr(0, 2n, 0x0800_0000n);
  device?.setAttr(0, 3n, 0x080a_0000n);
  device?.setAttr(4, 0n);
  vcpu.init({ target: vm.preferredTarget().target, features: [features] });
  // A guest that goes round for ever fails its test instead of stopping it.
  vcpu.arch.cpu.setBudget(PATIENCE);
  const { X, PC } = kvm.KVM_REG_ARM_CORE;
  const setX = (n: number, value: bigint | number): void => vcpu.setOneReg(X(n), BigInt.asUintN(64, BigInt(value)));
  const setPc = (address: number): void => vcpu.setOneReg(PC, BigInt(address));
  setPc(RAM);
  setX(1, DEVICE);
  setX(2, DATA);
  return { vm, vcpu, clock, ram, x: n => vcpu.getOneReg(X(n)), setX, pc: () => Number(vcpu.getOneReg(PC)), setPc };
}

/** The next exit, which has to be MMIO. */
export function mmio(vcpu: kvm.Vcpu): kvm.KvmMmioExit {
  const exit = vcpu.run();
  if (exit.exit_reason !== kvm.KVM_EXIT_MMIO) throw new Error(`exit ${exit.exit_reason}`);
  return exit;
}

/** hvc #0, of which function 0x86000000 comes to the user where `forward` was called. */
export const HVC = 0xd400_0002;
export function forward(vm: kvm.Vm): void {
  vm.setAttr(kvm.KVM_ARM_VM_SMCCC_CTRL, kvm.KVM_ARM_VM_SMCCC_FILTER, { base: 0x8600_0000, nr_functions: 1, action: kvm.KVM_SMCCC_FILTER_FWD_TO_USER });
}
