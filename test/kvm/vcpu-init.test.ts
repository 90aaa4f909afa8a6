/** KVM_ARM_VCPU_INIT and what belongs to it: features, FINALIZE, mp states, events. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import type { CpuModelName } from '../../src/guest/aarch64/index.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, kicked, read, startVcpus, type TestVm } from './fake-cpu.ts';

const bit = (feature: number): number => 1 << feature;
const PSCI = bit(kvm.KVM_ARM_VCPU_PSCI_0_2);
const PMU = bit(kvm.KVM_ARM_VCPU_PMU_V3);
const ADDRESS = bit(kvm.KVM_ARM_VCPU_PTRAUTH_ADDRESS);
const GENERIC = bit(kvm.KVM_ARM_VCPU_PTRAUTH_GENERIC);
const of = (model: CpuModelName): TestVm => createVm(silentLog, model);
const DFR0 = kvm.ARM64_SYS_REG(3, 0, 0, 5, 0);
const ISAR1 = kvm.ARM64_SYS_REG(3, 0, 0, 6, 1);
const PMCR = kvm.ARM64_SYS_REG(3, 3, 9, 12, 0);
const APIAKeyLo = kvm.ARM64_SYS_REG(3, 0, 2, 1, 0);

describe('B1.ARM_VCPU_INIT', () => {
  const init = (made: TestVm, ...features: [number, ...number[]]): string => code(() => made.vm.createVcpu(0).init({ target: 5, features }));

  test('A1.31 B1.ARM_PREFERRED_TARGET targets: the generic one, and the name of the core that is there', () => {
    const targets = [0, 1, 2, 3, 4, 5, 6, -1];
    const accepted = (model: CpuModelName): number[] =>
      targets.filter(target => code(() => of(model).vm.createVcpu(0).init({ target, features: [PSCI] })) === 'no error');
    expect(accepted('cortex-a57')).toEqual([2, 5]);
    expect(accepted('cortex-a53')).toEqual([4, 5]);
    expect(accepted('max')).toEqual([5]);
    expect(of('max').vm.preferredTarget()).toEqual({ target: 5, features: [0] });
  });

  test('A1.45 features: unknown bits are ENOENT, those of a host that lacks them EINVAL', () => {
    expect(init(of('max'), 1 << 9)).toBe('ENOENT');
    expect(init(of('max'), 2 ** 31)).toBe('ENOENT');
    expect(init(of('max'), -1)).toBe('ENOENT');
    expect(init(of('max'), PSCI, 1)).toBe('ENOENT');
    expect(init(of('max'), PSCI, 0, 0, 0, 0, 0, 0)).toBe('no error');
    expect(init(of('max'), bit(kvm.KVM_ARM_VCPU_SVE))).toBe('no error');
    expect(init(of('cortex-a57'), bit(kvm.KVM_ARM_VCPU_SVE))).toBe('EINVAL');
    for (const absent of [kvm.KVM_ARM_VCPU_EL1_32BIT, kvm.KVM_ARM_VCPU_HAS_EL2, kvm.KVM_ARM_VCPU_HAS_EL2_E2H0]) {
      expect(init(of('max'), bit(absent))).toBe('EINVAL');
    }
    expect(init(of('cortex-a57'), PMU)).toBe('no error');
    expect(init(of('cortex-a57'), ADDRESS | GENERIC)).toBe('EINVAL');
    expect(init(of('max'), ADDRESS | GENERIC)).toBe('no error');
    expect(init(of('max'), ADDRESS)).toBe('EINVAL');
    expect(init(of('max'), GENERIC)).toBe('EINVAL');
  });

  test('again: the same target and features, except POWER_OFF; a refused call changes nothing', () => {
    const { vm, cpus } = of('cortex-a57');
    const vcpu = vm.createVcpu(0);
    vcpu.init({ target: 5, features: [PSCI | PMU] });
    cpus[0]!.guest.state.x[1] = 7n;
    expect(code(() => vcpu.init({ target: 5, features: [PSCI] }))).toBe('EINVAL');
    expect(code(() => vcpu.init({ target: 2, features: [PSCI | PMU] }))).toBe('EINVAL');
    expect(cpus[0]!.guest.state.x[1]).toBe(7n);
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_RUNNABLE);
    vcpu.init({ target: 5, features: [PSCI | PMU | bit(kvm.KVM_ARM_VCPU_POWER_OFF)] });
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_STOPPED);
    expect([kvm.KVM_REG_ARM_CORE.X(1), kvm.KVM_REG_ARM_CORE.PC, kvm.KVM_REG_ARM_CORE.PSTATE].map(id => vcpu.getOneReg(id))).toEqual([0n, 0n, 0x3c5n]);
  });

  test('all vCPUs of a VM have the same features', () => {
    const { vm } = of('cortex-a57');
    const [first, second] = [vm.createVcpu(0), vm.createVcpu(1)];
    first.init({ target: 5, features: [PSCI] });
    expect(code(() => second.init({ target: 5, features: [PSCI | PMU] }))).toBe('EINVAL');
    expect(code(() => second.run())).toBe('ENOEXEC');
    second.init({ target: 5, features: [PSCI | bit(kvm.KVM_ARM_VCPU_POWER_OFF)] });
  });

  test('what is not asked for is not there: performance monitors, pointer authentication', () => {
    const look = (features: number): unknown[] => {
      const { vm, cpus } = of('max');
      const vcpu = vm.createVcpu(0);
      vcpu.init({ target: 5, features: [features] });
      return [
        vcpu.getOneReg(DFR0) >> 8n & 15n, (vcpu.getOneReg(ISAR1) & 0xff0n) !== 0n, code(() => vcpu.getOneReg(PMCR)), code(() => vcpu.getOneReg(APIAKeyLo)),
        vcpu.getRegList().includes(PMCR), cpus[0]!.guest.model.features.has('PAuth'),
      ];
    };
    expect(look(PSCI)).toEqual([0n, false, 'ENOENT', 'ENOENT', false, false]);
    expect(look(PSCI | PMU)).toEqual([6n, false, 'no error', 'ENOENT', true, false]);
    expect(look(PSCI | PMU | ADDRESS | GENERIC)).toEqual([6n, true, 'no error', 'no error', true, true]);
  });

  test('A1.38 B4.AArch32 B4.SVE capabilities follow the CPU model; AArch32 is 0', () => {
    const caps = (model: CpuModelName): number[] => [
      kvm.KVM_CAP_ARM_EL1_32BIT, kvm.KVM_CAP_ARM_SVE, kvm.KVM_CAP_ARM_PMU_V3, kvm.KVM_CAP_ARM_PTRAUTH_ADDRESS,
      kvm.KVM_CAP_ARM_PTRAUTH_GENERIC, kvm.KVM_CAP_ARM_INJECT_SERROR_ESR,
    ].map(cap => of(model).vm.checkExtension(cap));
    expect(caps('cortex-a57')).toEqual([0, 0, 1, 0, 0, 0]);
    expect(caps('max')).toEqual([0, 1, 1, 1, 1, 1]);
  });
});

describe('B1.ARM_VCPU_FINALIZE', () => {
  test('A1.46 where there is nothing to finalise, SVE is EPERM, others EINVAL, before init ENOEXEC', () => {
    const { vm } = of('max');
    const vcpu = vm.createVcpu(0);
    expect(code(() => vcpu.finalize(kvm.KVM_ARM_VCPU_SVE))).toBe('ENOEXEC');
    vcpu.init({ target: 5, features: [PSCI] });
    expect(code(() => vcpu.finalize(kvm.KVM_ARM_VCPU_SVE))).toBe('EPERM');
    for (const feature of [0, 3, 5, 9, -1]) expect(code(() => vcpu.finalize(feature))).toBe('EINVAL');
  });
});

describe('B1.MP_STATE', () => {
  test('A1.58 runnable, stopped, suspended; others EINVAL', () => {
    const { vm, cpus } = of('cortex-a57');
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_RUNNABLE);
    for (const state of [1, 2, 3, 4, 6, 9, 11, -1]) expect(code(() => vcpu.setMpState(state))).toBe('EINVAL');
    vcpu.setMpState(kvm.KVM_MP_STATE_STOPPED);
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_STOPPED);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'idle', idle: { deadline: undefined } });
    vcpu.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    cpus[0]!.script.push(() => { vcpu.kick(); return kicked; });
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR });
    expect(cpus[0]!.events).toEqual(['run']);
  });

  test('A4.35 suspended: waits, and an interrupt is told as a wake-up until its user lets it run', () => {
    const { vm, cpus } = of('cortex-a57');
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    vcpu.setMpState(kvm.KVM_MP_STATE_SUSPENDED);
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_SUSPENDED);
    expect(vcpu.run()).toMatchObject({ exit_reason: kvm.KVM_EXIT_INTR, cause: 'idle' });
    vm.irqLine({ irq: 0, level: true });
    const wakeUp = { exit_reason: kvm.KVM_EXIT_SYSTEM_EVENT, type: kvm.KVM_SYSTEM_EVENT_WAKEUP };
    expect(vcpu.run()).toMatchObject(wakeUp);
    expect(vcpu.getMpState()).toBe(kvm.KVM_MP_STATE_SUSPENDED);
    expect(vcpu.run()).toMatchObject(wakeUp);
    expect(cpus[0]!.events).toEqual([]);
    vcpu.setMpState(kvm.KVM_MP_STATE_RUNNABLE);
    cpus[0]!.script.push(() => { vcpu.kick(); return kicked; });
    vcpu.run();
    expect(cpus[0]!.events).toEqual(['run']);
  });
});

describe('B1.VCPU_EVENTS', () => {
  const get = (vcpu: kvm.Vcpu): kvm.VcpuEvents['exception'] => vcpu.getVcpuEvents().exception;
  const set = (vcpu: kvm.Vcpu, exception: kvm.VcpuEvents['exception']): string => code(() => vcpu.setVcpuEvents({ exception }));

  test('a pending SError with its syndrome, where the CPU has RAS', () => {
    const { vm, cpus } = of('max');
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(get(vcpu)).toEqual({ serror_pending: false, serror_has_esr: true, ext_dabt_pending: false, serror_esr: 0n });
    expect(set(vcpu, { serror_pending: true, serror_has_esr: true, serror_esr: 1n << 25n })).toBe('EINVAL');
    expect(get(vcpu).serror_pending).toBe(false);
    expect(set(vcpu, { serror_pending: true, serror_has_esr: true, serror_esr: 0x1ff_ffffn })).toBe('no error');
    expect(get(vcpu)).toEqual({ serror_pending: true, serror_has_esr: true, ext_dabt_pending: false, serror_esr: 0x1ff_ffffn });
    // Taken as soon as PSTATE.A allows.
    cpus[0]!.guest.pstate = 5;
    expect(cpus[0]!.guest.takeInterrupt()).toBe(true);
    expect(cpus[0]!.guest.state.ESR_EL1).toBe(0xbfff_ffffn);
    expect(get(vcpu).serror_pending).toBe(false);
  });

  test('without RAS there is no syndrome; the other fields of a call that asks for nothing do nothing', () => {
    const { vm, cpus } = of('cortex-a57');
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(set(vcpu, { serror_pending: true, serror_has_esr: true, serror_esr: 0n })).toBe('EINVAL');
    expect(set(vcpu, { serror_pending: true })).toBe('no error');
    expect(get(vcpu)).toEqual({ serror_pending: true, serror_has_esr: false, ext_dabt_pending: false, serror_esr: 0n });
    expect(set(vcpu, { serror_pending: false, serror_esr: 1n << 60n })).toBe('no error');
    expect(get(vcpu).serror_pending).toBe(true);
    expect(cpus[0]!.guest.state.serrorSyndrome).toBe(1 << 24);
  });

  test('what getVcpuEvents gave can be set', () => {
    for (const model of ['cortex-a57', 'max'] as const) {
      const [vcpu] = startVcpus(of(model).vm) as [kvm.Vcpu];
      vcpu.setVcpuEvents({ exception: { serror_pending: true } });
      const events = vcpu.getVcpuEvents();
      vcpu.setVcpuEvents(events);
      expect(vcpu.getVcpuEvents()).toEqual(events);
    }
  });

  test('external aborts: only where an access is open, never pending in what is got; before init ENOEXEC', () => {
    const { vm } = of('cortex-a57');
    const fresh = vm.createVcpu(0);
    expect(code(() => fresh.getVcpuEvents())).toBe('ENOEXEC');
    expect(set(fresh, {})).toBe('ENOEXEC');
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    expect(set(vcpu, { ext_dabt_pending: true, serror_pending: true })).toBe('EINVAL');
    expect(get(vcpu)).toMatchObject({ serror_pending: false, ext_dabt_pending: false });
  });
});

describe('B2.ARM_NISV', () => {
  /** At 0x1000 stands LDP X0, X1, [X2], which has no syndrome; the guest accesses what isn't there with it. */
  function atLdp(): TestVm & { readonly vcpu: kvm.Vcpu } {
    const made = of('cortex-a57');
    const { vm } = made;
    const at = vm.arena.alloc(4096, 4096);
    vm.arena.u32[at >>> 2] = 0xa940_0440;
    vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: 0x1000, memory_size: 4096, userspace_addr: at });
    vm.enableCap({ cap: kvm.KVM_CAP_ARM_NISV_TO_USER });
    const [vcpu] = startVcpus(vm) as [kvm.Vcpu];
    vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PC, 0x1000n);
    made.cpus[0]!.script.push(read(0x9000, 8));
    expect(vcpu.run()).toEqual({ exit_reason: kvm.KVM_EXIT_ARM_NISV, esr_iss: 7n, fault_ipa: 0x9000n });
    return { ...made, vcpu };
  }
  const again = ({ vcpu, cpus: [cpu] }: TestVm & { readonly vcpu: kvm.Vcpu }): readonly string[] => {
    cpu!.events.length = 0;
    const { resets } = cpu!;
    cpu!.script.push(() => { vcpu.kick(); return kicked; });
    vcpu.run();
    return [...cpu!.events, `${cpu!.resets - resets} resets`];
  };

  test('A4.25 the user emulates the instruction, and the next run goes on where PC is then', () => {
    const made = atLdp();
    made.vcpu.setOneReg(kvm.KVM_REG_ARM_CORE.PC, 0x1004n);
    expect(again(made)).toEqual(['run', '1 resets']);
    expect(again(made)).toEqual(['run', '0 resets']);
  });

  test('A4.25 the user answers with an external abort', () => {
    const made = atLdp();
    made.vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } });
    expect(again(made)).toEqual(['abort', 'finish', 'run', '0 resets']);
    expect(code(() => made.vcpu.setVcpuEvents({ exception: { ext_dabt_pending: true } }))).toBe('EINVAL');
  });
});

describe('B1.DEVICE_ATTR', () => {
  test('of a vCPU: groups that there are, ENXIO for others', () => {
    const [vcpu] = startVcpus(of('cortex-a57').vm) as [kvm.Vcpu];
    expect(vcpu.hasAttr(kvm.KVM_ARM_VCPU_TIMER_CTRL, kvm.KVM_ARM_VCPU_TIMER_IRQ_VTIMER)).toBe(true);
    expect(vcpu.getAttr(kvm.KVM_ARM_VCPU_TIMER_CTRL, kvm.KVM_ARM_VCPU_TIMER_IRQ_VTIMER)).toBe(27n);
    expect(vcpu.hasAttr(kvm.KVM_ARM_VCPU_TIMER_CTRL, 99)).toBe(false);
    expect(vcpu.hasAttr(3, 0)).toBe(false);
    expect(code(() => vcpu.setAttr(3, 0, 0n))).toBe('ENXIO');
    expect(code(() => vcpu.getAttr(3, 0))).toBe('ENXIO');
    expect(code(() => vcpu.getAttr(kvm.KVM_ARM_VCPU_TIMER_CTRL, 99))).toBe('ENXIO');
  });
});

describe('B1.ARM_VCPU_INIT for other threads', () => {
  test('who attaches has the same vCPUs: features, registers, identification, and that one ran', () => {
    const { kvm: dev, cpus } = of('max');
    const vm = dev.createVm({ arenaBytes: 1 << 20, threads: true });
    const vcpus = [0, 1].map(id => vm.createVcpu(id));
    for (const vcpu of vcpus) vcpu.init({ target: 5, features: [PSCI] });
    const ISAR0 = kvm.ARM64_SYS_REG(3, 0, 0, 6, 0);
    const lower = vcpus[0]!.getOneReg(ISAR0) & ~(15n << 20n);
    vcpus[1]!.setOneReg(ISAR0, lower);
    vcpus[1]!.setOneReg(kvm.KVM_REG_ARM_CORE.V(9), 1n << 100n);
    vcpus[1]!.setOneReg(kvm.ARM64_SYS_REG(3, 0, 0, 0, 5), 0x8000_0207n);
    const there = dev.attachVm(vm.share(), [0, 1]);
    for (const [n, vcpu] of there.vcpus.entries()) {
      const ids = vcpu.getRegList();
      expect(ids).toEqual(vcpus[n]!.getRegList());
      expect(ids.map(id => vcpu.getOneReg(id))).toEqual(ids.map(id => vcpus[n]!.getOneReg(id)));
      expect([vcpu.getOneReg(ISAR0), code(() => vcpu.getOneReg(PMCR)), code(() => vcpu.getOneReg(APIAKeyLo))]).toEqual([lower, 'ENOENT', 'ENOENT']);
    }
    there.vcpus[0]!.setOneReg(kvm.KVM_REG_ARM_CORE.X(3), 33n);
    expect(vcpus[0]!.getOneReg(kvm.KVM_REG_ARM_CORE.X(3))).toBe(33n);
    cpus.at(-2)!.script.push(() => { there.vcpus[0]!.kick(); return kicked; });
    there.vcpus[0]!.run();
    expect(code(() => vcpus[0]!.setOneReg(ISAR0, lower & ~0xf0n))).toBe('EBUSY');
  });
});
