/** vCPUs with SVE: KVM_ARM_VCPU_SVE, the vector lengths, KVM_ARM_VCPU_FINALIZE, and registers by slices. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { FFR } from '../../src/guest/aarch64/state.ts';
import * as kvm from '../../src/kvm/index.ts';
import { RegisterSync, SYNC_FULL } from '../../src/machine/register-sync.ts';
import { initVcpu } from '../../src/machine/vcpu-init.ts';
import { code } from './error-code.ts';
import { createVm, kicked, type TestVm } from './fake-cpu.ts';
import { HVC, realVm } from './real.ts';

const FEATURES = (1 << kvm.KVM_ARM_VCPU_PSCI_0_2) | (1 << kvm.KVM_ARM_VCPU_SVE);
const VLS = kvm.KVM_REG_ARM64_SVE_VLS;
const Z = kvm.KVM_REG_ARM64_SVE_ZREG;
const P = kvm.KVM_REG_ARM64_SVE_PREG;
const { V } = kvm.KVM_REG_ARM_CORE;
const ZCR = kvm.ARM64_SYS_REG(3, 0, 1, 2, 0);
const ZFR0 = kvm.ARM64_SYS_REG(3, 0, 0, 4, 4);
const PFR0 = kvm.ARM64_SYS_REG(3, 0, 0, 4, 0);

function start(finalized: boolean): TestVm & { readonly vcpu: kvm.Vcpu } {
  const made = createVm(silentLog, 'max');
  const vcpu = made.vm.createVcpu(0);
  vcpu.init({ target: 5, features: [FEATURES] });
  if (finalized) vcpu.finalize(kvm.KVM_ARM_VCPU_SVE);
  return { ...made, vcpu };
}

describe('B1.ARM_VCPU_FINALIZE', () => {
  it('A4.33 until it is finalised there is no run, no list and no register, all EPERM; then once more is EPERM', () => {
    const { vcpu, cpus } = start(false);
    for (const call of [() => vcpu.run(), () => vcpu.getRegList(), () => vcpu.getOneReg(Z(0)), () => vcpu.setOneReg(P(3), 0n), () => vcpu.getOneReg(kvm.KVM_REG_ARM64_SVE_FFR())]) {
      expect(code(call)).toBe('EPERM');
    }
    expect([code(() => vcpu.finalize(3)), code(() => vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.PC))]).toEqual(['EINVAL', 'no error']);
    vcpu.finalize(kvm.KVM_ARM_VCPU_SVE);
    expect(code(() => vcpu.finalize(kvm.KVM_ARM_VCPU_SVE))).toBe('EPERM');
    cpus[0]!.script.push(kicked);
    expect(vcpu.run().exit_reason).toBe(kvm.KVM_EXIT_INTR);
  });

  it('another init keeps it finalised, and its registers zero', () => {
    const { vcpu } = start(true);
    vcpu.setOneReg(Z(1), 5n);
    vcpu.setOneReg(P(1), 5n);
    vcpu.init({ target: 5, features: [FEATURES] });
    expect([vcpu.getOneReg(Z(1)), vcpu.getOneReg(P(1)), code(() => vcpu.finalize(kvm.KVM_ARM_VCPU_SVE))]).toEqual([0n, 0n, 'EPERM']);
  });
});

describe('B3.SVE', () => {
  it('A1.39 A1.40 A1.41 one vector length, of 128 bits: no other can be set, and none when it is finalised', () => {
    const { vcpu } = start(false);
    expect([VLS, vcpu.getOneReg(VLS)]).toEqual([0x6060_0000_0015_ffffn, 1n]);
    vcpu.setOneReg(VLS, 1n);
    for (const value of [0n, 2n, 3n, 1n << 511n, 1n << 512n]) expect(code(() => vcpu.setOneReg(VLS, value))).toBe('EINVAL');
    vcpu.finalize(kvm.KVM_ARM_VCPU_SVE);
    expect([code(() => vcpu.setOneReg(VLS, 1n)), vcpu.getOneReg(VLS)]).toEqual(['EPERM', 1n]);
  });

  it('A1.54 A1.59 Z, P and FFR in slice 0: what there is of them, in its lowest bits; V registers are EINVAL', () => {
    const { vcpu, cpus } = start(true);
    expect([Z(31), P(15), kvm.KVM_REG_ARM64_SVE_FFR()]).toEqual([0x6080_0000_0015_03e0n, 0x6050_0000_0015_05e0n, 0x6050_0000_0015_0600n]);
    for (let n = 0; n < 32; n++) vcpu.setOneReg(Z(n), (1n << 2047n) | (BigInt(n) << 64n) | 7n);
    for (let n = 0; n < 16; n++) vcpu.setOneReg(P(n), (1n << 255n) | BigInt(0x8000 | n));
    vcpu.setOneReg(kvm.KVM_REG_ARM64_SVE_FFR(), 0x1_00ffn);
    const { state } = cpus[0]!.guest;
    expect([state.v[2 * 9], state.v[2 * 9 + 1], state.p[9], state.p[FFR]]).toEqual([7n, 9n, 0x8009, 0xff]);
    expect([vcpu.getOneReg(Z(31)), vcpu.getOneReg(P(15)), vcpu.getOneReg(kvm.KVM_REG_ARM64_SVE_FFR())]).toEqual([(31n << 64n) | 7n, 0x800fn, 0xffn]);
    expect([code(() => vcpu.getOneReg(V(3))), code(() => vcpu.setOneReg(V(3), 0n))]).toEqual(['EINVAL', 'EINVAL']);
    expect(code(() => vcpu.setOneReg(P(0), 1n << 256n))).toBe('EINVAL');
  });

  it('other slices are ENOENT, other ids of the class EINVAL', () => {
    const { vcpu } = start(true);
    for (const id of [Z(0, 1), Z(31, 31), P(15, 1), kvm.KVM_REG_ARM64_SVE_FFR(31)]) expect(code(() => vcpu.getOneReg(id))).toBe('ENOENT');
    for (const id of [P(0) + 0x220n, Z(0) - (1n << 52n), VLS - 1n, VLS - (1n << 52n)]) expect(code(() => vcpu.getOneReg(id))).toBe('EINVAL');
  });

  it('A1.47 B1.GET_REG_LIST has the lengths first, then Z, P and FFR, and no V; ZCR_EL1 is among the system registers', () => {
    const { vcpu } = start(true);
    const list = vcpu.getRegList();
    const sve = list.filter(id => (id & 0x0fff_0000n) === 0x0015_0000n);
    expect(sve).toEqual([VLS, ...Array.from({ length: 32 }, (_, n) => Z(n)), ...Array.from({ length: 16 }, (_, n) => P(n)), kvm.KVM_REG_ARM64_SVE_FFR()]);
    expect([list.includes(V(0)), list.includes(ZCR), list.filter(id => code(() => vcpu.getOneReg(id)) !== 'no error')]).toEqual([false, true, []]);
  });

  it('A1.36 identification says so, and can say less of ZFR0; without the feature nothing does', () => {
    const { vcpu } = start(true);
    expect([(vcpu.getOneReg(PFR0) >> 32n) & 15n, vcpu.getOneReg(ZFR0)]).toEqual([1n, 0x1000_0010_0000n]);
    vcpu.setOneReg(ZFR0, 0x10_0000n);
    expect([vcpu.getOneReg(ZFR0), code(() => vcpu.setOneReg(ZFR0, 1n))]).toEqual([0x10_0000n, 'EINVAL']);
    expect(code(() => vcpu.setOneReg(PFR0, vcpu.getOneReg(PFR0) & ~(15n << 32n)))).toBe('EINVAL');
    const without = createVm(silentLog, 'max').vm.createVcpu(0);
    without.init({ target: 5, features: [4] });
    expect([(without.getOneReg(PFR0) >> 32n) & 15n, without.getOneReg(ZFR0), code(() => without.getOneReg(ZCR)), without.getOneReg(V(0))]).toEqual([0n, 0n, 'ENOENT', 0n]);
  });
});

describe('on the engine', () => {
  const PTRUE = 0x2598_e3e1; // ptrue p1.s
  const ADD = 0x2520_c0a3 | (2 << 22); // add z3.s, z3.s, #5
  const SYSTEM_OFF = 0x8400_0008n;

  /** A vCPU with SIMD&FP and SVE on that runs the words and powers off, or does so in its exception vector. */
  function ran(features: number): kvm.Vcpu {
    const program = [PTRUE, ADD, HVC];
    program[0x1200 / 4] = HVC;
    const { vm, vcpu, setX, setPc } = realVm(Array.from(program, word => word ?? 0), { cpu: 'max', features });
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), 0x4000_1000n);
    if (features === FEATURES) vcpu.finalize(kvm.KVM_ARM_VCPU_SVE);
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 2), 0x33_0000n);
    setX(0, SYSTEM_OFF);
    setPc(0x4000_0000);
    expect(vm.checkExtension(kvm.KVM_CAP_ARM_SVE)).toBe(1);
    vcpu.run();
    return vcpu;
  }

  it('A1.45 a vCPU that has SVE runs it, and one without finds it UNDEFINED', () => {
    const vcpu = ran(FEATURES);
    expect([vcpu.getOneReg(P(1)), vcpu.getOneReg(Z(3)), vcpu.getOneReg(kvm.KVM_REG_ARM_CORE.PC)]).toEqual([0x1111n, 0x5_0000_0005_0000_0005_0000_0005n, 0x4000_000cn]);
    const without = ran(1 << kvm.KVM_ARM_VCPU_PSCI_0_2);
    expect([without.getOneReg(kvm.KVM_REG_ARM_CORE.PC), without.getOneReg(kvm.ARM64_SYS_REG(3, 0, 5, 2, 0))]).toEqual([0x4000_1204n, 0x0200_0000n]);
  });

  it('A1.55 A1.60 A1.63 registers as a whole: out and in again', () => {
    const { vm, vcpu } = realVm([], { cpu: 'max', features: vcpuFeatures });
    const { registers } = initVcpu(vm, vcpu, false);
    vcpu.setOneReg(Z(7), 0x1234n);
    vcpu.setOneReg(P(7), 0x4321n);
    const saved = registers.get();
    expect([saved.core.get(Z(7)), saved.core.get(P(7)), saved.core.has(V(7)), saved.listed.has(VLS)]).toEqual([0x1234n, 0x4321n, false, false]);
    vcpu.setOneReg(Z(7), 0n);
    new RegisterSync(vcpu).put(saved, SYNC_FULL);
    expect(registers.get()).toEqual(saved);
  });
});

/** All that the machine asks for of `max`. */
const vcpuFeatures = 0x7c;
