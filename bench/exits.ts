/**
 * What an exit costs, in this process: CPU nanoseconds from one run() of a vCPU to the next, where each ends with a hypercall or
 * an MMIO access of the guest, by the KVM-shaped API as a monitor uses it.
 */
import {
  KVM_ARM_VCPU_PSCI_0_2, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, KVM_EXIT_HYPERCALL, KVM_EXIT_MMIO, KVM_REG_ARM_CORE,
  KVM_DEV_TYPE_ARM_VGIC_V3, KVM_SMCCC_FILTER_FWD_TO_USER, openKvm, type KvmExit, type Vcpu,
} from '../src/kvm/index.ts';

const RAM = 0x4000_0000;
const DEVICE = 0x0900_0000;
const FUNCTION = 0x8600_0000;

/** hvc #0; b . - 4 */
const HYPERCALLS = [0xd4000002, 0x17ffffff];
/** ldr w1, [x19]; b . - 4 */
const LOADS = [0xb9400261, 0x17ffffff];
/** str w1, [x19]; b . - 4 */
const STORES = [0xb9000261, 0x17ffffff];

function vcpuWith(program: readonly number[]): Vcpu {
  const kvm = openKvm({
    clock: { now: () => process.hrtime.bigint(), wallSeconds: () => Math.floor(Date.now() / 1000) }, random: () => 0n, cpu: 'cortex-a57',
  });
  const vm = kvm.createVm({ arenaBytes: 100 << 20 });
  const ram = vm.arena.alloc(1 << 20, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: 1 << 20, userspace_addr: ram });
  vm.arena.u32.set(program, ram >>> 2);
  const gic = vm.createDevice(KVM_DEV_TYPE_ARM_VGIC_V3);
  const vcpu = vm.createVcpu(0);
  for (const [type, address] of [[2n, 0x0800_0000n], [3n, 0x080a_0000n]] as const) gic.setAttr(0, type, address);
  gic.setAttr(4, 0n);
  vm.setAttr(KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, { base: FUNCTION, nr_functions: 1, action: KVM_SMCCC_FILTER_FWD_TO_USER });
  vcpu.init({ target: vm.preferredTarget().target, features: [1 << KVM_ARM_VCPU_PSCI_0_2] });
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  vcpu.setOneReg(KVM_REG_ARM_CORE.X(0), BigInt(FUNCTION));
  vcpu.setOneReg(KVM_REG_ARM_CORE.X(19), BigInt(DEVICE));
  return vcpu;
}

const ROUNDS = 200_000;

function nanoseconds(program: readonly number[], reason: number, serve: (exit: KvmExit) => void): number {
  const vcpu = vcpuWith(program);
  const rounds = (n: number): void => {
    for (let i = 0; i < n; i++) {
      const exit = vcpu.run();
      if (exit.exit_reason !== reason) throw new Error(`exit ${exit.exit_reason} instead of ${reason}`);
      serve(exit);
    }
  };
  rounds(ROUNDS / 4);
  const started = process.cpuUsage();
  rounds(ROUNDS);
  const { user, system } = process.cpuUsage(started);
  return ((user + system) * 1000) / ROUNDS;
}

/** CPU nanoseconds by what the guest does. */
export function exitCosts(): Readonly<Record<'hypercall' | 'MMIO read' | 'MMIO write', number>> {
  return {
    hypercall: nanoseconds(HYPERCALLS, KVM_EXIT_HYPERCALL, () => {}),
    'MMIO read': nanoseconds(LOADS, KVM_EXIT_MMIO, exit => { if (exit.exit_reason === KVM_EXIT_MMIO) exit.data[0] = 1; }),
    'MMIO write': nanoseconds(STORES, KVM_EXIT_MMIO, () => {}),
  };
}
