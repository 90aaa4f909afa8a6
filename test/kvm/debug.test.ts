/** KVM_SET_GUEST_DEBUG: reference A4.14, A4.27, A5.14 to A5.17, B1.SET_GUEST_DEBUG, B2.DEBUG. */
import { describe, expect, it } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { forward, HVC, mmio, RAM, realVm } from './real.ts';

const ENABLE = kvm.KVM_GUESTDBG_ENABLE;
const STEP = ENABLE | kvm.KVM_GUESTDBG_SINGLESTEP;
const NOP = 0xd503201f;
const ADD = 0x91000463; // add x3, x3, #1
const BRK = 0xd420_00e0; // brk #7
const LOAD = 0xb940_0024; // ldr w4, [x1]
const SVC = 0xd400_0001;
const MDSCR_EL1 = kvm.ARM64_SYS_REG(2, 0, 0, 2, 2);
const step = { exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xcb00_0022, hsr_high: 0, far: 0n };

describe('B1.SET_GUEST_DEBUG', () => {
  it('B1.SET_GUEST_DEBUG B4.common control bits and errors; what is offered', () => {
    const { vm, vcpu } = realVm([]);
    expect([23, 119, 120].map(cap => vm.checkExtension(cap))).toEqual([1, 6, 4]);
    expect(code(() => vcpu.setGuestDebug({ control: 1 << 18 }))).toBe('EINVAL');
    expect(code(() => vcpu.setGuestDebug({ control: STEP | kvm.KVM_GUESTDBG_USE_SW_BP | kvm.KVM_GUESTDBG_USE_HW }))).toBe('no error');
    expect(code(() => vcpu.setGuestDebug({ control: 0 }))).toBe('no error');
  });
});

describe('A4.27 single steps', () => {
  it('A4.27 A5.15 each run is one instruction, and the guest\'s own step bit has no part in it', () => {
    const { vcpu, pc, x, setX } = realVm([ADD, ADD, ADD]);
    setX(3, 0);
    vcpu.setOneReg(MDSCR_EL1, 1n);
    vcpu.setGuestDebug({ control: STEP });
    for (const n of [1, 2, 3]) {
      expect(vcpu.run()).toEqual(step);
      expect([pc(), x(3)]).toEqual([RAM + 4 * n, BigInt(n)]);
    }
    expect(vcpu.getOneReg(MDSCR_EL1)).toBe(1n);
  });

  it('A4.27 also behind an access that the user answers, and a call that is answered here', () => {
    const { vcpu, pc, x, setX } = realVm([LOAD, HVC, NOP]);
    vcpu.setGuestDebug({ control: STEP });
    mmio(vcpu).data[0] = 8;
    expect(pc()).toBe(RAM);
    expect(vcpu.run()).toEqual(step);
    expect([pc(), x(4)]).toEqual([RAM + 4, 8n]);
    setX(0, 0x8400_0000);
    expect(vcpu.run()).toEqual(step);
    expect([pc(), x(0)]).toEqual([RAM + 8, 0x10001n]);
  });

  it('A4.27 also over an access that an in-kernel device answers', () => {
    const { vcpu, pc, setX, x } = realVm([LOAD, NOP]);
    setX(1, 0x0800_ffe8);
    vcpu.setGuestDebug({ control: STEP });
    expect(vcpu.run()).toEqual(step);
    expect([pc(), x(4)]).toEqual([RAM + 4, 0x3bn]);
  });

  it('A4.27 an exception is a step to its vector', () => {
    const { vcpu, pc } = realVm([SVC]);
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), BigInt(RAM + 0x1000));
    vcpu.setGuestDebug({ control: STEP });
    expect(vcpu.run()).toEqual(step);
    expect(pc()).toBe(RAM + 0x1200);
  });
});

describe('software breakpoints', () => {
  it('A5.14 B2.DEBUG the guest\'s BRK is an exit while debugging is on, and else the guest\'s exception', () => {
    const real = realVm([BRK]);
    const { vm, vcpu, pc, ram } = real;
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), BigInt(RAM + 0x1000));
    vm.arena.u32[(ram + 0x1200) >>> 2] = HVC;
    forward(vm);
    vcpu.setGuestDebug({ control: ENABLE | kvm.KVM_GUESTDBG_USE_SW_BP });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xf200_0007, hsr_high: 0 });
    expect(pc()).toBe(RAM);
    vcpu.setGuestDebug({ control: 0 });
    real.setX(0, 0x8600_0000);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    expect([vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.ELR_EL1), vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 5, 2, 0))]).toEqual([BigInt(RAM), 0xf200_0007n]);
  });
});

describe('A5.16 hardware breakpoints', () => {
  const BCR = 0x1e7n;
  const set = (vcpu: kvm.Vcpu, address: number, bcr = BCR): void => vcpu.setGuestDebug({
    control: ENABLE | kvm.KVM_GUESTDBG_USE_HW, arch: { dbg_bcr: [0n, bcr], dbg_bvr: [0n, BigInt(address)] },
  });

  it('A5.16 A5.17 stop before the instruction, whatever the guest has in its own registers or its OS lock', () => {
    const { vcpu, pc, x, setX } = realVm([ADD, ADD, ADD, LOAD]);
    setX(3, 0);
    const bvr = kvm.ARM64_SYS_REG(2, 0, 0, 0, 4);
    vcpu.setOneReg(bvr, BigInt(RAM + 4));
    set(vcpu, RAM + 8);
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xc200_0022, hsr_high: 0, far: 0n });
    expect([pc(), x(3)]).toEqual([RAM + 8, 2n]);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_DEBUG });
    expect([pc(), vcpu.getOneReg(bvr)]).toEqual([RAM + 8, BigInt(RAM + 4)]);
    vcpu.setGuestDebug({ control: 0 });
    mmio(vcpu);
    expect(x(3)).toBe(3n);
  });

  it('A5.16 those that are off, or for the other exception level, don\'t', () => {
    for (const bcr of [0x1e6n, 0x007n, 0x1e5n]) {
      const { vcpu } = realVm([ADD, ADD, LOAD]);
      set(vcpu, RAM + 4, bcr);
      expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_MMIO);
    }
    const { vcpu } = realVm([ADD, ADD, LOAD]);
    set(vcpu, RAM + 4, 0x1e3n);
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_DEBUG);
  });

  it('A5.16 a guest that is run by steps still is interrupted by a kick', () => {
    const { vcpu } = realVm([0x1400_0000]); // b .
    set(vcpu, RAM + 4);
    const stop = { at: 3 };
    (vcpu.arch as unknown as { trace: (event: string) => void }).trace = event => { if (event === 'enter' && --stop.at === 0) vcpu.kick(); };
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR });
  });
});
