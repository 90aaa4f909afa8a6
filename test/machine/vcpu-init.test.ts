/** vCPUs as machines bring them up: reference A1.28, A1.29, A1.43 to A1.48. */
import { describe, expect, it } from 'vitest';
import { KVM_REG_ARM64_SVE_VLS, KVM_REG_ARM_PTIMER_CNT, KVM_REG_ARM_TIMER_CNT, KvmError, type ErrnoName, type Vcpu, type VcpuInit, type Vm } from '../../src/kvm/index.ts';
import { FrozenTime } from '../../src/machine/frozen-time.ts';
import { initPmu, initVcpu, PmuError, resetVcpu, vcpuFeatures, type PmuVcpu } from '../../src/machine/vcpu-init.ts';
import { code } from '../kvm/error-code.ts';
import { realVm } from '../kvm/real.ts';

const vm = (caps: Record<number, number>, target = 5): Vm =>
  ({ checkExtension: (cap: number) => caps[cap] ?? 0, preferredTarget: () => ({ target, features: [0] }) }) as unknown as Vm;

/** A PMU that fails at one call. */
function pmu(failing?: 'has' | 'set', errno: ErrnoName = 'EBUSY'): { vcpu: PmuVcpu; calls: string[] } {
  const calls: string[] = [];
  const vcpu: PmuVcpu = {
    hasAttr: (group, attr) => { calls.push(`has ${group} ${attr}`); return failing !== 'has'; },
    setAttr: (group, attr, value) => {
      calls.push(`set ${group} ${attr} ${typeof value === 'bigint' ? value : '-'}`);
      if (failing === 'set') throw new KvmError(errno, 'no');
    },
  };
  return { vcpu, calls };
}

describe('the PMU', () => {
  it('A1.28 is asked for, then set: the interrupt, then INIT; nothing without one', () => {
    const { vcpu, calls } = pmu();
    initPmu(vcpu, false, 23);
    expect(calls).toEqual([]);
    initPmu(vcpu, true, 23);
    expect(calls).toEqual(['has 0 0', 'set 0 0 23', 'has 0 1', 'set 0 1 -']);
  });

  it('A1.29 [D] where it isn\'t there, or isn\'t set, the error says which call and why; what isn\'t there isn\'t set', () => {
    const absent = pmu('has');
    expect(() => initPmu(absent.vcpu, true, 23)).toThrow(expect.objectContaining({ name: 'PmuError', code: 'ENXIO', call: 'KVM_HAS_DEVICE_ATTR' }));
    expect(absent.calls).toEqual(['has 0 0']);
    const failing = pmu('set');
    expect(() => initPmu(failing.vcpu, true, 23)).toThrow(PmuError);
    expect(() => initPmu(failing.vcpu, true, 23)).toThrow(expect.objectContaining({ code: 'EBUSY', call: 'KVM_SET_DEVICE_ATTR' }));
  });
});

describe('KVM_ARM_VCPU_INIT', () => {
  it('A1.43 without a target nothing is asked of the vCPU', () => {
    expect(code(() => resetVcpu(vm({}, -1), { init: () => { throw new Error('asked'); } }, false))).toBe('EINVAL');
  });

  it('A1.45 features by capabilities: PSCI 0.2, the PMU, pointer authentication; off where it waits', () => {
    expect([vcpuFeatures(vm({}), 0, false), vcpuFeatures(vm({}), 0, true), vcpuFeatures(vm({ 102: 1 }), 0, false), vcpuFeatures(vm({ 102: 1, 126: 1, 171: 1, 172: 1 }), 0, true)])
      .toEqual([0, 1, 4, 0x6d]);
    expect(vcpuFeatures(vm({ 102: 1, 170: 1 }), 0, false)).toBe(0x14);
  });

  it('A1.46 in order: init, MPIDR, capabilities, the list; the first failure ends it', () => {
    const calls: string[] = [];
    const vcpu = {
      init: ({ target, features: [features] }: VcpuInit) => { calls.push(`init ${target} ${features}`); },
      getOneReg: (id: bigint) => { calls.push((id & 0xffffn).toString(16)); return 0x8a_8000_0302n; },
      getRegList: (list: { n: number }) => { calls.push('list'); list.n = 0; },
    } as unknown as Vcpu;
    const setup = initVcpu({ ...vm({ 102: 1 }), checkExtension: (cap: number) => { calls.push(`cap ${cap}`); return cap === 102 || cap === 158 ? 1 : 0; } } as unknown as Vm, vcpu, true);
    expect(setup).toMatchObject({ affinity: 0x8a_0000_0302n, serrorSyndrome: true });
    expect(calls.filter(call => !call.startsWith('cap') || call === 'cap 158')).toEqual(['init 5 5', 'c005', 'cap 158', 'list', 'list']);
    const failing = { ...vcpu, init: () => { throw new KvmError('EPERM', 'no'); } } as unknown as Vcpu;
    calls.length = 0;
    expect([code(() => initVcpu(vm({}), failing, false)), calls]).toEqual(['EPERM', []]);
  });

  it('A1.46 A1.41 with SVE its lengths are written and it is finalised before anything is read', () => {
    const calls: string[] = [];
    const vcpu = {
      init: ({ features: [features] }: VcpuInit) => { calls.push(`init ${features}`); },
      getOneReg: (id: bigint) => { calls.push(`get ${(id & 0xffffn).toString(16)}`); return id === KVM_REG_ARM64_SVE_VLS ? 0x1_000bn : 0n; },
      setOneReg: (id: bigint, value: bigint) => { calls.push(`set ${(id & 0xffffn).toString(16)} ${value.toString(16)}`); },
      finalize: (feature: number) => { calls.push(`finalize ${feature}`); },
      getRegList: (list: { n: number }) => { list.n = 0; },
    } as unknown as Vcpu;
    initVcpu(vm({ 170: 1 }), vcpu, false);
    expect(calls).toEqual(['init 16', 'get ffff', 'set ffff b', 'finalize 4', 'get c005']);
  });

  it('A1.46 A1.47 on the real API', () => {
    const { vm: real, vcpu } = realVm([], { features: 12 });
    const setup = initVcpu(real, vcpu, false);
    expect([setup.affinity, setup.serrorSyndrome]).toEqual([0n, false]);
    expect(setup.registers.get().listed.size).toBeGreaterThan(100);
  });
});

it('A1.44 the guest\'s counters stand still while its CPUs do', () => {
  const { vcpu, clock } = realVm([]);
  const counters = (): bigint[] => [vcpu.getOneReg(KVM_REG_ARM_TIMER_CNT), vcpu.getOneReg(KVM_REG_ARM_PTIMER_CNT)];
  clock.advance(5_000_000n);
  const before = counters();
  const time = new FrozenTime(vcpu);
  time.freeze();
  clock.advance(1_000_000_000n);
  time.thaw();
  expect(counters()).toEqual(before);
  clock.advance(1_000_000_000n);
  expect(counters()).not.toEqual(before);
});
