/** A VM with one vCPU and a flat program, on the KVM-shaped API alone: what exits.ts and kicks.ts take times of. */
import { KVM_ARM_VCPU_PSCI_0_2, KVM_DEV_TYPE_ARM_VGIC_V3, KVM_REG_ARM_CORE, openKvm, type Kvm, type Vcpu, type Vm } from '../src/kvm/index.ts';

const RAM = 0x4000_0000;

export const openBenchKvm = (): Kvm => openKvm({
  clock: { now: () => process.hrtime.bigint(), wallSeconds: () => Math.floor(Date.now() / 1000) }, random: () => 0n, cpu: 'cortex-a57',
});

/** `threads`: another thread may run the vCPU. */
export function vcpuWith(program: readonly number[], threads = false): { vm: Vm; vcpu: Vcpu } {
  const vm = openBenchKvm().createVm({ arenaBytes: 100 << 20, threads });
  const ram = vm.arena.alloc(1 << 20, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: 1 << 20, userspace_addr: ram });
  vm.arena.u32.set(program, ram >>> 2);
  const gic = vm.createDevice(KVM_DEV_TYPE_ARM_VGIC_V3);
  const vcpu = vm.createVcpu(0);
  for (const [type, address] of [[2n, 0x0800_0000n], [3n, 0x080a_0000n]] as const) gic.setAttr(0, type, address);
  gic.setAttr(4, 0n);
  vcpu.init({ target: vm.preferredTarget().target, features: [1 << KVM_ARM_VCPU_PSCI_0_2] });
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  return { vm, vcpu };
}
