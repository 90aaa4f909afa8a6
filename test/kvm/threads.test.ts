/** A VM that several threads have: what attaching does, and doesn't; requests between threads are in requests.test.ts. */
import { expect, test } from 'vitest';
import { Arena, type ArenaPlace } from '../../src/base/arena.ts';
import { MockClock } from '../../src/base/clock.ts';
import {
  KVM_ARM_VCPU_POWER_OFF, KVM_ARM_VCPU_PSCI_0_2, KVM_DEV_ARM_VGIC_CTRL_INIT, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_DEV_ARM_VGIC_GRP_CTRL,
  KVM_DEV_TYPE_ARM_VGIC_V3, KVM_EXIT_INTR, KVM_EXIT_MMIO, KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_STOPPED, KVM_REG_ARM_CORE,
  KVM_VGIC_V3_ADDR_TYPE_DIST, KVM_VGIC_V3_ADDR_TYPE_REDIST, openKvm, type Kvm, type Vcpu, type Vm,
} from '../../src/kvm/index.ts';
import { undisturbed } from '../../src/kvm/journal.ts';

const RAM = 0x4000_0000;
const SIZE = 1 << 20;
const clock = new MockClock();
const kvm = (): Kvm => openKvm({ clock, random: () => 0n });

/** Two vCPUs, the second off; what runs at RAM is `words`. */
function complete(words: readonly number[]): { vm: Vm; ram: number } {
  const vm = kvm().createVm({ arenaBytes: 96 << 20, threads: true });
  const ram = vm.arena.alloc(SIZE, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: SIZE, userspace_addr: ram });
  vm.arena.u32.set(words, ram / 4);
  const vcpus = [vm.createVcpu(0), vm.createVcpu(1)];
  const gic = vm.createDevice(KVM_DEV_TYPE_ARM_VGIC_V3);
  gic.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(KVM_VGIC_V3_ADDR_TYPE_DIST), 0x0800_0000n);
  gic.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(KVM_VGIC_V3_ADDR_TYPE_REDIST), 0x080a_0000n);
  const { target } = vm.preferredTarget();
  const features = 1 << KVM_ARM_VCPU_PSCI_0_2;
  vcpus.forEach((vcpu, n) => vcpu.init({ target, features: [features | (n ? 1 << KVM_ARM_VCPU_POWER_OFF : 0)] }));
  gic.setAttr(KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(KVM_DEV_ARM_VGIC_CTRL_INIT), 0n);
  vcpus[0]!.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  return { vm, ram };
}

const of = (vm: Vm, id: number): Vcpu => vm.vcpus.find(v => v.id === id)!;
const STR_X1_X0 = 0xf9000001;
const MOV_X0_UART = 0xd2a12000; // mov x0, #0x09000000
const B_SELF = 0x14000000;

test('only a VM that was made for it can be shared', () => {
  expect(() => kvm().createVm({ arenaBytes: 64 << 20 }).share()).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});

test('the handle can be sent to another thread, and attaching changes nothing of what is there', () => {
  const { vm } = complete([B_SELF]);
  of(vm, 0).setOneReg(KVM_REG_ARM_CORE.X(7), 77n);
  const handle = vm.share();
  const { memory, ...rest } = handle;
  expect(structuredClone(rest)).toEqual(rest);
  const before = handle.places.map(([at, bytes]) => vm.arena.u8.slice(at, at + bytes));
  const other = kvm().attachVm({ ...structuredClone(rest), memory }, []);
  expect(handle.places.map(([at, bytes]) => vm.arena.u8.slice(at, at + bytes))).toEqual(before);
  expect(of(other, 0).getOneReg(KVM_REG_ARM_CORE.X(7))).toBe(77n);
  expect(of(other, 0).getRegList()).toEqual(of(vm, 0).getRegList());
});

test('a vCPU runs where it was attached, and nowhere else', () => {
  const { vm } = complete([MOV_X0_UART, STR_X1_X0, B_SELF]);
  expect(() => of(vm, 0).run()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  const here = kvm().attachVm(vm.share(), [0]);
  const vcpu = of(here, 0);
  vcpu.setOneReg(KVM_REG_ARM_CORE.X(1), 0x1234n);
  expect(vcpu.run()).toMatchObject({ exit_reason: KVM_EXIT_MMIO, phys_addr: 0x0900_0000, is_write: true, len: 8 });
  // What it did is there for everybody.
  expect(of(vm, 0).getOneReg(KVM_REG_ARM_CORE.X(0))).toBe(0x0900_0000n);
  of(vm, 0).kick();
  expect(vcpu.run()).toEqual({ exit_reason: KVM_EXIT_INTR, cause: 'kicked' });
  expect(() => of(here, 1).run()).toThrow(expect.objectContaining({ code: 'EBUSY' }));
});

test('after `refresh` a vCPU goes by what another thread set', () => {
  const { vm, ram } = complete([B_SELF]);
  const vcpu = of(kvm().attachVm(vm.share(), [0]), 0);
  vcpu.kick();
  expect(vcpu.run()).toMatchObject({ cause: 'kicked' });
  const { target } = vm.preferredTarget();
  of(vm, 0).init({ target, features: [1 << KVM_ARM_VCPU_PSCI_0_2] });
  of(vm, 0).setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM + 0x1000));
  vm.arena.u32.set([MOV_X0_UART, STR_X1_X0], (ram + 0x1000) / 4);
  vcpu.refresh();
  expect(vcpu.run()).toMatchObject({ exit_reason: KVM_EXIT_MMIO, phys_addr: 0x0900_0000 });
});

test('memory that another thread changed: code of it is forgotten', () => {
  const { vm, ram } = complete([0x52800021, B_SELF]); // mov w1, #1
  const vcpu = of(kvm().attachVm(vm.share(), [0]), 0);
  vcpu.arch.cpu.setBudget(10);
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  vcpu.run();
  expect(vcpu.getOneReg(KVM_REG_ARM_CORE.X(1))).toBe(1n);
  vm.arena.u32[ram / 4] = 0x52800041; // mov w1, #2
  vm.memoryChanged(RAM, 4);
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  vcpu.arch.cpu.setBudget(10);
  vcpu.run();
  expect(vcpu.getOneReg(KVM_REG_ARM_CORE.X(1))).toBe(2n);
});

test('D14.f: CPU_ON of one CPU by two at once: one has it, the other is told that it is on', () => {
  const { vm } = complete([B_SELF]);
  expect([of(vm, 0).getMpState(), of(vm, 1).getMpState()]).toEqual([KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_STOPPED]);
  const second = of(kvm().attachVm(vm.share(), [1]), 1);
  // Turned on from another thread, it begins where that one said.
  const { arch } = of(vm, 1) as unknown as { arch: { powerUp(entry: bigint, context: bigint, bigEndian: boolean): boolean } };
  expect(arch.powerUp(BigInt(RAM), 42n, false)).toBe(true);
  expect(arch.powerUp(BigInt(RAM + 64), 43n, false)).toBe(false);
  second.arch.cpu.setBudget(5);
  expect(second.run()).toMatchObject({ cause: 'budget' });
  expect([second.getOneReg(KVM_REG_ARM_CORE.PC), second.getOneReg(KVM_REG_ARM_CORE.X(0))]).toEqual([BigInt(RAM), 42n]);
});

test('what a thread writes as its own is there before another one attaches, or that one would put back what was before', () => {
  const { vm } = complete([B_SELF]);
  const handle = vm.share();
  const arena = new Arena(handle.memory, handle.places);
  const [[place]] = handle.places as [ArenaPlace];
  const locked = (): number => Atomics.load(arena.i32, handle.lock);
  expect(locked()).toBe(0);
  const seen = undisturbed(arena, handle, () => arena.u8.fill(1, place, place + 4), () => {
    expect(locked()).not.toBe(0);
    arena.u8[place] = 9;
  });
  expect(seen[place]).toBe(9);
  expect(locked()).toBe(0);
});
