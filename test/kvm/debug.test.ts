/** KVM_SET_GUEST_DEBUG: reference A4.14, A4.27, A5.14 to A5.17, B1.SET_GUEST_DEBUG, B2.DEBUG. */
import { describe, expect, it } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { DATA, DEVICE, forward, HVC, mmio, RAM, realVm } from './real.ts';

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

  it('A5.15 a step whose instruction has an exit of its own is told of behind that, and no other instruction is executed', () => {
    const { vm, vcpu, pc, x, setX } = realVm([HVC, ADD, ADD]);
    forward(vm);
    setX(0, 0x8600_0000);
    setX(3, 0);
    vcpu.setGuestDebug({ control: STEP });
    expect([vcpu.run(), pc()]).toMatchObject([{ exit_reason: kvm.KVM_EXIT_HYPERCALL }, RAM + 4]);
    vcpu.setGuestDebug({ control: STEP });
    expect([vcpu.run(), pc(), x(3)]).toEqual([step, RAM + 4, 0n]);
    expect([vcpu.run(), pc(), x(3)]).toEqual([step, RAM + 8, 1n]);
    // Who goes on instead is owed nothing.
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PC, BigInt(RAM));
    vcpu.run();
    vcpu.setGuestDebug({ control: 0 });
    vcpu.arch.cpu.setBudget(1);
    vcpu.run();
    vcpu.setGuestDebug({ control: STEP });
    vcpu.arch.cpu.setBudget(100);
    expect([vcpu.run(), pc()]).toEqual([step, RAM + 12]);
  });

  it('A4.27 an interrupt is a step to its vector, as well', () => {
    const { vm, vcpu, pc } = realVm([ADD], { gic: false });
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), BigInt(RAM + 0x1000));
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PSTATE, 5n);
    vcpu.setGuestDebug({ control: STEP });
    vm.irqLine({ irq: 0, level: true });
    expect([vcpu.run(), pc()]).toEqual([step, RAM + 0x1280]);
    expect([vcpu.run(), pc()]).toEqual([step, RAM + 0x1200]);
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

describe('A5.16 watchpoints', () => {
  const WCR = (access: number, BAS = 0xff): bigint => BigInt(7 | access << 3 | BAS << 5);
  const STORE_WORD = 0xb900_0043; // str w3, [x2]
  const watch = (vcpu: kvm.Vcpu, address: number, wcr: bigint, control = ENABLE | kvm.KVM_GUESTDBG_USE_HW): void =>
    vcpu.setGuestDebug({ control, arch: { dbg_wcr: [0n, wcr], dbg_wvr: [0n, BigInt(address)] } });

  it('A5.16 B2.DEBUG stop before the store, with its address; the guest goes on from there', () => {
    const { vm, vcpu, pc, setX, ram } = realVm([ADD, STORE_WORD, ADD, LOAD]);
    setX(3, 0x1234);
    watch(vcpu, DATA & ~7, WCR(2, 0xf));
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xd200_0062, hsr_high: 0, far: BigInt(DATA) });
    const word = (): number => vm.arena.u32[(ram + DATA - RAM) >>> 2]!;
    expect([pc(), word()]).toEqual([RAM + 4, 0]);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_DEBUG, far: BigInt(DATA) });
    vcpu.setGuestDebug({ control: 0 });
    mmio(vcpu);
    expect(word()).toBe(0x1235);
  });

  it('A5.16 of a device, before it is asked; once it was, its instruction is finished', () => {
    const { vcpu, pc, x } = realVm([LOAD, HVC, ADD]);
    watch(vcpu, DEVICE, WCR(1));
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xd200_0022, far: BigInt(DEVICE) });
    expect(pc()).toBe(RAM);
    vcpu.setGuestDebug({ control: 0 });
    mmio(vcpu).data[0] = 9;
    watch(vcpu, DEVICE, WCR(1), STEP | kvm.KVM_GUESTDBG_USE_HW);
    expect(vcpu.run()).toEqual(step);
    expect([pc(), x(4)]).toEqual([RAM + 4, 9n]);
  });

  it('A5.16 only those that are on, for the level and the kind of access', () => {
    for (const [wcr, hit] of [[WCR(2), true], [WCR(1), false], [WCR(2) & ~1n, false], [WCR(2) & ~2n, false], [WCR(2, 0xf0), false], [WCR(3) & ~4n, true]] as const) {
      const { vcpu } = realVm([STORE_WORD, LOAD]);
      watch(vcpu, DATA, wcr);
      expect([wcr, vcpu.run().exit_reason]).toEqual([wcr, hit ? kvm.KVM_EXIT_DEBUG : kvm.KVM_EXIT_MMIO]);
    }
  });
});

describe('A5.14 to A5.17 the guest\'s own debug exceptions while a user debugs', () => {
  const VBAR_EL1 = kvm.ARM64_SYS_REG(3, 0, 12, 0, 0);
  const DBGBVR0 = kvm.ARM64_SYS_REG(2, 0, 0, 0, 4);
  const DBGBCR0 = kvm.ARM64_SYS_REG(2, 0, 0, 0, 5);
  const OSLSR_EL1 = kvm.ARM64_SYS_REG(2, 0, 1, 1, 4);
  const ESR_EL1 = kvm.ARM64_SYS_REG(3, 0, 5, 2, 0);
  const FAR_EL1 = kvm.ARM64_SYS_REG(3, 0, 6, 0, 0);
  const SHARED = ENABLE | kvm.KVM_GUESTDBG_TESSERA_SHARED;
  const { PSTATE, ELR_EL1, SPSR } = kvm.KVM_REG_ARM_CORE;

  /** A guest with a breakpoint of its own at its second instruction, and a vector that forwards. */
  function own(words: readonly number[]): ReturnType<typeof realVm> {
    const real = realVm(words);
    const { vm, vcpu, ram, setX } = real;
    forward(vm);
    vm.arena.u32[(ram + 0x1200) >>> 2] = HVC;
    setX(0, 0x8600_0000);
    for (const [id, value] of [[VBAR_EL1, RAM + 0x1000], [DBGBVR0, RAM + 4], [DBGBCR0, 0x1e7], [MDSCR_EL1, 0xa000], [OSLSR_EL1, 8], [PSTATE, 5]] as const) {
      vcpu.setOneReg(id, BigInt(value));
    }
    return real;
  }
  const took = (vcpu: kvm.Vcpu): bigint[] => {
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    return [vcpu.getOneReg(ESR_EL1), vcpu.getOneReg(ELR_EL1)];
  };

  it('A5.16 they are the guest\'s without a user, an exit with one, and don\'t match where the user has the registers', () => {
    const { vcpu, pc, setPc } = own([ADD, ADD, HVC]);
    expect(took(vcpu)).toEqual([0xc600_0022n, BigInt(RAM + 4)]);
    setPc(RAM);
    vcpu.setOneReg(PSTATE, 5n);
    vcpu.setGuestDebug({ control: ENABLE });
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xc200_0022, hsr_high: 0, far: 0n });
    expect(pc()).toBe(RAM + 4);
    vcpu.setGuestDebug({ control: ENABLE | kvm.KVM_GUESTDBG_USE_HW });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    expect(pc()).toBe(RAM + 12);
    expect(vcpu.getOneReg(DBGBVR0)).toBe(BigInt(RAM + 4));
  });

  it('A1.71 one that isn\'t the user\'s is put into the guest as it would have been', () => {
    const { vcpu } = own([ADD, ADD, HVC]);
    vcpu.setGuestDebug({ control: ENABLE });
    const exit = vcpu.run() as kvm.KvmDebugExit;
    vcpu.injectDebugException(exit);
    expect([...took(vcpu), vcpu.getOneReg(SPSR(0)) & 0xfn]).toEqual([0xc600_0022n, BigInt(RAM + 4), 5n]);
    const before = vcpu.getOneReg(FAR_EL1);
    vcpu.injectDebugException({ ...exit, hsr: 0xd200_0062, far: 0x1234n });
    expect([vcpu.getOneReg(ESR_EL1), vcpu.getOneReg(FAR_EL1), before]).toEqual([0xd600_0062n, 0x1234n, 0n]);
  });

  it('issue 5.1: shared, both have theirs at the same time, even at the same place, and the user is first', () => {
    const { vcpu, pc } = own([ADD, ADD, ADD, HVC]);
    const user = (control: number, ...at: number[]): void =>
      vcpu.setGuestDebug({ control, arch: { dbg_bcr: at.map(() => 0x1e7n), dbg_bvr: at.map(a => BigInt(a)) } });
    user(SHARED | kvm.KVM_GUESTDBG_USE_HW, RAM + 4, RAM + 8);
    expect([vcpu.run(), pc()]).toEqual([{ exit_reason: kvm.KVM_EXIT_DEBUG, hsr: 0xc200_0022, hsr_high: 0, far: 0n }, RAM + 4]);
    user(SHARED | kvm.KVM_GUESTDBG_USE_HW, RAM + 8);
    expect(took(vcpu)).toEqual([0xc600_0022n, BigInt(RAM + 4)]);
    vcpu.setOneReg(DBGBCR0, 0n);
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PC, BigInt(RAM + 4));
    expect([vcpu.run(), pc()]).toMatchObject([{ exit_reason: kvm.KVM_EXIT_DEBUG }, RAM + 8]);
  });

  it('A5.17 A5.15 the guest\'s OS lock stops its own exceptions only; its software step is off beside a user who doesn\'t share', () => {
    const { vcpu, pc } = own([ADD, ADD, HVC]);
    vcpu.setOneReg(OSLSR_EL1, 10n);
    vcpu.setGuestDebug({ control: ENABLE });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
    for (const [control, at] of [[ENABLE, RAM + 12], [SHARED, RAM + 0x1204]] as const) {
      vcpu.setOneReg(OSLSR_EL1, 8n);
      vcpu.setOneReg(DBGBCR0, 0n);
      vcpu.setOneReg(MDSCR_EL1, 0x2001n);
      vcpu.setOneReg(PSTATE, 5n);
      vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PC, BigInt(RAM));
      vcpu.setGuestDebug({ control });
      expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
      expect(pc()).toBe(at);
    }
    expect(vcpu.getOneReg(MDSCR_EL1)).toBe(0x2001n);
  });

  it('A4.27 EX in the syndrome of a stepped load-exclusive', () => {
    const { vcpu } = realVm([0xc85f_7c45, ADD]); // ldxr x5, [x2]
    vcpu.setGuestDebug({ control: STEP });
    expect([vcpu.run(), vcpu.run()]).toEqual([{ ...step, hsr: 0xcb00_0062 }, step]);
  });

  it('a debugger finds what is mapped whatever the level, and nothing else', () => {
    const { vcpu } = realVm([ADD]);
    vcpu.setOneReg(PSTATE, 0n);
    expect([vcpu.translateForDebug(BigInt(RAM + 5)), vcpu.translateForDebug(1n << 50n)]).toEqual([RAM + 5, undefined]);
  });
});
