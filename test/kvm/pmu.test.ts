/** KVM_ARM_VCPU_PMU_V3_CTRL with Linux's errors, and the overflow interrupt's ways: reference A1.28, A4.11, A4.16, A4.28, A4.33, B5. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import type { CpuModelName } from '../../src/guest/aarch64/index.ts';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import { readRegister, writeRegister } from '../../src/guest/aarch64/sysreg/table.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, guest, kicked, type FakeCpu, type TestVm } from './fake-cpu.ts';

const GROUP = kvm.KVM_ARM_VCPU_PMU_V3_CTRL;
const { KVM_ARM_VCPU_PMU_V3_IRQ: IRQ, KVM_ARM_VCPU_PMU_V3_INIT: INIT, KVM_ARM_VCPU_PMU_V3_FILTER: FILTER } = kvm;
const { KVM_ARM_VCPU_PMU_V3_SET_PMU: SET_PMU, KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS: NR_COUNTERS } = kvm;
const ALL = [IRQ, INIT, FILTER, SET_PMU, NR_COUNTERS];
const PPI = 23n;
const GICD = 0x0800_0000n;
const GICR = 0x080a_0000n;

const PMCR = sysregKey(3, 3, 9, 12, 0);
const PMCNTENSET = sysregKey(3, 3, 9, 12, 1);
const PMOVSCLR = sysregKey(3, 3, 9, 12, 3);
const PMOVSSET = sysregKey(3, 3, 9, 14, 3);
const PMSWINC = sysregKey(3, 3, 9, 12, 4);
const PMCEID0 = sysregKey(3, 3, 9, 12, 6);
const PMINTENSET = sysregKey(3, 0, 9, 14, 1);
const PMEVCNTR0 = sysregKey(3, 3, 14, 8, 0);
const ID_AA64DFR0 = sysregKey(3, 0, 0, 5, 0);

interface Options { readonly vcpus?: number; readonly gic?: 'none' | 'created' | 'ready'; readonly pmu?: boolean; readonly model?: CpuModelName }

function setup({ vcpus = 1, gic = 'ready', pmu = true, model = 'cortex-a57' }: Options = {}): TestVm & { device: kvm.KvmDevice | undefined; vcpus: kvm.Vcpu[]; vcpu: kvm.Vcpu } {
  const made = createVm(silentLog, model);
  const device = gic === 'none' ? undefined : made.vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
  const created = Array.from({ length: vcpus }, (_, id) => made.vm.createVcpu(id));
  const features = (1 << kvm.KVM_ARM_VCPU_PSCI_0_2) | (pmu ? 1 << kvm.KVM_ARM_VCPU_PMU_V3 : 0);
  for (const vcpu of created) vcpu.init({ target: made.vm.preferredTarget().target, features: [features] });
  if (gic === 'ready') {
    device!.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(kvm.KVM_VGIC_V3_ADDR_TYPE_DIST), GICD);
    device!.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(kvm.KVM_VGIC_V3_ADDR_TYPE_REDIST), GICR);
    device!.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0n, 288n);
    device!.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_CTRL, BigInt(kvm.KVM_DEV_ARM_VGIC_CTRL_INIT), 0n);
  }
  return { ...made, device, vcpus: created, vcpu: created[0]! };
}

const set = (vcpu: kvm.Vcpu, attr: number, value?: bigint | { base_event: number; nevents: number; action: number }): string =>
  code(() => vcpu.setAttr(GROUP, attr, value));
const filter = (base_event: number, nevents: number, action: number) => ({ base_event, nevents, action });
const msr = (cpu: FakeCpu, key: number, value: bigint): void => writeRegister(cpu.guest, key, 0, value);
const mrs = (cpu: FakeCpu, key: number): bigint => readRegister(cpu.guest, key, 0);

/** Counter 0 counts software increments and is about to overflow; its interrupt is enabled. */
function aboutToOverflow(cpu: FakeCpu): void {
  msr(cpu, PMEVCNTR0, 0xffff_ffffn);
  msr(cpu, PMINTENSET, 1n);
  msr(cpu, PMCNTENSET, 1n);
  msr(cpu, PMCR, 1n);
}

describe('B5.PMU attributes of the monitors', () => {
  test('A1.28 without the feature there are none: ENODEV, no attribute, no registers, PMUVer 0', () => {
    const { vcpu, cpus, vm } = setup({ pmu: false });
    expect(ALL.map(attr => vcpu.hasAttr(GROUP, attr))).toEqual([false, false, false, false, false]);
    expect(ALL.map(attr => set(vcpu, attr, PPI))).toEqual(['ENODEV', 'ENODEV', 'ENODEV', 'ENODEV', 'ENODEV']);
    expect(code(() => vcpu.getAttr(GROUP, IRQ))).toBe('ENODEV');
    const [cpu] = cpus;
    expect(mrs(cpu!, ID_AA64DFR0) >> 8n & 15n).toBe(0n);
    expect(() => mrs(cpu!, PMCR)).toThrow();
    cpu!.script.push(kicked);
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_INTR);
    expect(vm.checkExtension(kvm.KVM_CAP_ARM_PMU_V3)).toBe(1);
  });

  test('A1.28 IRQ: a private interrupt that is the same for all, or a shared one each', () => {
    const { vcpus: [a, b], vcpu } = setup({ vcpus: 2 });
    expect(ALL.every(attr => vcpu.hasAttr(GROUP, attr))).toBe(true);
    expect(vcpu.hasAttr(GROUP, 5)).toBe(false);
    expect(set(vcpu, 5, 0n)).toBe('ENXIO');
    expect(code(() => vcpu.getAttr(GROUP, IRQ))).toBe('ENXIO');
    expect(set(vcpu, IRQ)).toBe('EFAULT');
    for (const wrong of [0n, 15n, 1020n, -1n]) expect(set(vcpu, IRQ, wrong)).toBe('EINVAL');
    expect(set(a!, IRQ, PPI)).toBe('no error');
    expect(set(a!, IRQ, PPI)).toBe('EBUSY');
    expect([set(b!, IRQ, 24n), set(b!, IRQ, PPI)]).toEqual(['EINVAL', 'no error']);
    expect(b!.getAttr(GROUP, IRQ)).toBe(PPI);
    const shared = setup({ vcpus: 2 });
    expect(shared.vcpus.map(v => set(v, IRQ, 40n))).toEqual(['no error', 'EINVAL']);
    expect(set(shared.vcpus[1]!, IRQ, 41n)).toBe('no error');
  });

  test('INIT: after the interrupt controller and the interrupt, once', () => {
    const early = setup({ gic: 'created' });
    expect([set(early.vcpu, IRQ, PPI), set(early.vcpu, INIT)]).toEqual(['no error', 'ENODEV']);
    const { vcpu } = setup();
    expect(set(vcpu, INIT)).toBe('ENXIO');
    expect([set(vcpu, IRQ, PPI), set(vcpu, INIT)]).toEqual(['no error', 'no error']);
    expect(ALL.map(attr => set(vcpu, attr, PPI))).toEqual(['EBUSY', 'EBUSY', 'EBUSY', 'EBUSY', 'EBUSY']);
  });

  test('B5.PMU INIT with an interrupt that the timers own since the first run, which failed as there were no monitors: EEXIST', () => {
    const { vcpu } = setup();
    expect([code(() => vcpu.run()), set(vcpu, IRQ, 27n), set(vcpu, INIT), set(vcpu, IRQ, 27n)]).toEqual(['EINVAL', 'no error', 'EEXIST', 'EBUSY']);
    expect(code(() => vcpu.run())).toBe('EINVAL');
    // Before that nobody owns it: then it is the timers that can't be.
    const early = setup();
    expect([set(early.vcpu, IRQ, 27n), set(early.vcpu, INIT), code(() => early.vcpu.run())]).toEqual(['no error', 'no error', 'EINVAL']);
  });

  test('without an in-kernel interrupt controller: INIT alone; IRQ is EINVAL', () => {
    const { vcpu } = setup({ gic: 'none' });
    expect([set(vcpu, IRQ, PPI), code(() => vcpu.getAttr(GROUP, IRQ)), set(vcpu, INIT)]).toEqual(['EINVAL', 'EINVAL', 'no error']);
  });

  test('A4.33 a vCPU whose monitors are not initialised, or have no such interrupt, does not run', () => {
    const { vcpu } = setup();
    expect(code(() => vcpu.run())).toBe('EINVAL');
    set(vcpu, IRQ, PPI);
    expect(code(() => vcpu.run())).toBe('EINVAL');
    const absent = setup();
    expect([set(absent.vcpu, IRQ, 300n), set(absent.vcpu, INIT), code(() => absent.vcpu.run())]).toEqual(['no error', 'EINVAL', 'EINVAL']);
    const taken = setup();
    expect([set(taken.vcpu, IRQ, 27n), set(taken.vcpu, INIT), code(() => taken.vcpu.run())]).toEqual(['no error', 'no error', 'EINVAL']);
  });

  test('FILTER: the first one says what is with the others; EINVAL beyond the space, EBUSY after a run', () => {
    const { vcpus: [vcpu, second], cpus } = setup({ vcpus: 2 });
    expect(set(vcpu!, FILTER)).toBe('EFAULT');
    expect(set(vcpu!, FILTER, 1n)).toBe('EFAULT');
    // An Armv8.0 core has 10 bits of events.
    for (const wrong of [filter(0x3ff, 2, 0), filter(0, 1, 2), filter(0x1_0000, 1, 0), filter(-1, 1, 0)]) expect(set(vcpu!, FILTER, wrong)).toBe('EINVAL');
    const before = mrs(cpus[0]!, PMCEID0);
    expect(set(vcpu!, FILTER, filter(0x11, 1, kvm.KVM_PMU_EVENT_ALLOW))).toBe('no error');
    expect(cpus.map(cpu => mrs(cpu, PMCEID0))).toEqual([1n << 0x11n, 1n << 0x11n]);
    expect(set(vcpu!, FILTER, filter(0, 0x20, kvm.KVM_PMU_EVENT_ALLOW))).toBe('no error');
    expect(mrs(cpus[0]!, PMCEID0)).toBe(before);
    expect(set(second!, FILTER, filter(8, 1, kvm.KVM_PMU_EVENT_DENY))).toBe('no error');
    expect(mrs(cpus[0]!, PMCEID0)).toBe(before & ~(1n << 8n));
    // Software's own event is held back by no filter.
    expect(set(second!, FILTER, filter(0, 1, kvm.KVM_PMU_EVENT_DENY))).toBe('no error');
    aboutToOverflow(cpus[0]!);
    msr(cpus[0]!, PMSWINC, 1n);
    expect(mrs(cpus[0]!, PMEVCNTR0)).toBe(0n);
    for (const attr of [IRQ, INIT]) set(vcpu!, attr, PPI);
    cpus[0]!.script.push(kicked);
    vcpu!.run();
    expect(set(second!, FILTER, filter(8, 1, 0))).toBe('EBUSY');
    const max = setup({ model: 'max' });
    expect([set(max.vcpu, FILTER, filter(0xffff, 1, 1)), set(max.vcpu, FILTER, filter(0xffff, 2, 1))]).toEqual(['no error', 'EINVAL']);
  });

  test('SET_PMU and SET_NR_COUNTERS', () => {
    const { vcpu, cpus: [cpu] } = setup();
    expect([set(vcpu, NR_COUNTERS, 3n), set(vcpu, SET_PMU), set(vcpu, SET_PMU, 99n)]).toEqual(['EINVAL', 'EFAULT', 'ENXIO']);
    expect(set(vcpu, SET_PMU, BigInt(kvm.PMU_ID))).toBe('no error');
    expect([set(vcpu, NR_COUNTERS, 7n), set(vcpu, NR_COUNTERS, -1n), set(vcpu, NR_COUNTERS, 3n)]).toEqual(['EINVAL', 'EINVAL', 'no error']);
    expect(mrs(cpu!, PMCR) >> 11n & 31n).toBe(3n);
    msr(cpu!, PMCNTENSET, 0xffff_ffffn);
    expect(mrs(cpu!, PMCNTENSET)).toBe(0x8000_0007n);
    expect(() => mrs(cpu!, sysregKey(3, 3, 14, 8, 3))).toThrow();
  });
});

describe('A4 the overflow interrupt', () => {
  const ready = (vcpu: kvm.Vcpu, irq = PPI): void => {
    set(vcpu, IRQ, irq);
    set(vcpu, INIT);
  };
  const prepare = (cpu: FakeCpu): ReturnType<typeof guest> => {
    aboutToOverflow(cpu);
    return guest('wfe');
  };
  const overflow = (cpu: FakeCpu): typeof kicked => {
    msr(cpu, PMSWINC, 1n);
    return kicked;
  };
  const clear = (cpu: FakeCpu): typeof kicked => {
    expect(mrs(cpu, PMOVSSET)).toBe(1n);
    msr(cpu, PMOVSCLR, 1n);
    return kicked;
  };

  test('A4.16 an overflow of this run is on the line of INTID 23 when it ends, until its flag is cleared', () => {
    const { vcpu, cpus: [cpu], device } = setup();
    ready(vcpu);
    const lines = (): bigint => device!.getAttr(kvm.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0n) >> 23n & 1n;
    cpu!.script.push(prepare, overflow, clear);
    vcpu.run();
    expect(lines()).toBe(1n);
    vcpu.run();
    expect(lines()).toBe(0n);
  });

  test('A4.16 a shared interrupt has the same line', () => {
    const { vcpu, cpus: [cpu], device } = setup();
    ready(vcpu, 40n);
    cpu!.script.push(prepare, overflow, clear);
    const lines = (): bigint => device!.getAttr(kvm.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32n) >> 8n & 1n;
    vcpu.run();
    expect(lines()).toBe(1n);
    vcpu.run();
    expect(lines()).toBe(0n);
  });

  test('A4.11 A4.28 B4.144 without an interrupt controller its user hears of the line by device_irq_level and an exit', () => {
    const { vcpu, cpus: [cpu], vm } = setup({ gic: 'none' });
    set(vcpu, INIT);
    expect(vm.checkExtension(kvm.KVM_CAP_ARM_USER_IRQ)).toBeGreaterThan(0);
    // The script would be over if the guest were entered a second time before its user has heard.
    cpu!.script.push(prepare, c => {
      msr(c, PMSWINC, 1n);
      return guest('wfe');
    });
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_INTR);
    expect(vcpu.kvm_run.s.regs.device_irq_level).toBe(kvm.KVM_ARM_DEV_PMU);
    cpu!.script.push(clear);
    vcpu.run();
    expect(vcpu.kvm_run.s.regs.device_irq_level).toBe(0);
  });

  test('A4.9 a reset clears the flags and the line', () => {
    const { vcpu, cpus: [cpu], device, vm } = setup();
    ready(vcpu);
    cpu!.script.push(prepare, overflow);
    vcpu.run();
    vcpu.init({ target: vm.preferredTarget().target, features: [(1 << kvm.KVM_ARM_VCPU_PSCI_0_2) | (1 << kvm.KVM_ARM_VCPU_PMU_V3)] });
    expect(device!.getAttr(kvm.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0n)).toBe(0n);
    expect([mrs(cpu!, PMOVSSET), mrs(cpu!, PMCNTENSET)]).toEqual([0n, 0n]);
  });
});
