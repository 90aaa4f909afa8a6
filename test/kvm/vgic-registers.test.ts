/** The interrupt controller's registers as device attributes: reference B5, groups 1, 2, 5, 6, 7. */
import { describe, expect, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { createVm, startVcpus, type TestVm } from './fake-cpu.ts';
import { code } from './error-code.ts';

const {
  KVM_DEV_ARM_VGIC_GRP_DIST_REGS: DIST, KVM_DEV_ARM_VGIC_GRP_CPU_REGS: CPU, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS: REDIST,
  KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS: SYSREGS, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: LEVEL,
} = kvm;

function make(type: number, vcpus = 2): TestVm & { gic: kvm.KvmDevice } {
  const made = createVm();
  const gic = made.vm.createDevice(type);
  startVcpus(made.vm, vcpus);
  gic.setAttr(3, 0n, 96n);
  gic.setAttr(4, 0n);
  return { ...made, gic };
}

const at = (who: number, offset: number): bigint => BigInt(who) << 32n | BigInt(offset);
const icc = (CRn: number, CRm: number, op2: number): number => 0xc000 | CRn << 7 | CRm << 3 | op2;

describe('B5.VGIC_REGS GICv3', () => {
  test('ISPENDR is the latch alone and written as a whole; levels have their own group', () => {
    const { vm, gic } = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    vm.irqLine({ irq: kvm.spiLine(40), level: true });
    expect(gic.getAttr(DIST, at(0, 0x204))).toBe(0n);
    expect(gic.getAttr(LEVEL, at(0, 32))).toBe(1n << 8n);
    gic.setAttr(DIST, at(0, 0x204), 6n);
    gic.setAttr(DIST, at(0, 0x204), 2n);
    gic.setAttr(DIST, at(0, 0x284), 0xffffffffn);
    expect(gic.getAttr(DIST, at(0, 0x204))).toBe(2n);
    expect(gic.getAttr(DIST, at(0, 0x284))).toBe(0n);
    expect(gic.getAttr(DIST, at(0, 0x200))).toBe(0n);
    gic.setAttr(REDIST, at(1, 0x10200), 0x8000_0001n);
    expect(gic.getAttr(REDIST, at(1, 0x10200))).toBe(0x8000_0001n);
    expect(gic.getAttr(REDIST, at(0, 0x10200))).toBe(0n);
    expect(gic.getAttr(REDIST, at(1, 0x0008))).toBe(1n << 8n | 1n << 4n);
  });

  test('errors: no such register, no such CPU, registers that act, before INIT', () => {
    const { gic, vm } = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    expect(code(() => gic.getAttr(DIST, at(0, 0x5000)))).toBe('ENXIO');
    expect(code(() => gic.getAttr(DIST, at(0, 2)))).toBe('ENXIO');
    // The distributor is one for all, so nobody looks at whose it would be.
    expect(gic.getAttr(DIST, at(7, 4))).toBe(gic.getAttr(DIST, 4n));
    expect(code(() => gic.getAttr(REDIST, at(7, 0)))).toBe('EINVAL');
    expect(code(() => gic.getAttr(SYSREGS, at(0, icc(12, 12, 0))))).toBe('ENXIO');
    expect(code(() => gic.getAttr(LEVEL, at(0, 33)))).toBe('EINVAL');
    expect(code(() => gic.getAttr(LEVEL, at(0, 1024 + 32)))).toBe('EINVAL');
    expect(gic.getAttr(LEVEL, at(0, 96))).toBe(0n);
    expect(code(() => gic.getAttr(CPU, at(0, 0)))).toBe('ENXIO');
    expect(gic.hasAttr(SYSREGS, at(0, icc(4, 6, 0)))).toBe(true);
    const early = createVm();
    const raw = early.vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    startVcpus(early.vm);
    expect(code(() => raw.getAttr(DIST, 0n))).toBe('EBUSY');
    expect(vm.vcpus).toHaveLength(2);
  });

  test('what one controller gives makes another the same: an active interrupt ends there', () => {
    const saved = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    const { gic, vm, cpus } = saved;
    gic.setAttr(DIST, at(0, 0), 3n);
    gic.setAttr(DIST, at(0, 0x400 + 40), 0xa0n);
    gic.setAttr(DIST, at(0, 0x104), 1n << 8n);
    gic.setAttr(DIST, at(0, 0x6000 + 8 * 40), 1n);
    gic.setAttr(REDIST, at(1, 0x10100), 0x20n);
    const one = cpus[1]!.spec.platform;
    one.writeSystem(icc(4, 6, 0), 0xf0n);
    one.writeSystem(icc(12, 12, 7), 1n);
    vm.irqLine({ irq: kvm.spiLine(40), level: true });
    expect(one.readSystem(icc(12, 12, 0))).toBe(40n);
    one.writeSystem(icc(12, 11, 5), 5n << 24n | 2n); // an SGI to itself, too
    const attrs: [number, bigint][] = [];
    for (let offset = 0x080; offset < 0x400; offset += 4) attrs.push([DIST, at(0, offset)]);
    for (let offset = 0x400; offset < 0x460; offset += 4) attrs.push([DIST, at(0, offset)]);
    for (let offset = 0x6100; offset < 0x6300; offset += 4) attrs.push([DIST, at(0, offset)]);
    attrs.push([DIST, at(0, 0)]);
    for (const who of [0, 1]) {
      for (const offset of [0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, ...Array.from({ length: 8 }, (_, i) => 0x400 + 4 * i)]) {
        attrs.push([REDIST, at(who, 0x10000 + offset)]);
      }
      for (const key of [icc(4, 6, 0), icc(12, 8, 3), icc(12, 8, 4), icc(12, 9, 0), icc(12, 12, 3), icc(12, 12, 4), icc(12, 12, 6), icc(12, 12, 7)]) {
        attrs.push([SYSREGS, at(who, key)]);
      }
      attrs.push([LEVEL, at(who, 0)]);
    }
    attrs.push([LEVEL, at(0, 32)], [LEVEL, at(0, 64)]);
    // The clearing registers would undo what the setting ones restore: zero is what they must get.
    const clears = (attr: bigint): boolean => [0x180n, 0x280n, 0x380n].includes(attr & 0xff80n) || [0x10180n, 0x10380n].includes(attr & 0xfffffn);
    const values = attrs.map(([group, attr]) => gic.getAttr(group, attr));
    const restored = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    attrs.forEach(([group, attr], i) => restored.gic.setAttr(group, attr, clears(attr) ? 0n : values[i]!));
    expect(attrs.map(([group, attr]) => restored.gic.getAttr(group, attr))).toEqual(values);
    const other = restored.cpus[1]!.spec.platform;
    expect(other.readSystem(icc(12, 11, 3))).toBe(0xa0n);
    expect(other.readSystem(icc(12, 12, 0))).toBe(5n); // priority 0: preempts
    other.writeSystem(icc(12, 12, 1), 5n);
    expect(other.lines()).toBe(0);
    other.writeSystem(icc(12, 12, 1), 40n);
    expect(other.lines()).toBe(1);
  });
});

describe('B5.VGIC_REGS GICv2', () => {
  test('by CPU number; PMR has its five bits at the bottom; acting registers are not there', () => {
    const { gic, cpus } = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    gic.setAttr(CPU, at(1, 4), 0x1en);
    expect(gic.getAttr(CPU, at(1, 4))).toBe(0x1en);
    expect(gic.getAttr(CPU, at(0, 4))).toBe(0n);
    gic.setAttr(CPU, at(1, 0), 1n);
    gic.setAttr(DIST, at(0, 0), 1n);
    gic.setAttr(DIST, at(1, 0xf20), 1n);
    expect(gic.getAttr(DIST, at(1, 0x200))).toBe(1n);
    expect(gic.getAttr(DIST, at(0, 0x200))).toBe(0n);
    expect(cpus.map(cpu => cpu.spec.platform.lines())).toEqual([0, 1]);
    expect(code(() => gic.getAttr(CPU, at(0, 0x0c)))).toBe('ENXIO');
    expect(code(() => gic.setAttr(DIST, at(0, 0xf00), 0n))).toBe('ENXIO');
    expect(code(() => gic.getAttr(CPU, at(2, 0)))).toBe('EINVAL');
    expect(code(() => gic.getAttr(REDIST, at(0, 0)))).toBe('ENXIO');
  });

  test('B7.save-restore what one controller gives makes another the same: two senders\' SGIs, an active interrupt', () => {
    const saved = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    saved.gic.setAttr(DIST, 0n, 3n);
    saved.gic.setAttr(DIST, at(0, 0x420), 0x00a0_0000n); // interrupt 34
    saved.gic.setAttr(DIST, at(0, 0x104), 4n);
    saved.gic.setAttr(DIST, at(0, 0x820), 0x0002_0000n);
    saved.gic.setAttr(CPU, at(1, 4), 0x1fn);
    saved.gic.setAttr(CPU, at(1, 0), 1n);
    saved.gic.setAttr(DIST, at(1, 0xf20), 3n << 24n); // SGI 3 of both CPUs
    saved.vm.irqLine({ irq: kvm.spiLine(34), level: true });
    saved.gic.setAttr(DIST, at(0, 0x304), 4n);
    const attrs: [number, bigint][] = [[DIST, 0n]];
    for (let offset = 0x080; offset < 0x0ac; offset += 4) attrs.push([DIST, at(0, offset)]);
    for (const who of [0, 1]) {
      for (const offset of [0x100, 0x104, 0x108, 0x200, 0x204, 0x208, 0x300, 0x304, 0x308, 0xc08, 0xc0c, 0xf20, 0xf24, 0xf28, 0xf2c]) attrs.push([DIST, at(who, offset)]);
      for (let offset = 0; offset < 96; offset += 4) attrs.push([DIST, at(who, 0x400 + offset)], [DIST, at(who, 0x800 + offset)]);
      for (const offset of [0, 4, 8, 0x1c, 0xd0, 0xe0]) attrs.push([CPU, at(who, offset)]);
    }
    const values = attrs.map(([group, attr]) => saved.gic.getAttr(group, attr));
    const { gic, vm, cpus } = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    vm.irqLine({ irq: kvm.spiLine(34), level: true });
    // Sources that ISPENDR stood in for are taken back first.
    attrs.forEach(([group, attr], i) => {
      if ((attr & 0xfffn) === 0xf20n) for (const n of [0n, 4n, 8n, 12n]) gic.setAttr(DIST, (attr & ~0xfffn) | 0xf10n + n, 0xffff_ffffn);
      gic.setAttr(group, attr, values[i]!);
    });
    expect(attrs.map(([group, attr]) => gic.getAttr(group, attr))).toEqual(values);
    expect(cpus.map(cpu => cpu.spec.platform.lines())).toEqual([0, 1]);
    gic.setAttr(DIST, at(1, 0xf10), 3n << 24n);
    expect(cpus[1]!.spec.platform.lines()).toBe(0);
    gic.setAttr(DIST, at(0, 0x384), 4n);
    expect(cpus[1]!.spec.platform.lines()).toBe(1);
  });

  test('an SGI made pending by ISPENDR is the CPU\'s own, unless GICD_SPENDSGIR says whose', () => {
    const { gic } = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    gic.setAttr(DIST, at(1, 0x200), 0x21n);
    expect(gic.getAttr(DIST, at(1, 0xf20))).toBe(2n);
    expect(gic.getAttr(DIST, at(1, 0xf24))).toBe(0x200n);
    gic.setAttr(DIST, at(1, 0xf10), 0xffn);
    gic.setAttr(DIST, at(1, 0xf20), 1n);
    expect(gic.getAttr(DIST, at(1, 0x200))).toBe(0x21n);
    expect(gic.getAttr(DIST, at(1, 0xf20))).toBe(1n);
    gic.setAttr(DIST, at(1, 0x200), 0n);
    expect([gic.getAttr(DIST, at(1, 0xf20)), gic.getAttr(DIST, at(1, 0xf24))]).toEqual([0n, 0n]);
  });

  test('reset puts it back as INIT left it, the lines aside', () => {
    const { gic, vm } = make(kvm.KVM_DEV_TYPE_ARM_VGIC_V2);
    vm.irqLine({ irq: kvm.spiLine(40), level: true });
    gic.setAttr(DIST, at(0, 0), 3n);
    gic.setAttr(DIST, at(0, 0x104), 0x100n);
    gic.setAttr(CPU, at(0, 4), 0x1en);
    gic.reset();
    expect([gic.getAttr(DIST, 0n), gic.getAttr(DIST, 0x104n), gic.getAttr(CPU, 4n)]).toEqual([0n, 0n, 0n]);
    expect(gic.getAttr(DIST, 0x100n)).toBe(0xffffn);
  });
});
