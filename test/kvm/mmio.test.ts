/** MMIO exits of real instructions: reference A4.3, A4.4, A4.24 to A4.26, A4.30, B2. */
import { describe, expect, it, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { DEVICE, forward, HVC, mmio, RAM, realVm, type RealVm } from './real.ts';

/** Runs to the hypercall behind the instruction. */
function finish({ vcpu, setX }: RealVm): void {
  setX(0, 0x8600_0000);
  expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_HYPERCALL });
}

function made(...words: number[]): RealVm {
  const real = realVm([...words, HVC]);
  forward(real.vm);
  return real;
}

/** Fills an exit's data. */
const answer = (exit: kvm.KvmMmioExit, ...bytes: number[]): void => { exit.data.set(bytes); };

describe('A4.3 widths, sign extension, register size', () => {
  test.each([
    ['ldrb w3, [x1]', 0x39400023, 1, 0x88n],
    ['ldrsb w3, [x1]', 0x39c00023, 1, 0xffff_ff88n],
    ['ldrsb x3, [x1]', 0x39800023, 1, 0xffff_ffff_ffff_ff88n],
    ['ldrh w3, [x1]', 0x79400023, 2, 0x8788n],
    ['ldrsh w3, [x1]', 0x79c00023, 2, 0xffff_8788n],
    ['ldrsh x3, [x1]', 0x79800023, 2, 0xffff_ffff_ffff_8788n],
    ['ldr w3, [x1]', 0xb9400023, 4, 0x8586_8788n],
    ['ldrsw x3, [x1]', 0xb9800023, 4, 0xffff_ffff_8586_8788n],
    ['ldr x3, [x1]', 0xf9400023, 8, 0x8182_8384_8586_8788n],
    ['ldar w3, [x1]', 0x88dffc23, 4, 0x8586_8788n],
    ['ldr xzr, [x1]', 0xf940003f, 8, 0xeen],
  ] as const)('A4.3 %s', (_asm, word, len, value) => {
    const real = made(word);
    real.setX(3, 0xee);
    const exit = mmio(real.vcpu);
    expect([exit.phys_addr, exit.len, exit.is_write]).toEqual([DEVICE, len, false]);
    expect(real.pc()).toBe(RAM);
    answer(exit, 0x88, 0x87, 0x86, 0x85, 0x84, 0x83, 0x82, 0x81);
    finish(real);
    expect([real.x(3), real.pc()]).toEqual([value, RAM + 8]);
  });

  test.each([['strb w3, [x1]', 0x39000023, 1], ['strh w3, [x1]', 0x79000023, 2], ['str w3, [x1]', 0xb9000023, 4], ['str x3, [x1]', 0xf9000023, 8]] as const)(
    'A4.24 %s', (_asm, word, len) => {
      const real = made(word);
      real.setX(3, 0x8182_8384_8586_8788n);
      const exit = mmio(real.vcpu);
      const bytes = [0x88, 0x87, 0x86, 0x85, 0x84, 0x83, 0x82, 0x81].slice(0, len);
      expect([exit.len, exit.is_write, [...exit.data.slice(0, len)]]).toEqual([len, true, bytes]);
      finish(real);
      expect(real.pc()).toBe(RAM + 8);
    },
  );
});

describe('what one exit can\'t hold', () => {
  it('A4.24 a pair is two exits, and writes its base back after both', () => {
    const real = made(0xa8c11424); // ldp x4, x5, [x1], #16
    answer(mmio(real.vcpu), 1);
    const second = mmio(real.vcpu);
    expect([second.phys_addr, second.len]).toEqual([DEVICE + 8, 8]);
    expect(real.x(1)).toBe(BigInt(DEVICE));
    answer(second, 2, 0, 0, 0, 0, 0, 0, 0);
    finish(real);
    expect([real.x(4), real.x(5), real.x(1)]).toEqual([1n, 2n, BigInt(DEVICE + 16)]);
  });

  it('A4.24 a SIMD register is two exits of eight bytes', () => {
    const real = realVm([0x3c810420, HVC]); // str q0, [x1], #16
    forward(real.vm);
    real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 2), 3n << 20n); // CPACR_EL1.FPEN
    real.vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.V(0), 0x0102_0304_0506_0708_1112_1314_1516_1718n);
    expect([...mmio(real.vcpu).data]).toEqual([0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11]);
    const second = mmio(real.vcpu);
    expect([second.phys_addr, [...second.data]]).toEqual([DEVICE + 8, [8, 7, 6, 5, 4, 3, 2, 1]]);
    finish(real);
    expect(real.x(1)).toBe(BigInt(DEVICE + 16));
  });

  it('A4.24 loads with writeback: the base moves with the data', () => {
    const real = made(0xb8404c23); // ldr w3, [x1, #4]!
    const exit = mmio(real.vcpu);
    expect([exit.phys_addr, real.x(1)]).toEqual([DEVICE + 4, BigInt(DEVICE)]);
    answer(exit, 7, 0, 0, 0);
    finish(real);
    expect([real.x(3), real.x(1)]).toEqual([7n, BigInt(DEVICE + 4)]);
  });
});

it('A4.24 an access across a page that ends in a device asks for 1, 2, 4 or 8 bytes', () => {
  const real = made(0xf9400043); // ldr x3, [x2]
  const { vm, vcpu, ram } = real;
  // As Normal memory: one block of 1 GB from 0x40000000 on, in which there is memory up to 64 KiB.
  vm.arena.u64[(ram + 0xc000) / 8 + 1] = BigInt(RAM) | 1n << 10n | 1n;
  vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 2, 0, 0), BigInt(RAM + 0xc000));
  vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 10, 2, 0), 0xffn);
  vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 2, 0, 2), 1n << 23n | 25n);
  vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0), vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0)) | 1n);
  vm.arena.u8.fill(0x11, ram + 0xfff0, ram + 0x10000);
  real.setX(2, RAM + 0xfffd);
  const first = mmio(vcpu);
  expect([first.phys_addr, first.len]).toEqual([RAM + 0x10000, 4]);
  answer(first, 1, 2, 3, 4);
  const last = mmio(vcpu);
  expect([last.phys_addr, last.len]).toEqual([RAM + 0x10004, 1]);
  answer(last, 5);
  finish(real);
  expect(real.x(3)).toBe(0x0504_0302_0111_1111n);
});

it('A4.4 a big-endian guest: data has the bytes in memory order', () => {
  const real = made(0xb9400023, 0xb9000023); // ldr w3, [x1]; str w3, [x1]
  real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0), real.vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0)) | 1n << 25n); // SCTLR_EL1.EE
  answer(mmio(real.vcpu), 0x11, 0x22, 0x33, 0x44);
  const store = mmio(real.vcpu);
  expect(real.x(3)).toBe(0x1122_3344n);
  expect([...store.data.slice(0, 4)]).toEqual([0x11, 0x22, 0x33, 0x44]);
});

describe('A4.30 immediate_exit finishes the instruction', () => {
  it('A4.30 A4.32 PC and register are those after it; the guest goes on where it was', () => {
    const real = made(0xb9400023);
    answer(mmio(real.vcpu), 5, 0, 0, 0);
    real.vcpu.immediate_exit = true;
    expect(real.vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'immediate_exit' });
    expect([real.pc(), real.x(3), real.vcpu.kvm_run.exit_reason]).toEqual([RAM + 4, 5n, kvm.KVM_EXIT_MMIO]);
    real.vcpu.immediate_exit = false;
    finish(real);
    expect(real.pc()).toBe(RAM + 8);
  });

  it('A4.1 A4.30 of an instruction with two accesses the second one comes first, then EINTR', () => {
    const real = made(0xa9401424); // ldp x4, x5, [x1]
    answer(mmio(real.vcpu), 1);
    real.vcpu.immediate_exit = true;
    const second = mmio(real.vcpu);
    expect(second.phys_addr).toBe(DEVICE + 8);
    answer(second, 2, 0);
    expect(real.vcpu.run()).toMatchObject({ cause: 'immediate_exit' });
    expect([real.x(4), real.x(5), real.pc()]).toEqual([1n, 2n, RAM + 4]);
  });

  it('A4.2 A4.30 an answer by abort has been taken: PC is at the vector, ELR_EL1 at the instruction', () => {
    const real = made(0xb9400023);
    real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), BigInt(RAM + 0x1000)); // VBAR_EL1
    mmio(real.vcpu);
    real.vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } });
    real.vcpu.immediate_exit = true;
    expect(real.vcpu.run()).toMatchObject({ cause: 'immediate_exit' });
    expect([real.pc(), real.vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.ELR_EL1)]).toEqual([RAM + 0x1200, BigInt(RAM)]);
    const esr = real.vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 5, 2, 0));
    expect([esr >> 26n, esr & 0x3fn]).toEqual([0x25n, 0x10n]);
  });
});

describe('A4.25 KVM_CAP_ARM_NISV_TO_USER', () => {
  it('A4.25 without it every instruction is done as KVM_EXIT_MMIO', () => {
    const real = made(0xb8404c23);
    expect(mmio(real.vcpu).phys_addr).toBe(DEVICE + 4);
  });

  it('A4.25 B2.ARM_NISV with it what hardware has no syndrome for is left to the user, who steps over it', () => {
    const real = made(0xb8404c23); // ldr w3, [x1, #4]!
    real.vm.enableCap({ cap: kvm.KVM_CAP_ARM_NISV_TO_USER });
    const exit = real.vcpu.run();
    expect(exit).toEqual({ exit_reason: kvm.KVM_EXIT_ARM_NISV, esr_iss: 7n, fault_ipa: BigInt(DEVICE + 4) });
    expect(real.pc()).toBe(RAM);
    real.setX(3, 9);
    real.setPc(RAM + 4);
    finish(real);
    expect([real.x(3), real.x(1)]).toEqual([9n, BigInt(DEVICE)]);
  });

  test.each([
    ['ldr w3, [x1]', 0xb9400023, true], ['ldur x3, [x1]', 0xf8400023, true], ['ldr x3, [x1, x9]', 0xf8696823, true], ['ldar x3, [x1]', 0xc8dffc23, true],
    ['ldtr x3, [x1]', 0xf8400823, true], ['ldp x4, x5, [x1]', 0xa9401424, false], ['ldr x3, [x1], #8', 0xf8408423, false],
    ['ldr d0, [x1]', 0xfd400020, false], ['ldxr x3, [x1]', 0xc85f7c23, false], ['str w3, [x1, #4]!', 0xb8004c23, false],
  ] as const)('A4.25 %s', (_asm, word, described) => {
    const real = made(word);
    real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 2), 3n << 20n);
    real.setX(9, 0);
    real.vm.enableCap({ cap: kvm.KVM_CAP_ARM_NISV_TO_USER });
    expect(real.vcpu.run().exit_reason).toBe(described ? kvm.KVM_EXIT_MMIO : kvm.KVM_EXIT_ARM_NISV);
  });
});

describe('A5.19 where there is no memory', () => {
  const VBAR = kvm.ARM64_SYS_REG(3, 0, 12, 0, 0);
  const ESR = kvm.ARM64_SYS_REG(3, 0, 5, 2, 0);
  const NOWHERE = 0x2000_0000;
  /** To the vector of the current level, with class and status of what brought the guest there. */
  function fault(real: RealVm): bigint[] {
    real.vcpu.setOneReg(VBAR, BigInt(RAM + 0x1000));
    real.vm.arena.u32[(real.ram + 0x1200) >>> 2] = HVC;
    finish(real);
    expect(real.pc()).toBe(RAM + 0x1204);
    const esr = real.vcpu.getOneReg(ESR);
    return [esr >> 26n, esr & 0x3fn];
  }

  it('A4.25 A5.19 a fetch is the guest\'s external abort', () => {
    const real = made();
    real.setPc(NOWHERE);
    expect(fault(real)).toEqual([0x21n, 0x10n]);
    expect(real.vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.ELR_EL1)).toBe(BigInt(NOWHERE));
  });

  it('A4.25 A5.19 a walk of tables is the guest\'s external abort on a walk', () => {
    const real = made(0xb9400043);
    real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 2, 0, 0), BigInt(NOWHERE));
    real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 2, 0, 2), 1n << 23n | 25n);
    real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0), real.vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0)) | 1n);
    real.vcpu.setOneReg(VBAR, BigInt(RAM + 0x1000));
    real.vcpu.setGuestDebug({ control: kvm.KVM_GUESTDBG_ENABLE | kvm.KVM_GUESTDBG_SINGLESTEP });
    expect(real.vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_DEBUG });
    const esr = real.vcpu.getOneReg(ESR);
    expect([esr >> 26n, esr & 0x3fn, real.pc()]).toEqual([0x21n, 0x15n, RAM + 0x1200]);
  });

  it('A4.25 A5.19 maintenance of a cache line does nothing', () => {
    const real = made(0xd50b7a21, 0xd5087621); // dc cvac, x1; dc ivac, x1
    real.setX(1, NOWHERE);
    finish(real);
    expect(real.pc()).toBe(RAM + 12);
  });

  it('A5.19 an atomic operation on a device is the guest\'s external abort', () => {
    const real = realVm([0xb8230024, HVC], { cpu: 'max' }); // ldadd w3, w4, [x1]
    forward(real.vm);
    const [ec] = fault(real);
    expect(ec).toBe(0x25n);
  });
});

describe('A4.26 read-only memory', () => {
  it('A4.26 is read and run, and a write to it is an exit', () => {
    const real = made(0xb9400043, 0xb9000043); // ldr w3, [x2]; str w3, [x2]
    const { vm, vcpu, ram } = real;
    const rom = 0x1000_0000;
    vm.setUserMemoryRegion({ slot: 1, flags: kvm.KVM_MEM_READONLY, guest_phys_addr: rom, memory_size: 0x10000, userspace_addr: ram });
    vm.arena.u32[(ram + 0x8000) >>> 2] = 77;
    real.setPc(rom);
    real.setX(2, rom + 0x8000);
    const exit = mmio(vcpu);
    expect([exit.phys_addr, exit.is_write, exit.data[0]]).toEqual([rom + 0x8000, true, 77]);
    finish(real);
    expect(vm.arena.u32[(ram + 0x8000) >>> 2]).toBe(77);
  });
});

it('A4.31 B2.UNKNOWN a run that returned has a reason, and left the guest', () => {
  const real = made(0xb9400023);
  mmio(real.vcpu);
  expect([real.vcpu.kvm_run.exit_reason, real.vcpu.control.mode, real.vcpu.control.running]).toEqual([kvm.KVM_EXIT_MMIO, 0, false]);
  real.vcpu.kick();
  expect(real.vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR });
  expect([real.vcpu.kvm_run.exit_reason, real.vcpu.control.mode]).toEqual([kvm.KVM_EXIT_INTR, 0]);
});

it('A5.13 exits are counted by kind', () => {
  const real = made(0xb9400023, 0xd503207f); // ldr w3, [x1]; wfi
  const { vcpu } = real;
  answer(mmio(vcpu), 0);
  expect(vcpu.run()).toMatchObject({ cause: 'idle' });
  expect(vcpu.stats).toMatchObject({ exits: 2, mmio_exit_user: 1, mmio_exit_kernel: 0, wfi_exit_stat: 1, hvc_exit_stat: 0, signal_exits: 0 });
  vcpu.kick();
  vcpu.run();
  expect(vcpu.stats).toMatchObject({ exits: 2, signal_exits: 1 });
});

it('A5.18 an access beyond the physical address space faults in the guest; inside, it is an exit', () => {
  const real = made(0xb9400023);
  real.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), BigInt(RAM + 0x1000));
  real.vm.arena.u32[(real.ram + 0x1200) >>> 2] = HVC;
  real.setX(1, 1n << 47n);
  finish(real);
  const esr = real.vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 5, 2, 0));
  expect([esr >> 26n, esr & 0x3cn]).toEqual([0x25n, 0n]);
  expect(code(() => real.vm.setUserMemoryRegion({ slot: 5, guest_phys_addr: 2 ** 40, memory_size: 4096, userspace_addr: 4096 }))).toBe('EINVAL');
});
