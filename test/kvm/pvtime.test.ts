/** Stolen time: the attribute's errors, the guest's calls, and what the structure says: reference B5.PVTIME, A4.9. */
import { describe, expect, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { call, createVm, guest, kicked, startVcpus, type TestVm } from './fake-cpu.ts';

const { KVM_ARM_VCPU_PVTIME_CTRL: GROUP, KVM_ARM_VCPU_PVTIME_IPA: IPA } = kvm;
const PV_TIME_FEATURES = 0xc500_0020;
const PV_TIME_ST = 0xc500_0021;
const SMCCC_ARCH_FEATURES = 0x8000_0001;
const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;
const RAM = 0x4000_0000;
const AT = RAM + 0x40;

function setup(): TestVm & { vcpu: kvm.Vcpu; set(value?: bigint): string; ask(fn: number, arg?: number): bigint; stolen(): bigint; ram: number } {
  const made = createVm();
  const { vm, cpus, clock } = made;
  const ram = vm.arena.alloc(0x1000, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: 0x1000, userspace_addr: ram });
  const [vcpu] = startVcpus(vm);
  const [cpu] = cpus;
  Object.assign(cpu!.guest.env, { ramForWrite: (pa: number, bytes: number) => vm.memory.at(pa, bytes) });
  clock.advance(1000);
  return {
    ...made, ram, vcpu: vcpu!,
    set: value => code(() => vcpu!.setAttr(GROUP, IPA, value)),
    ask(fn, arg = 0) {
      cpu!.script.push(call('hvc', fn, BigInt(arg)), kicked);
      vcpu!.run();
      return cpu!.guest.state.x[0]!;
    },
    stolen: () => vm.arena.u64[(ram + 0x48) >>> 3]!,
  };
}

describe('B5.PVTIME', () => {
  test('the attribute: 64-byte alignment, memory, once', () => {
    const { vcpu, set, vm } = setup();
    expect(vm.checkExtension(kvm.KVM_CAP_STEAL_TIME)).toBe(1);
    expect([vcpu.hasAttr(GROUP, IPA), vcpu.hasAttr(GROUP, 1)]).toEqual([true, false]);
    expect([code(() => vcpu.setAttr(GROUP, 1, 0n)), code(() => vcpu.getAttr(GROUP, 1))]).toEqual(['ENXIO', 'ENXIO']);
    expect(vcpu.getAttr(GROUP, IPA)).toBe(NOT_SUPPORTED);
    expect([set(), set(BigInt(AT + 32)), set(0x1000n), set(1n << 63n)]).toEqual(['EFAULT', 'EINVAL', 'EINVAL', 'EINVAL']);
    expect([set(BigInt(AT)), set(BigInt(AT))]).toEqual(['no error', 'EEXIST']);
    expect(vcpu.getAttr(GROUP, IPA)).toBe(BigInt(AT));
  });

  test('calls: supported only where there is an address; the structure is cleared and given', () => {
    const { set, ask, vm, ram } = setup();
    expect([ask(PV_TIME_FEATURES, PV_TIME_ST), ask(PV_TIME_ST), ask(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES)]).toEqual([NOT_SUPPORTED, NOT_SUPPORTED, 0n]);
    set(BigInt(AT));
    expect([PV_TIME_FEATURES, PV_TIME_ST, 0x1234].map(fn => ask(PV_TIME_FEATURES, fn))).toEqual([0n, 0n, NOT_SUPPORTED]);
    vm.arena.u8.fill(0xff, ram, ram + 0x100);
    expect(ask(PV_TIME_ST)).toBe(BigInt(AT));
    expect([...vm.arena.u8.subarray(ram + 0x3f, ram + 0x81)]).toEqual([0xff, ...new Array<number>(64).fill(0), 0xff]);
  });

  test('A4.9 stolen is what it had to wait for its turn, from the call on', () => {
    const { vcpu, set, ask, cpus: [cpu], clock, stolen } = setup();
    set(BigInt(AT));
    clock.advance(5000);
    ask(PV_TIME_ST);
    expect(stolen()).toBe(0n);
    // Preempted: the time until its next run.
    cpu!.script.push(kicked);
    clock.advance(700);
    vcpu.run();
    expect(stolen()).toBe(700n);
    // While it ran none is.
    cpu!.script.push(() => {
      clock.advance(10_000);
      return kicked;
    });
    clock.advance(30);
    vcpu.run();
    expect(stolen()).toBe(730n);
    // An exit for its user, or a wait of the guest's own, takes nothing from it.
    cpu!.script.push({ kind: 'mmio', pa: 0x900_0000, bytes: 4, write: false, data: 0n }, guest('wfi'));
    vcpu.run();
    clock.advance(1_000_000);
    vcpu.run();
    clock.advance(1_000_000);
    vcpu.run();
    expect(stolen()).toBe(730n);
  });
});
