/** The API's calls and their errors: reference B1, B3, B4, B5, B7. */
import { describe, expect, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { createVm, startVcpus } from './fake-cpu.ts';

const code = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof kvm.KvmError) return `${error.code} ${error.errno}`;
    throw error;
  }
  return 'no error';
};

describe('B1 system', () => {
  test('B1.GET_API_VERSION B1.CHECK_EXTENSION B1.CREATE_VM version, extensions, VM types', () => {
    const { kvm: dev } = createVm();
    expect(dev.getApiVersion()).toBe(12);
    expect(dev.checkExtension(kvm.KVM_CAP_USER_MEMORY)).toBe(1);
    expect(dev.checkExtension(kvm.KVM_CAP_ARM_VM_IPA_SIZE)).toBe(48);
    expect(dev.checkExtension(kvm.KVM_CAP_ARM_PSCI_0_2)).toBe(1);
    expect(dev.checkExtension(170)).toBe(0);
    expect(dev.checkExtension(99999)).toBe(0);
    expect(code(() => dev.createVm({ type: 31, arenaBytes: 65536 }))).toBe('EINVAL 22');
    expect(code(() => dev.createVm({ type: 49, arenaBytes: 65536 }))).toBe('EINVAL 22');
    expect(dev.createVm({ type: 32, arenaBytes: 65536 }).checkExtension(kvm.KVM_CAP_ONE_REG)).toBe(1);
  });
});

describe('B1.SET_USER_MEMORY_REGION', () => {
  const region = (slot: number, gpa: number, size: number, hva: number, flags = 0): kvm.UserspaceMemoryRegion =>
    ({ slot, guest_phys_addr: gpa, memory_size: size, userspace_addr: hva, flags });

  test('B1.SET_USER_MEMORY_REGION add, move, delete, leave alone', () => {
    const { vm, cpus } = createVm();
    vm.createVcpu(0);
    const at = vm.arena.alloc(0x4000, 4096);
    vm.setUserMemoryRegion(region(0, 0x4000_0000, 0x4000, at));
    expect(vm.memory.at(0x4000_1004, 4)).toBe(at + 0x1004);
    vm.setUserMemoryRegion(region(0, 0x8000_0000, 0x4000, at));
    expect(vm.memory.at(0x4000_1004, 4)).toBe(-1);
    expect(vm.memory.at(0x8000_3ffc, 4)).toBe(at + 0x3ffc);
    expect(vm.memory.at(0x8000_3ffd, 4)).toBe(-1);
    vm.setUserMemoryRegion(region(0, 0x8000_0000, 0x4000, at));
    vm.setUserMemoryRegion(region(0, 0, 0, 0));
    expect(vm.memory.at(0x8000_0000, 1)).toBe(-1);
    expect(cpus[0]!.events).toEqual([
      'memoryChanged 40000000 4000', 'flushTlb',
      'memoryChanged 40000000 4000', 'memoryChanged 80000000 4000', 'flushTlb',
      'memoryChanged 80000000 4000', 'flushTlb',
    ]);
  });

  test('read-only slots and slots beside each other', () => {
    const { vm } = createVm();
    vm.setUserMemoryRegion(region(0, 0x1000, 0x1000, 0x1000));
    vm.setUserMemoryRegion(region(1, 0x2000, 0x1000, 0x2000, kvm.KVM_MEM_READONLY));
    vm.setUserMemoryRegion(region(2, 0, 0x1000, 0x1000));
    expect([0x1000, 0x2000, 0].map(pa => vm.memory.find(pa)?.readonly)).toEqual([false, true, false]);
  });

  test('errors leave the map as it was', () => {
    const { vm } = createVm();
    vm.setUserMemoryRegion(region(0, 0x10000, 0x2000, 0x1000));
    for (const [bad, error] of [
      [region(1, 0x800, 0x1000, 0x1000), 'EINVAL 22'],
      [region(1, 0x1000, 0x800, 0x1000), 'EINVAL 22'],
      [region(1, 0x1000, 0x1000, 0x800), 'EINVAL 22'],
      [region(1, -4096, 0x1000, 0x1000), 'EINVAL 22'],
      [region(1, 2 ** 60, 0x1000, 0x1000), 'EINVAL 22'],
      [region(1, 2 ** 40, 0x1000, 0x1000), 'EINVAL 22'],
      [region(1, 0x1000, 0x1000, 1 << 20), 'EINVAL 22'],
      [region(32764, 0x1000, 0x1000, 0x1000), 'EINVAL 22'],
      [region(-1, 0x1000, 0x1000, 0x1000), 'EINVAL 22'],
      [region(1, 0x1000, 0x1000, 0x1000, 4), 'EINVAL 22'],
      [region(0, 0x10000, 0x1000, 0x1000), 'EINVAL 22'],
      [region(0, 0x10000, 0x2000, 0x2000), 'EINVAL 22'],
      [region(0, 0x10000, 0x2000, 0x1000, kvm.KVM_MEM_READONLY), 'EINVAL 22'],
      [region(3, 0, 0, 0), 'EINVAL 22'],
      [region(1, 0x11000, 0x2000, 0x1000), 'EEXIST 17'],
      [region(1, 0xf000, 0x4000, 0x1000), 'EEXIST 17'],
    ] as const) expect([bad, code(() => vm.setUserMemoryRegion(bad))]).toEqual([bad, error]);
    expect(vm.memory.at(0x10000, 0x2000)).toBe(0x1000);
    expect(vm.memory.find(0x1000)).toBeUndefined();
  });
});

describe('B1.CREATE_VCPU', () => {
  test('B1.CREATE_VCPU ids, duplicates, MPIDR from the id', () => {
    const { vm, cpus } = createVm();
    for (const id of [0, 17, 256]) vm.createVcpu(id);
    expect(cpus.map(cpu => cpu.spec.mpidr)).toEqual([0x8000_0000n, 0x8000_0101n, 0x8000_1000n]);
    expect(code(() => vm.createVcpu(17))).toBe('EEXIST 17');
    expect(code(() => vm.createVcpu(512))).toBe('EINVAL 22');
    expect(code(() => vm.createVcpu(-1))).toBe('EINVAL 22');
    expect(code(() => vm.createVcpu(1.5))).toBe('EINVAL 22');
  });

  test('init: targets, features, again', () => {
    const { vm, cpus } = createVm();
    const vcpu = vm.createVcpu(0);
    expect(vm.preferredTarget()).toEqual({ target: 5, features: [0] });
    expect(code(() => vcpu.init({ target: 3, features: [0] }))).toBe('EINVAL 22');
    expect(code(() => vcpu.init({ target: 5, features: [1 << 9] }))).toBe('ENOENT 2');
    expect(code(() => vcpu.init({ target: 5, features: [2] }))).toBe('EINVAL 22');
    expect(code(() => vcpu.run())).toBe('ENOEXEC 8');
    vcpu.init({ target: 5, features: [4] });
    expect(code(() => vcpu.init({ target: 5, features: [0] }))).toBe('EINVAL 22');
    cpus[0]!.guest.state.x[1] = 9n;
    vcpu.init({ target: 5, features: [5] });
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_STOPPED);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.X(1))).toBe(0n);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.PC)).toBe(0n);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.PSTATE)).toBe(0x3c5n);
  });
});

describe('B3 registers', () => {
  test('A1.52 A1.53 ids are Linux\'s', () => {
    const core = kvm.KVM_REG_ARM_CORE;
    expect(core.X(30)).toBe(0x603000000010003cn);
    expect(core.SP_EL0).toBe(0x603000000010003en);
    expect(core.PC).toBe(0x6030000000100040n);
    expect(core.PSTATE).toBe(0x6030000000100042n);
    expect(core.SP_EL1).toBe(0x6030000000100044n);
    expect(core.ELR_EL1).toBe(0x6030000000100046n);
    expect(core.SPSR(4)).toBe(0x6030000000100050n);
    expect(core.V(31)).toBe(0x60400000001000d0n);
    expect(core.FPSR).toBe(0x60200000001000d4n);
    expect(core.FPCR).toBe(0x60200000001000d5n);
    expect(kvm.ARM64_SYS_REG(3, 0, 0, 0, 5)).toBe(0x603000000013c005n);
    expect([kvm.KVM_REG_ARM_TIMER_CTL, kvm.KVM_REG_ARM_TIMER_CNT, kvm.KVM_REG_ARM_TIMER_CVAL].map(id => id & 0xffffn)).toEqual([0xdf19n, 0xdf1an, 0xdf02n]);
    expect([kvm.KVM_REG_ARM_PTIMER_CTL, kvm.KVM_REG_ARM_PTIMER_CVAL, kvm.KVM_REG_ARM_PTIMER_CNT].map(id => id & 0xffffn)).toEqual([0xdf11n, 0xdf12n, 0xdf01n]);
    expect(kvm.KVM_REG_ARM_PSCI_VERSION).toBe(0x6030000000140000n);
  });

  test('core registers keep what is written', () => {
    const { vm } = createVm();
    const [vcpu] = startVcpus(vm);
    const core = kvm.KVM_REG_ARM_CORE;
    const values: [bigint, bigint][] = [
      [core.X(0), 1n], [core.X(30), 0xffff_ffff_ffff_ffffn], [core.SP_EL0, 0x1000n], [core.SP_EL1, 0x2000n], [core.PC, 0x4008_0000n],
      [core.ELR_EL1, 7n], [core.SPSR(0), 0x3c5n], [core.V(0), 0x0123_4567_89ab_cdef_0011_2233_4455_6677n], [core.V(31), 1n << 127n],
      [core.FPCR, 0x40_0000n], [core.FPSR, 0x1fn],
    ];
    for (const [id, value] of values) vcpu!.setOneReg(id, value);
    expect(values.map(([id]) => vcpu!.getOneReg(id))).toEqual(values.map(([, value]) => value));
    vcpu!.setOneReg(core.PSTATE, 0x6000_0000n);
    expect(vcpu!.getOneReg(core.PSTATE)).toBe(0x6000_0000n);
    expect([vcpu!.getOneReg(core.SP_EL0), vcpu!.getOneReg(core.SP_EL1)]).toEqual([0x1000n, 0x2000n]);
  });

  test('errors: unknown, too wide, impossible mode, fixed', () => {
    const { vm } = createVm();
    const [vcpu] = startVcpus(vm);
    expect(code(() => vcpu!.getOneReg(0x6030000000100001n))).toBe('EINVAL 22');
    expect(code(() => vcpu!.setOneReg(0x1030000000000001n, 0n))).toBe('EINVAL 22');
    expect(code(() => vcpu!.getOneReg(kvm.ARM64_SYS_REG(3, 6, 15, 15, 7)))).toBe('ENOENT 2');
    expect(code(() => vcpu!.setOneReg(kvm.KVM_REG_ARM_CORE.FPSR, 1n << 32n))).toBe('EINVAL 22');
    expect(code(() => vcpu!.setOneReg(kvm.KVM_REG_ARM_CORE.X(0), -1n))).toBe('EINVAL 22');
    for (const mode of [0x11n, 0x9n, 0xdn, 1n]) expect(code(() => vcpu!.setOneReg(kvm.KVM_REG_ARM_CORE.PSTATE, mode))).toBe('EINVAL 22');
    const MIDR = kvm.ARM64_SYS_REG(3, 0, 0, 0, 0);
    const midr = vcpu!.getOneReg(MIDR);
    vcpu!.setOneReg(MIDR, midr);
    expect(code(() => vcpu!.setOneReg(MIDR, midr + 1n))).toBe('EINVAL 22');
  });

  test('A1.63 every listed register takes back what it gave', () => {
    const { vm } = createVm();
    const [vcpu] = startVcpus(vm);
    const ids = vcpu!.getRegList();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(kvm.KVM_REG_ARM_CORE.V(31));
    expect(ids).toContain(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0));
    const before = ids.map(id => vcpu!.getOneReg(id));
    ids.forEach((id, i) => vcpu!.setOneReg(id, before[i]!));
    expect(ids.map(id => vcpu!.getOneReg(id))).toEqual(before);
  });

  test('system registers and timers by id', () => {
    const { vm, clock } = createVm();
    const [vcpu] = startVcpus(vm);
    const TTBR0 = kvm.ARM64_SYS_REG(3, 0, 2, 0, 0);
    vcpu!.setOneReg(TTBR0, 0x4000_1000n);
    expect(vcpu!.getOneReg(TTBR0)).toBe(0x4000_1000n);
    clock.advance(16_000);
    expect(vcpu!.getOneReg(kvm.KVM_REG_ARM_TIMER_CNT)).toBe(1000n);
    vcpu!.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 5n);
    expect(vcpu!.getOneReg(kvm.KVM_REG_ARM_TIMER_CNT)).toBe(5n);
    expect(vcpu!.getOneReg(kvm.KVM_REG_ARM_PTIMER_CNT)).toBe(1000n);
    vcpu!.setOneReg(kvm.KVM_REG_ARM_TIMER_CVAL, 4n);
    vcpu!.setOneReg(kvm.KVM_REG_ARM_TIMER_CTL, 1n);
    expect(vcpu!.getOneReg(kvm.KVM_REG_ARM_TIMER_CTL)).toBe(5n);
  });
});

describe('B1.IRQ_LINE', () => {
  test('the encoding and its errors', () => {
    const { vm } = createVm();
    startVcpus(vm, 2);
    expect(code(() => vm.irqLine({ irq: kvm.spiLine(40), level: 1 }))).toBe('ENXIO 6');
    const gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    expect(code(() => vm.irqLine({ irq: kvm.spiLine(40), level: 1 }))).toBe('EBUSY 16');
    gic.setAttr(4, 0n);
    expect(kvm.spiLine(40)).toBe(0x0100_0028);
    expect(kvm.ppiLine(1, 27)).toBe(0x0201_001b);
    expect(kvm.ppiLine(0x101, 27)).toBe(0x1201_001b);
    expect(code(() => vm.irqLine({ irq: kvm.spiLine(31), level: 1 }))).toBe('EINVAL 22');
    expect(code(() => vm.irqLine({ irq: kvm.spiLine(1000), level: 1 }))).toBe('EINVAL 22');
    expect(code(() => vm.irqLine({ irq: kvm.ppiLine(2, 27), level: 1 }))).toBe('EINVAL 22');
    expect(code(() => vm.irqLine({ irq: kvm.ppiLine(0, 15), level: 1 }))).toBe('EINVAL 22');
    expect(code(() => vm.irqLine({ irq: kvm.ppiLine(0, 32), level: 1 }))).toBe('EINVAL 22');
    expect(code(() => vm.irqLine({ irq: 0, level: 1 }))).toBe('ENXIO 6');
    expect(code(() => vm.irqLine({ irq: 0x0300_0028, level: 1 }))).toBe('EINVAL 22');
  });

  test('without an in-kernel controller the lines go straight to the CPU', () => {
    const { vm, cpus } = createVm();
    startVcpus(vm, 2);
    vm.irqLine({ irq: 0x0001_0000, level: true });
    vm.irqLine({ irq: 0x0001_0001, level: true });
    expect(cpus.map(cpu => cpu.spec.platform.lines())).toEqual([0, 3]);
    vm.irqLine({ irq: 0x0001_0000, level: false });
    expect(cpus[1]!.spec.platform.lines()).toBe(2);
    expect(code(() => vm.irqLine({ irq: 2, level: 1 }))).toBe('EINVAL 22');
    expect(code(() => vm.irqLine({ irq: 0x0002_0000, level: 1 }))).toBe('EINVAL 22');
  });
});

describe('B5 interrupt controllers', () => {
  const ADDR = kvm.KVM_DEV_ARM_VGIC_GRP_ADDR;

  test('createDevice: unknown types, a second one, TEST, vCPU limits', () => {
    const { vm } = createVm();
    expect(code(() => vm.createDevice(1))).toBe('ENODEV 19');
    expect(code(() => vm.createDevice(7, 2))).toBe('EINVAL 22');
    expect(vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V2, kvm.KVM_CREATE_DEVICE_TEST)).toBeUndefined();
    vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    expect(code(() => vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3))).toBe('EEXIST 17');
    expect(code(() => vm.createVcpu(8))).toBe('EINVAL 22');
  });

  test('GICv3 attributes and their errors', () => {
    const { vm } = createVm();
    const gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    expect(gic.hasAttr(ADDR, 2n)).toBe(true);
    expect(gic.hasAttr(ADDR, 0n)).toBe(false);
    expect(gic.hasAttr(8, 0n)).toBe(false);
    expect(code(() => gic.setAttr(ADDR, 0n, 0n))).toBe('ENXIO 6');
    expect(gic.getAttr(ADDR, 2n)).toBe(0xffff_ffff_ffff_ffffn);
    expect(gic.getAttr(ADDR, 3n)).toBe(0xffff_ffff_ffff_ffffn);
    expect(code(() => gic.setAttr(ADDR, 2n, 0x0800_1000n))).toBe('EINVAL 22');
    expect(code(() => gic.setAttr(ADDR, 2n, 1n << 40n))).toBe('E2BIG 7');
    gic.setAttr(ADDR, 2n, 0x0800_0000n);
    expect(gic.getAttr(ADDR, 2n)).toBe(0x0800_0000n);
    expect(code(() => gic.setAttr(ADDR, 2n, 0x0800_0000n))).toBe('EEXIST 17');
    expect(code(() => gic.setAttr(3, 0n, 63n))).toBe('EINVAL 22');
    expect(code(() => gic.setAttr(3, 0n, 1056n))).toBe('EINVAL 22');
    expect(code(() => gic.setAttr(3, 0n, 65n))).toBe('EINVAL 22');
    gic.setAttr(3, 0n, 288n);
    expect(gic.getAttr(3, 0n)).toBe(288n);
    expect(code(() => gic.setAttr(3, 0n, 288n))).toBe('EBUSY 16');
    expect(code(() => gic.setAttr(4, 0n))).toBe('ENODEV 19');
    startVcpus(vm);
    gic.setAttr(4, 0n);
    gic.setAttr(4, 0n);
    expect(code(() => vm.createVcpu(1))).toBe('EBUSY 16');
  });

  test('redistributor regions: order, counts, overlap, mixing', () => {
    const region = (index: number, base: number, count: number): bigint => BigInt(count) << 52n | BigInt(base) | BigInt(index);
    const { vm } = createVm();
    const gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    startVcpus(vm, 3);
    expect(code(() => gic.setAttr(ADDR, 5n, region(1, 0x0900_0000, 2)))).toBe('EINVAL 22');
    expect(code(() => gic.setAttr(ADDR, 5n, region(0, 0x0900_0000, 0)))).toBe('EINVAL 22');
    gic.setAttr(ADDR, 5n, region(0, 0x0900_0000, 2));
    expect(code(() => gic.setAttr(ADDR, 5n, region(1, 0x0902_0000, 2)))).toBe('EINVAL 22');
    expect(code(() => gic.setAttr(ADDR, 3n, 0x0b00_0000n))).toBe('EINVAL 22');
    expect(gic.getAttr(ADDR, 5n, 0n)).toBe(region(0, 0x0900_0000, 2));
    expect(code(() => gic.getAttr(ADDR, 5n, 1n))).toBe('ENOENT 2');
    expect(gic.getAttr(ADDR, 3n)).toBe(0x0900_0000n);
    gic.setAttr(ADDR, 2n, 0x0800_0000n);
    gic.setAttr(4, 0n);
    expect(code(() => vm.vcpus[0]!.run())).toBe('ENXIO 6');
    gic.setAttr(ADDR, 5n, region(1, 0x0a00_0000, 1));
    const single = createVm().vm;
    const other = single.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    other.setAttr(ADDR, 3n, 0x0900_0000n);
    expect(code(() => other.setAttr(ADDR, 5n, region(1, 0x0a00_0000, 1)))).toBe('EINVAL 22');
  });

  test('a GICv2 needs no INIT: the first run does it', () => {
    const { vm, cpus } = createVm();
    const gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    const [vcpu] = startVcpus(vm);
    gic.setAttr(ADDR, 0n, 0x0800_0000n);
    gic.setAttr(ADDR, 1n, 0x0801_0000n);
    cpus[0]!.script.push(
      { kind: 'mmio', pa: 0x0801_00fc, bytes: 4, write: false, data: 0n }, { kind: 'mmio', pa: 0x0800_0004, bytes: 4, write: false, data: 0n }, { kind: 'kicked' },
    );
    vcpu!.run();
    expect(cpus[0]!.answers).toEqual([0x4b02043bn, 7n]);
    expect(cpus[0]!.spec.platform.readSystem(0xc665)).toBeUndefined();
    expect(code(() => gic.setAttr(ADDR, 1n, 0n))).toBe('EEXIST 17');
  });
});
