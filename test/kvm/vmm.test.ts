/** What an emulator does around the API, as far as the API has to carry it: probing the host, starting vCPUs, moving registers. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { MockClock } from '../../src/base/clock.ts';
import { cpuModels, type CpuModelName } from '../../src/guest/aarch64/index.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, FakeCpu } from './fake-cpu.ts';

const sysreg = (encoding: number): bigint => 0x6030_0000_0013_0000n | BigInt(encoding);
const CORE = kvm.KVM_REG_ARM_CORE;
const MPIDR = sysreg(0xc005);

/** PFR0 and the registers that are read after it, by encoding. */
const PROBED = [
  0xc020, 0xc021, 0xc028, 0xc029, 0xc030, 0xc031, 0xc038, 0xc039, 0xc03a, 0xc00a, 0xc00c, 0xc00d, 0xc00e, 0xc00f, 0xc010, 0xc011, 0xc012,
  0xc013, 0xc014, 0xc015, 0xc016, 0xc017, 0xc018, 0xc019, 0xc01a,
];

/** A scratch VM with one vCPU, on the first target that works. */
function probe(dev: kvm.Kvm): { readonly target: number; readonly registers: ReadonlyMap<number, bigint> } {
  const vm = dev.createVm({ arenaBytes: 1 << 20 });
  const vcpu = vm.createVcpu(0);
  const { target } = vm.preferredTarget();
  vcpu.init({ target, features: [0] });
  return { target, registers: new Map(PROBED.map(encoding => [encoding, vcpu.getOneReg(sysreg(encoding))])) };
}

describe('probing', () => {
  test('A1.30 a scratch VM changes nothing of another', () => {
    const { kvm: dev, vm } = createVm();
    const vcpu = vm.createVcpu(0);
    vcpu.init({ target: 5, features: [4] });
    vcpu.setOneReg(CORE.X(7), 7n);
    const before = vcpu.getRegList().map(id => vcpu.getOneReg(id));
    probe(dev);
    expect(vcpu.getRegList().map(id => vcpu.getOneReg(id))).toEqual(before);
  });

  test('A1.32 A1.33 every ID register that is probed can be read; 32-bit ones have nothing above', () => {
    for (const model of ['cortex-a57', 'cortex-a72', 'neoverse-n1', 'max'] as const) {
      const { target, registers } = probe(createVm(silentLog, model).kvm);
      expect(target).toBe(5);
      expect(registers.get(0xc020)! & 0xffn).toBe(model === 'neoverse-n1' ? 0x12n : 0x22n);
      for (const encoding of PROBED.filter(e => e < 0xc020)) expect(registers.get(encoding)! >> 32n).toBe(0n);
    }
  });

  test('A1.34 A1.35 what DBGDIDR is made of: that EL1 has AArch32, and numbers of breakpoints and watchpoints', () => {
    const { registers } = probe(createVm().kvm);
    expect(registers.get(0xc020)! >> 4n & 15n).toBe(2n);
    expect(registers.get(0xc028)).toBe(0x1030_5006n);
  });

  test('A1.1 A1.3 how many breakpoints and watchpoints a debugger may have', () => {
    for (const model of ['cortex-a57', 'max'] as const) {
      const { vm } = createVm(silentLog, model);
      const { breakpoints, watchpoints } = cpuModels[model];
      expect(vm.checkExtension(kvm.KVM_CAP_GUEST_DEBUG_HW_BPS)).toBe(breakpoints);
      expect(vm.checkExtension(kvm.KVM_CAP_GUEST_DEBUG_HW_WPS)).toBeLessThanOrEqual(watchpoints);
    }
  });

  test('A1.37 A1.38 features of the host by capabilities', () => {
    const { vm } = createVm();
    const on = [kvm.KVM_CAP_ARM_PSCI_0_2, kvm.KVM_CAP_ARM_PMU_V3, kvm.KVM_CAP_ONE_REG, kvm.KVM_CAP_VCPU_EVENTS, kvm.KVM_CAP_VCPU_ATTRIBUTES];
    expect(on.map(cap => vm.checkExtension(cap))).toEqual(on.map(() => 1));
    expect([kvm.KVM_CAP_ARM_EL1_32BIT, kvm.KVM_CAP_ARM_SVE].map(cap => vm.checkExtension(cap))).toEqual([0, 0]);
  });

  test('A1.40 A1.41 A1.42 vector lengths: where a vCPU with SVE can\'t be had, there is no register of them', () => {
    const { vm } = createVm();
    const vcpu = vm.createVcpu(0);
    expect(code(() => vcpu.init({ target: 5, features: [1 << kvm.KVM_ARM_VCPU_SVE] }))).toBe('EINVAL');
    vcpu.init({ target: 5, features: [0] });
    expect(code(() => vcpu.getOneReg(0x6060_0000_0015_ffffn))).toBe('ENOENT');
    expect(code(() => vcpu.setOneReg(0x6060_0000_0015_ffffn, 1n))).toBe('ENOENT');
  });
});

describe('starting a vCPU', () => {
  test('A1.43 A1.46 init, MPIDR, caps, then the list, in this order', () => {
    const { vm } = createVm(silentLog, 'max');
    const affinities = [0, 1, 16, 300].map(id => {
      const vcpu = vm.createVcpu(id);
      expect(code(() => vcpu.getOneReg(MPIDR))).toBe('ENOEXEC');
      vcpu.init({ target: vm.preferredTarget().target, features: [1 << kvm.KVM_ARM_VCPU_PSCI_0_2 | 1 << kvm.KVM_ARM_VCPU_PMU_V3] });
      return vcpu.getOneReg(MPIDR) & 0xff_00ff_ffffn;
    });
    expect(affinities).toEqual([0n, 1n, 0x100n, 0x120cn]);
    expect(vm.checkExtension(kvm.KVM_CAP_ARM_INJECT_SERROR_ESR)).toBe(1);
  });

  test('A1.47 sizes in the list: U32 and U64, and core registers of 128 bits', () => {
    const { vm } = createVm();
    const vcpu = vm.createVcpu(0);
    vcpu.init({ target: 5, features: [4] });
    const group = (id: bigint): bigint => id & 0x0fff_0000n;
    const synced = vcpu.getRegList().filter(id => group(id) !== 0x0010_0000n && group(id) !== 0x0015_0000n);
    expect(new Set(synced.map(id => id >> 52n & 15n))).toEqual(new Set([2n, 3n]));
    expect(new Set(synced.map(group))).toEqual(new Set([0x0011_0000n, 0x0013_0000n, 0x0014_0000n, 0x0016_0000n]));
    expect(synced).toContain(0x6030_0000_0013_df1an);
  });

  test('A1.28 A1.29 performance monitors: asked for with HAS, then set; without the feature neither', () => {
    const { KVM_ARM_VCPU_PMU_V3_CTRL: group, KVM_ARM_VCPU_PMU_V3_IRQ: irq, KVM_ARM_VCPU_PMU_V3_INIT: init } = kvm;
    const { vm } = createVm();
    vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    const vcpu = vm.createVcpu(0);
    vcpu.init({ target: 5, features: [4] });
    expect([vcpu.hasAttr(group, irq), vcpu.hasAttr(group, init)]).toEqual([false, false]);
    expect(code(() => vcpu.setAttr(group, irq, 23n))).toBe('ENODEV');
    const other = createVm().vm;
    const gic = other.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    const with_ = other.createVcpu(0);
    with_.init({ target: 5, features: [12] });
    gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_CTRL, 0n);
    expect([with_.hasAttr(group, irq), with_.hasAttr(group, init)]).toEqual([true, true]);
    with_.setAttr(group, irq, 23n);
    with_.setAttr(group, init);
  });
});

describe('moving registers', () => {
  interface State { readonly registers: readonly (readonly [bigint, bigint])[]; readonly events: kvm.VcpuEvents; readonly mp: number }

  const SPSRs = [0, 1, 2, 3, 4].map(CORE.SPSR);
  const core = [...Array.from({ length: 31 }, (_, n) => CORE.X(n)), CORE.SP_EL0, CORE.SP_EL1, CORE.PSTATE, CORE.PC, CORE.ELR_EL1, ...SPSRs,
    ...Array.from({ length: 32 }, (_, n) => CORE.V(n)), CORE.FPSR, CORE.FPCR];
  const isCore = (id: bigint): boolean => (id & 0x0fff_0000n) === 0x0010_0000n;

  const get = (vcpu: kvm.Vcpu): State => {
    const listed = vcpu.getRegList().filter(id => !isCore(id)).sort((a, b) => (a < b ? -1 : 1));
    return { registers: [...core, ...listed].map(id => [id, vcpu.getOneReg(id)] as const), events: vcpu.getVcpuEvents(), mp: vcpu.getMpState() };
  };
  const put = (vcpu: kvm.Vcpu, { registers, events, mp }: State): void => {
    for (const [id, value] of registers) vcpu.setOneReg(id, value);
    vcpu.setVcpuEvents(events);
    vcpu.setMpState(mp);
  };
  const started = (model: CpuModelName): kvm.Vcpu => {
    const vcpu = createVm(silentLog, model).vm.createVcpu(0);
    vcpu.init({ target: 5, features: [model === 'max' ? 0x6c : 0xc] });
    return vcpu;
  };

  test('A1.55 A1.58 A1.60 A1.63 out in one order and in in another: nothing is lost, events and mp state last', () => {
    for (const model of ['cortex-a57', 'max'] as const) {
      const from = started(model);
      core.filter(id => id !== CORE.PSTATE).forEach((id, n) => from.setOneReg(id, BigInt(n)));
      from.setOneReg(CORE.PSTATE, 0x8000_0004n);
      from.setOneReg(sysreg(0xc080), 0x30d0_198dn);
      from.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 1n << 40n);
      from.setVcpuEvents({ exception: { serror_pending: true } });
      from.setMpState(kvm.KVM_MP_STATE_STOPPED);
      const saved = get(from);
      const to = started(model);
      put(to, saved);
      expect(get(to)).toEqual(saved);
      put(to, saved);
      expect(get(to)).toEqual(saved);
    }
  });

  test('A1.50 the counter is put only where time stands still: leaving it out keeps time', () => {
    const vcpu = started('cortex-a57');
    const saved = get(vcpu);
    vcpu.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 5000n);
    for (const [id, value] of saved.registers) if (id !== kvm.KVM_REG_ARM_TIMER_CNT) vcpu.setOneReg(id, value);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_TIMER_CNT)).toBe(5000n);
  });

  test('A1.56 A1.62 a register that is refused stays, and says why', () => {
    const vcpu = started('cortex-a57');
    const before = get(vcpu);
    for (const [id, value] of [[CORE.PSTATE, 0x13n], [kvm.KVM_REG_ARM_PSCI_VERSION, 1n], [sysreg(0xc020), 0x33n]] as const) {
      expect(code(() => vcpu.setOneReg(id, value))).toBe('EINVAL');
    }
    expect(code(() => vcpu.setOneReg(sysreg(0xffff), 0n))).toBe('ENOENT');
    expect(get(vcpu)).toEqual(before);
  });

  test('A1.59 128 bits are the low half, then the high one', () => {
    const clock = new MockClock();
    let cpu: FakeCpu | undefined;
    const dev = new kvm.Kvm(kvm.createArm64({
      clock, log: silentLog, random: () => 1n, model: cpuModels.max, createCpu: spec => (cpu = new FakeCpu(spec, 'max')),
    }));
    const vcpu = dev.createVm({ arenaBytes: 1 << 20 }).createVcpu(0);
    vcpu.init({ target: 5, features: [4] });
    vcpu.setOneReg(CORE.V(3), 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100n);
    expect([...new Uint8Array(cpu!.guest.state.v.buffer, cpu!.guest.state.v.byteOffset + 48, 16)]).toEqual(Array.from({ length: 16 }, (_, n) => n));
  });
});
