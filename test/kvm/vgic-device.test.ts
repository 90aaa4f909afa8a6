/** The interrupt controllers as devices: creation, addresses, sizes, initialisation; reference B1, B5, A4.33, with Linux's errors. */
import { describe, expect, test } from 'vitest';
import * as kvm from '../../src/kvm/index.ts';
import { createVm, kicked, read, startVcpus, write, type TestVm } from './fake-cpu.ts';
import { code } from './error-code.ts';

const {
  KVM_DEV_ARM_VGIC_GRP_ADDR: ADDR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS: NR_IRQS, KVM_DEV_ARM_VGIC_GRP_CTRL: CTRL,
  KVM_DEV_ARM_VGIC_GRP_DIST_REGS: DIST, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS: REDIST, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS: SYSREGS,
  KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: LEVEL, KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ: MAINT, KVM_DEV_ARM_VGIC_GRP_CPU_REGS: CPU,
} = kvm;
const V2 = kvm.KVM_DEV_TYPE_ARM_VGIC_V2;
const V3 = kvm.KVM_DEV_TYPE_ARM_VGIC_V3;
const UNSET = 0xffff_ffff_ffff_ffffn;
const INIT = BigInt(kvm.KVM_DEV_ARM_VGIC_CTRL_INIT);

const region = (index: number, base: bigint, count: number, flags = 0): bigint => BigInt(count) << 52n | base | BigInt(flags) << 12n | BigInt(index);
const icc = (CRn: number, CRm: number, op2: number): bigint => BigInt(0xc000 | CRn << 7 | CRm << 3 | op2);

function make(type: number, vcpus = 1): TestVm & { gic: kvm.KvmDevice } {
  const made = createVm();
  const gic = made.vm.createDevice(type);
  startVcpus(made.vm, vcpus);
  return { ...made, gic };
}

describe('B1 the old calls for a GICv2', () => {
  test('B1.CREATE_IRQCHIP B1.ARM_SET_DEVICE_ADDR and a run', () => {
    const { vm, cpus } = createVm();
    expect(vm.checkExtension(kvm.KVM_CAP_ARM_SET_DEVICE_ADDR)).toBe(1);
    expect(code(() => vm.armSetDeviceAddr({ id: 0, addr: 0x0800_0000n }))).toBe('ENODEV');
    vm.createIrqchip();
    expect(code(() => vm.createIrqchip())).toBe('EEXIST');
    expect(code(() => vm.createDevice(V3))).toBe('EEXIST');
    const [vcpu] = startVcpus(vm);
    const set = (id: number, addr: bigint): string => code(() => vm.armSetDeviceAddr({ id, addr }));
    expect([set(1 << 16, 0n), set(2, 0n), set(0, 0x0800_0800n), set(0, 1n << 40n), set(0, UNSET & ~0xfffn)]).toEqual(['ENODEV', 'ENODEV', 'EINVAL', 'E2BIG', 'E2BIG']);
    expect(code(() => vcpu!.run())).toBe('ENXIO');
    expect([set(0, 0x0800_0000n), set(0, 0x0800_0000n), set(1, 0x0801_0000n)]).toEqual(['no error', 'EEXIST', 'no error']);
    cpus[0]!.script.push(read(0x0800_0fe8), kicked);
    vcpu!.run();
    expect(cpus[0]!.answers).toEqual([0x2bn]);
  });

  test('B1.CREATE_IRQCHIP: too many vCPUs, or one that ran', () => {
    const many = createVm();
    for (let id = 0; id < 9; id++) many.vm.createVcpu(id);
    expect(code(() => many.vm.createIrqchip())).toBe('E2BIG');
    const { vm, cpus } = createVm();
    const [vcpu] = startVcpus(vm);
    cpus[0]!.script.push(kicked);
    vcpu!.run();
    expect(code(() => vm.createIrqchip())).toBe('EBUSY');
    expect(code(() => vm.createDevice(V3))).toBe('EBUSY');
  });

  test('B1.CREATE_DEVICE: an ITS needs a GICv3, and there may be several', () => {
    const { vm } = createVm();
    const ITS = kvm.KVM_DEV_TYPE_ARM_VGIC_ITS;
    expect(vm.createDevice(ITS, kvm.KVM_CREATE_DEVICE_TEST)).toBeUndefined();
    expect(code(() => vm.createDevice(ITS))).toBe('ENODEV');
    expect(code(() => make(V2).vm.createDevice(ITS))).toBe('ENODEV');
    expect(code(() => vm.createDevice(10))).toBe('ENODEV');
  });
});

describe('B5.VGIC_ADDR', () => {
  test('GICv2: types of its own, 4 KiB steps', () => {
    const { gic } = make(V2);
    expect([0n, 1n, 2n, 3n, 4n, 5n].map(type => gic.hasAttr(ADDR, type))).toEqual([true, true, false, false, false, false]);
    expect(code(() => gic.setAttr(ADDR, 2n, 0n))).toBe('ENXIO');
    expect(code(() => gic.getAttr(ADDR, 4n))).toBe('ENXIO');
    expect(gic.getAttr(ADDR, 1n)).toBe(UNSET);
    expect(code(() => gic.setAttr(ADDR, 1n, 0x800n))).toBe('EINVAL');
    gic.setAttr(ADDR, 1n, 0x0801_1000n);
    expect(gic.getAttr(ADDR, 1n)).toBe(0x0801_1000n);
    expect(code(() => gic.setAttr(ADDR, 1n, 0x0801_2000n))).toBe('EEXIST');
  });

  test('GICv3: 64 KiB steps, the end of the address space', () => {
    const { gic } = make(V3, 2);
    const last = 1n << 40n;
    expect(code(() => gic.setAttr(ADDR, 2n, 0x0800_1000n))).toBe('EINVAL');
    expect(code(() => gic.setAttr(ADDR, 2n, UNSET & ~0xffffn))).toBe('E2BIG');
    expect(code(() => gic.setAttr(ADDR, 3n, last - 0x20000n))).toBe('E2BIG'); // two redistributors
    gic.setAttr(ADDR, 2n, last - 0x10000n);
    expect(code(() => gic.setAttr(ADDR, 3n, last - 0x40000n))).toBe('EINVAL'); // over the distributor
    gic.setAttr(ADDR, 3n, last - 0x50000n);
    expect(code(() => gic.setAttr(ADDR, 3n, 0n))).toBe('EEXIST');
    expect(gic.getAttr(ADDR, 3n)).toBe(last - 0x50000n);
  });

  test('REDIST_REGION: order, flags, counts, overlap, end, mixing, reading back', () => {
    const { gic } = make(V3, 4);
    const set = (value: bigint): string => code(() => gic.setAttr(ADDR, 5n, value));
    expect(set(region(0, 0x10_0000n, 4, 2))).toBe('EINVAL');
    expect(set(region(0, 0x10_0000n, 0))).toBe('EINVAL');
    expect(set(region(1, 0x20_0000n, 2))).toBe('EINVAL');
    expect(set(region(0, 0x20_0000n, 2))).toBe('no error');
    expect(set(region(1, 0x20_0000n, 1))).toBe('EINVAL');
    expect(set(region(2, 0x24_0000n, 1))).toBe('EINVAL');
    expect(set(region(1, 0x24_0000n, 1))).toBe('no error');
    expect(set(region(2, 1n << 40n, 2))).toBe('E2BIG');
    expect(set(region(2, (1n << 40n) - 0x30000n, 2))).toBe('E2BIG');
    expect(code(() => gic.setAttr(ADDR, 3n, 0x26_0000n))).toBe('EINVAL');
    gic.setAttr(ADDR, 2n, 0x80_0000n);
    expect(set(region(2, 0x7f_0000n, 2))).toBe('EINVAL'); // over the distributor
    expect([0n, 1n].map(index => gic.getAttr(ADDR, 5n, index))).toEqual([region(0, 0x20_0000n, 2), region(1, 0x24_0000n, 1)]);
    expect(code(() => gic.getAttr(ADDR, 5n, 2n))).toBe('ENOENT');
  });

  test('REDIST_REGION: redistributors fill them in order; GICR_TYPER.Last before each gap', () => {
    const { gic, vm, cpus } = make(V3, 4);
    gic.setAttr(ADDR, 2n, 0x0800_0000n);
    gic.setAttr(ADDR, 5n, region(0, 0x20_0000n, 1));
    gic.setAttr(ADDR, 5n, region(1, 0x22_0000n, 1));
    gic.setAttr(ADDR, 5n, region(2, 0x40_0000n, 8));
    gic.setAttr(CTRL, INIT);
    cpus[0]!.script.push(read(0x20_0008, 8), read(0x22_0008, 8), read(0x40_0008, 8), read(0x42_0008, 8), kicked);
    vm.vcpus[0]!.run();
    const LAST = 1n << 4n;
    expect(cpus[0]!.answers).toEqual([0n, 1n << 32n | 1n << 8n | LAST, 2n << 32n | 2n << 8n, 3n << 32n | 3n << 8n | LAST]);
    expect(gic.getAttr(REDIST, 1n << 32n | 8n)).toBe(1n << 8n | LAST);
  });
});

describe('A4.33 what a first run needs', () => {
  test('A4.33 GICv3: redistributors, distributor, no overlap, INIT, in this order', () => {
    const { gic, vm } = make(V3, 2);
    const run = (): string => code(() => vm.vcpus[0]!.run());
    gic.setAttr(ADDR, 5n, region(0, 0x07ff_0000n, 1));
    expect(run()).toBe('ENXIO'); // the second vCPU has no redistributor
    gic.setAttr(ADDR, 5n, region(1, 0x0900_0000n, 1));
    expect(run()).toBe('ENXIO');
    gic.setAttr(ADDR, 2n, 0x0800_0000n);
    expect(run()).toBe('EINVAL'); // the first one's is over the distributor
    const other = make(V3);
    other.gic.setAttr(ADDR, 3n, 0x0900_0000n);
    expect(code(() => other.vm.vcpus[0]!.run())).toBe('ENXIO');
    other.gic.setAttr(ADDR, 2n, 0x0800_0000n);
    expect(code(() => other.vm.vcpus[0]!.run())).toBe('EBUSY');
    other.gic.setAttr(CTRL, INIT);
    other.cpus[0]!.script.push(kicked);
    expect(code(() => other.vm.vcpus[0]!.run())).toBe('no error');
  });

  test('A4.33 GICv2: both addresses, no overlap; no INIT', () => {
    const { gic, vm } = make(V2);
    gic.setAttr(ADDR, 0n, 0x0800_0000n);
    expect(code(() => vm.vcpus[0]!.run())).toBe('ENXIO');
    gic.setAttr(ADDR, 1n, 0x07ff_f000n);
    expect(code(() => vm.vcpus[0]!.run())).toBe('EINVAL');
  });
});

describe('B5: sizes and initialisation', () => {
  test('B5.VGIC_NR_IRQS: 64 to 1024 in steps of 32, once; 256 when nobody says', () => {
    const { gic } = make(V3);
    expect(gic.getAttr(NR_IRQS, 0n)).toBe(32n);
    for (const count of [0n, 32n, 63n, 65n, 1056n]) expect(code(() => gic.setAttr(NR_IRQS, 0n, count))).toBe('EINVAL');
    gic.setAttr(NR_IRQS, 0n, 1024n);
    expect(code(() => gic.setAttr(NR_IRQS, 0n, 1024n))).toBe('EBUSY');
    gic.setAttr(CTRL, INIT);
    expect(gic.getAttr(DIST, 4n) & 31n).toBe(31n);
    const other = make(V3).gic;
    other.setAttr(CTRL, INIT);
    expect(other.getAttr(NR_IRQS, 0n)).toBe(256n);
    expect(code(() => other.setAttr(NR_IRQS, 0n, 64n))).toBe('EBUSY');
  });

  test('B5.VGIC_CTRL: INIT twice is one, needs a vCPU, ends their creation; others are unknown', () => {
    const { vm } = createVm();
    const gic = vm.createDevice(V3);
    expect([0n, 1n, 2n, 3n, 4n].map(attr => gic.hasAttr(CTRL, attr))).toEqual([true, false, false, true, false]);
    expect(make(V2).gic.hasAttr(CTRL, 3n)).toBe(false);
    expect(code(() => gic.setAttr(CTRL, INIT))).toBe('ENODEV');
    startVcpus(vm);
    gic.setAttr(CTRL, INIT);
    gic.setAttr(CTRL, INIT);
    expect(code(() => vm.createVcpu(1))).toBe('EBUSY');
    expect(code(() => gic.setAttr(CTRL, 1n))).toBe('ENXIO');
    expect(code(() => gic.getAttr(CTRL, INIT))).toBe('ENXIO');
    gic.setAttr(CTRL, BigInt(kvm.KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES)); // no LPIs: nothing to save
  });

  test('MAINT_IRQ: a PPI, chosen before INIT', () => {
    const { gic } = make(V3);
    expect([gic.hasAttr(MAINT, 0n), make(V2).gic.hasAttr(MAINT, 0n)]).toEqual([true, false]);
    expect(gic.getAttr(MAINT, 0n)).toBe(25n);
    expect(code(() => gic.setAttr(MAINT, 0n, 15n))).toBe('EINVAL');
    expect(code(() => gic.setAttr(MAINT, 0n, 32n))).toBe('EINVAL');
    gic.setAttr(MAINT, 0n, 24n);
    gic.setAttr(CTRL, INIT);
    expect(gic.getAttr(MAINT, 0n)).toBe(24n);
    expect(code(() => gic.setAttr(MAINT, 0n, 25n))).toBe('EBUSY');
    expect(code(() => make(V2).gic.setAttr(MAINT, 0n, 25n))).toBe('ENXIO');
  });
});

describe('B5.VGIC_REGS', () => {
  test('EBUSY while a vCPU runs, and before a GICv3 is initialised; a GICv2 is then', () => {
    const { gic, vm, cpus } = make(V3);
    const groups: [number, bigint][] = [[DIST, 0n], [REDIST, 0n], [SYSREGS, icc(4, 6, 0)], [LEVEL, 0n]];
    for (const [group, attr] of groups) expect(code(() => gic.getAttr(group, attr))).toBe('EBUSY');
    gic.setAttr(ADDR, 2n, 0x0800_0000n);
    gic.setAttr(ADDR, 3n, 0x0900_0000n);
    gic.setAttr(CTRL, INIT);
    const seen: string[] = [];
    cpus[0]!.script.push(() => {
      for (const [group, attr] of groups) seen.push(code(() => gic.getAttr(group, attr)), code(() => gic.setAttr(group, attr, 0n)));
      seen.push(code(() => gic.setAttr(CTRL, BigInt(kvm.KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES))));
      return kicked;
    });
    vm.vcpus[0]!.run();
    expect(seen).toEqual(new Array(9).fill('EBUSY'));
    for (const [group, attr] of groups) expect(code(() => gic.getAttr(group, attr))).toBe('no error');
    const v2 = make(V2).gic;
    expect(v2.getAttr(CPU, 0xfcn)).toBe(0x4b02043bn);
    expect(code(() => v2.setAttr(NR_IRQS, 0n, 64n))).toBe('EBUSY');
  });

  test('GICD_IIDR: written back it confirms, another revision is another behaviour, anything else is refused', () => {
    const { gic } = make(V3);
    gic.setAttr(CTRL, INIT);
    const iidr = gic.getAttr(DIST, 8n);
    expect(iidr).toBe(0x4b00343bn);
    gic.setAttr(DIST, 8n, iidr);
    for (const bad of [iidr ^ 1n, iidr ^ 1n << 24n, iidr & ~0xf000n, iidr | 0xf000n]) expect(code(() => gic.setAttr(DIST, 8n, bad))).toBe('EINVAL');
    expect(gic.getAttr(REDIST, 0n)).toBe(6n);
    gic.setAttr(DIST, 8n, iidr - 0x1000n);
    expect(gic.getAttr(DIST, 8n)).toBe(0x4b00243bn);
    expect(gic.getAttr(REDIST, 4n)).toBe(0x4b00043bn);
    expect(code(() => gic.setAttr(DIST, 8n, iidr - 0x2000n))).toBe('EINVAL');
    gic.setAttr(DIST, 0xcn, 0n);
    expect(code(() => gic.setAttr(DIST, 0xcn, 1n))).toBe('EINVAL'); // TYPER2
    expect(gic.getAttr(REDIST, 0n)).toBe(0n); // no INVLPIR before revision 3
  });

  test('CPU_SYSREGS: fields of ICC_CTLR_EL1 that can\'t be more, SRE, active priorities that aren\'t there', () => {
    const { gic } = make(V3);
    gic.setAttr(CTRL, INIT);
    const CTLR = icc(12, 12, 4);
    const control = gic.getAttr(SYSREGS, CTLR);
    gic.setAttr(SYSREGS, CTLR, control | 3n);
    expect(gic.getAttr(SYSREGS, CTLR)).toBe(control | 3n);
    for (const bad of [control + (1n << 8n), control | 1n << 11n, control | 1n << 14n, control & ~(1n << 15n)]) {
      expect(code(() => gic.setAttr(SYSREGS, CTLR, bad))).toBe('EINVAL');
    }
    expect(gic.getAttr(SYSREGS, icc(12, 12, 5))).toBe(7n);
    expect(code(() => gic.setAttr(SYSREGS, icc(12, 12, 5), 6n))).toBe('EINVAL');
    expect(gic.hasAttr(SYSREGS, icc(12, 9, 1))).toBe(true);
    expect(code(() => gic.getAttr(SYSREGS, icc(12, 9, 1)))).toBe('EINVAL');
    expect(gic.hasAttr(SYSREGS, icc(12, 11, 5))).toBe(false);
    expect(code(() => gic.getAttr(SYSREGS, 1n << 32n | CTLR))).toBe('EINVAL'); // no such CPU
  });

  test('B5.VGIC_LEVEL_INFO: lines of SGIs don\'t exist', () => {
    const { gic, cpus } = make(V3);
    gic.setAttr(CTRL, INIT);
    gic.setAttr(LEVEL, 0n, 0xffff_ffffn);
    expect(gic.getAttr(LEVEL, 0n)).toBe(0xffff_0000n);
    expect(cpus[0]!.spec.platform.lines()).toBe(0);
    expect([0n, 32n, 1024n].map(attr => gic.hasAttr(LEVEL, attr))).toEqual([true, true, false]);
  });

  test('groups that are the other controller\'s', () => {
    const v3 = make(V3).gic;
    const v2 = make(V2).gic;
    expect([CPU].map(group => code(() => v3.getAttr(group, 0n)))).toEqual(['ENXIO']);
    expect([REDIST, SYSREGS, LEVEL, 8].map(group => code(() => v2.getAttr(group, 0n)))).toEqual(['ENXIO', 'ENXIO', 'ENXIO', 'ENXIO']);
  });
});

describe('B1.IRQ_LINE', () => {
  test('goes by vCPU ids, which need not be without gaps', () => {
    const { vm, cpus } = createVm();
    const gic = vm.createDevice(V3);
    for (const id of [300, 5]) vm.createVcpu(id).init({ target: 5, features: [4] });
    gic.setAttr(CTRL, INIT);
    expect(code(() => vm.irqLine({ irq: kvm.ppiLine(0, 20), level: 1 }))).toBe('EINVAL');
    expect(code(() => vm.irqLine({ irq: kvm.spiLine(256), level: 1 }))).toBe('EINVAL');
    const affinity = (id: number): bigint => BigInt((id & 15) | (id >> 4) << 8) << 32n;
    for (const [id, index] of [[300, 0], [5, 1]] as const) {
      vm.irqLine({ irq: kvm.ppiLine(id, 20), level: 1 });
      expect(gic.getAttr(LEVEL, affinity(id))).toBe(1n << 20n);
      expect(gic.getAttr(REDIST, affinity(id) | 8n) >> 8n & 0xffffn).toBe(BigInt(id));
      expect(cpus[index]!.spec.id).toBe(id);
    }
  });

  test('each high level of an edge-triggered interrupt is an edge, whether it was lowered or not', () => {
    const { gic, vm } = make(V3);
    gic.setAttr(CTRL, INIT);
    gic.setAttr(DIST, 0xc08n, 2n << 16n); // interrupt 40
    const pending = (): bigint => gic.getAttr(DIST, 0x204n);
    for (let i = 0; i < 2; i++) {
      vm.irqLine({ irq: kvm.spiLine(40), level: 1 });
      expect(pending()).toBe(1n << 8n);
      gic.setAttr(DIST, 0x204n, 0n);
    }
    vm.irqLine({ irq: kvm.spiLine(40), level: 0 });
    expect(pending()).toBe(0n);
  });

  test('the interrupts of a vCPU\'s own timers are theirs from the first run on', () => {
    const { gic, vm, cpus } = make(V3);
    gic.setAttr(ADDR, 2n, 0x0800_0000n);
    gic.setAttr(ADDR, 3n, 0x0900_0000n);
    gic.setAttr(CTRL, INIT);
    cpus[0]!.script.push(kicked);
    vm.vcpus[0]!.run();
    for (const intid of [27, 30, 20]) vm.irqLine({ irq: kvm.ppiLine(0, intid), level: 1 });
    expect(gic.getAttr(LEVEL, 0n)).toBe(1n << 20n);
  });

  test('before INIT: EBUSY for a GICv3, a GICv2 is initialised by it', () => {
    const { vm } = make(V3);
    expect(code(() => vm.irqLine({ irq: kvm.spiLine(40), level: 1 }))).toBe('EBUSY');
    expect(code(() => vm.irqLine({ irq: kvm.ppiLine(0, 20), level: 1 }))).toBe('EBUSY');
    const v2 = make(V2);
    v2.vm.irqLine({ irq: kvm.spiLine(40), level: 1 });
    expect(v2.gic.getAttr(DIST, 0x204n)).toBe(0n);
    expect(code(() => v2.vm.createVcpu(1))).toBe('EBUSY');
  });
});

test('B1.IRQ_LINE B5.VGIC_ADDR a GICv3 with 512 vCPUs: interrupts by affinity, SGIs, KVM_IRQ_LINE with vcpu2', () => {
  const { kvm: dev, cpus } = createVm();
  const vm = dev.createVm({ arenaBytes: 32 << 20 });
  const gic = vm.createDevice(V3);
  for (let id = 0; id < 512; id++) vm.createVcpu(id);
  expect(code(() => vm.createVcpu(512))).toBe('EINVAL');
  vm.vcpus[511]!.init({ target: 5, features: [4] });
  gic.setAttr(ADDR, 2n, 0x0800_0000n);
  gic.setAttr(ADDR, 5n, region(0, 0x1000_0000n, 300));
  gic.setAttr(ADDR, 5n, region(1, 0x2000_0000n, 212));
  gic.setAttr(CTRL, INIT);
  const last = cpus[511]!;
  const { platform } = last.spec;
  const GICR = 0x2000_0000 + 211 * 0x20000;
  last.script.push(
    write(0x0800_0000, 2), write(GICR + 0x1_0100, 0xffff_ffff), write(0x0800_6000 + 8 * 40, 0x1f0fn, 8), write(0x0800_0104, 1 << 8), read(GICR + 8, 8), kicked,
  );
  vm.vcpus[511]!.run();
  expect(last.answers.at(-1)).toBe(0x1f0fn << 32n | 511n << 8n | 1n << 4n);
  platform.writeSystem(Number(icc(4, 6, 0)), 0xffn);
  platform.writeSystem(Number(icc(12, 12, 7)), 1n);
  const take = (): bigint | undefined => {
    const intid = platform.readSystem(Number(icc(12, 12, 0)));
    platform.writeSystem(Number(icc(12, 12, 1)), intid!);
    return intid;
  };
  vm.irqLine({ irq: kvm.ppiLine(511, 22), level: 1 });
  expect(take()).toBe(22n);
  vm.irqLine({ irq: kvm.ppiLine(511, 22), level: 0 });
  vm.irqLine({ irq: kvm.spiLine(40), level: 1 });
  expect(take()).toBe(40n);
  vm.irqLine({ irq: kvm.spiLine(40), level: 0 });
  cpus[0]!.spec.platform.writeSystem(Number(icc(12, 11, 5)), 7n << 24n | 0x1fn << 16n | 1n << 15n);
  expect(take()).toBe(7n);
  cpus[0]!.spec.platform.writeSystem(Number(icc(12, 11, 5)), 9n << 24n | 1n << 40n); // all but the sender
  expect(take()).toBe(9n);
  expect(take()).toBe(1023n);
});
