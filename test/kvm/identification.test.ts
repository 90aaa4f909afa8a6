/** Identification registers: what a VM's user may make of them, as in Linux, and what the guest then sees. */
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { Random } from '../../src/base/random.ts';
import type { Arm64Cpu, CpuModelName } from '../../src/guest/aarch64/index.ts';
import { readRegister } from '../../src/guest/aarch64/sysreg/table.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { call, createVm, kicked, type TestVm } from './fake-cpu.ts';
import { realVm } from './real.ts';

type Encoding = readonly [number, number, number, number, number];
const id = (e: Encoding): bigint => kvm.ARM64_SYS_REG(...e);
const ID = (CRm: number, op2: number): bigint => id([3, 0, 0, CRm, op2]);
const PFR0 = ID(4, 0);
const DFR0 = ID(5, 0);
const ISAR0 = ID(6, 0);
const MMFR0 = ID(7, 0);
const CTR = id([3, 3, 0, 0, 1]);
const CLIDR = id([3, 1, 0, 0, 1]);

interface Started extends TestVm { readonly vcpu: kvm.Vcpu }

/** With performance monitors and, in max, pointer authentication, but without PMU, which would have to be set up before a run. */
function start(model: CpuModelName = 'max', count = 1, features = model === 'max' ? 0x64 : 4): Started {
  const made = createVm(silentLog, model);
  for (let n = 0; n < count; n++) made.vm.createVcpu(n).init({ target: 5, features: [features] });
  return { ...made, vcpu: made.vm.vcpus[0]! };
}

const runOnce = ({ vcpu, cpus }: Started): void => {
  cpus[0]!.script.push(() => { vcpu.kick(); return kicked; });
  vcpu.run();
};
const mrs = ({ cpus }: Started, register: bigint, n = 0): bigint => readRegister(cpus[n]!.guest, Number(register & 0xffffn), 0);
const field = (register: bigint, lo: number, value: bigint): bigint => (register & ~(15n << BigInt(lo))) | value << BigInt(lo);
const set = ({ vcpu }: Started, register: bigint, value: bigint): string => code(() => vcpu.setOneReg(register, value));

describe('B3.ID', () => {
  test('the whole space can be read; what is no register is 0 and stays so', () => {
    const made = start();
    const names = new Set([0, 1, 4, 5].map(op2 => ID(4, op2)));
    for (let CRm = 1; CRm < 8; CRm++) for (let op2 = 0; op2 < 8; op2++) expect(made.vcpu.getOneReg(ID(CRm, op2))).toBeTypeOf('bigint');
    for (const op2 of [2, 3, 6, 7]) {
      expect(names.has(ID(4, op2))).toBe(false);
      expect(made.vcpu.getOneReg(ID(4, op2))).toBe(0n);
      expect(set(made, ID(4, op2), 1n)).toBe('EINVAL');
      expect(set(made, ID(4, op2), 0n)).toBe('no error');
    }
    for (const unallocated of [ID(5, 2), ID(6, 3), ID(7, 5), ID(3, 3), ID(3, 7)]) expect(set(made, unallocated, 1n)).toBe('EINVAL');
    expect(code(() => made.vcpu.getOneReg(ID(0, 1)))).toBe('ENOENT');
    expect(code(() => made.vcpu.getOneReg(id([3, 0, 0, 8, 0])))).toBe('ENOENT');
  });

  test('without AArch32 its registers are zero for the user and the guest, and writes to them do nothing', () => {
    const { vcpu } = realVm([], { cpuProperties: { aarch32: false } });
    const guest = vcpu.arch.cpu.guest as Arm64Cpu;
    for (const register of [ID(1, 0), ID(1, 1), ID(2, 0), ID(2, 7), ID(3, 0), ID(3, 4)]) {
      expect([vcpu.getOneReg(register), readRegister(guest, Number(register & 0xffffn), 0)]).toEqual([0n, 0n]);
      expect(code(() => vcpu.setOneReg(register, 0x1234n))).toBe('no error');
      expect(vcpu.getOneReg(register)).toBe(0n);
    }
    expect(code(() => vcpu.setOneReg(ID(1, 3), 1n))).toBe('EINVAL');
  });

  test('a CPU with AArch32 has them, and they stay as they are', () => {
    const { vcpu } = realVm([]);
    const MVFR0 = ID(3, 0);
    const value = vcpu.getOneReg(MVFR0);
    expect(value).not.toBe(0n);
    expect([vcpu.getOneReg(ID(1, 3)), vcpu.getOneReg(PFR0) & 15n]).toEqual([0n, 2n]);
    expect(code(() => vcpu.setOneReg(MVFR0, value))).toBe('no error');
    expect(code(() => vcpu.setOneReg(MVFR0, 0n))).toBe('EINVAL');
  });

  test('A1.32 fields can be lowered, for all vCPUs and the guest, also for those that come later', () => {
    const made = start('max', 2);
    const { vcpu, vm } = made;
    const before = vcpu.getOneReg(ISAR0);
    expect(before >> 20n & 15n).toBe(2n);
    const lower = field(field(before, 20, 0n), 4, 1n);
    vcpu.setOneReg(ISAR0, lower);
    expect([vcpu.getOneReg(ISAR0), vm.vcpus[1]!.getOneReg(ISAR0), mrs(made, ISAR0), mrs(made, ISAR0, 1)]).toEqual([lower, lower, lower, lower]);
    const late = vm.createVcpu(2);
    late.init({ target: 5, features: [0x64] });
    expect(late.getOneReg(ISAR0)).toBe(lower);
    vcpu.init({ target: 5, features: [0x64] });
    expect(vcpu.getOneReg(ISAR0)).toBe(lower);
    // Up again, to what the CPU has, and no further.
    expect(set(made, ISAR0, before)).toBe('no error');
    expect(set(made, ISAR0, field(before, 20, 3n))).toBe('EINVAL');
    expect(vm.vcpus[1]!.getOneReg(ISAR0)).toBe(before);
  });

  test('fields that Linux keeps fixed are EINVAL: FP, AdvSIMD and RAS, breakpoints, VMIDBits, how addresses are signed', () => {
    const made = start();
    const fixed: readonly [bigint, number, bigint][] = [
      [PFR0, 16, 0n], [PFR0, 20, 0n], [PFR0, 28, 0n], [DFR0, 12, 0n], [DFR0, 28, 0n], [ID(7, 1), 4, 0n], [ID(6, 1), 4, 0n], [ID(7, 2), 20, 0n],
    ];
    for (const [register, lo, value] of fixed) {
      const now = made.vcpu.getOneReg(register);
      const other = field(now, lo, now >> BigInt(lo) & 15n ? value : 1n);
      expect([register, lo, set(made, register, other)]).toEqual([register, lo, 'EINVAL']);
    }
  });

  test('fields where 15 says "absent": granules and the double lock', () => {
    const made = start();
    const now = made.vcpu.getOneReg(MMFR0);
    expect([now >> 24n & 15n, now >> 20n & 15n]).toEqual([0n, 2n]);
    expect(set(made, MMFR0, field(now, 24, 15n))).toBe('no error');
    expect(mrs(made, MMFR0) >> 24n & 15n).toBe(15n);
    expect(set(made, MMFR0, field(now, 24, 1n))).toBe('EINVAL');
    expect(set(made, MMFR0, field(now, 20, 0n))).toBe('no error');
    const a57 = start('cortex-a57');
    const debug = a57.vcpu.getOneReg(DFR0);
    expect(set(a57, DFR0, field(debug, 36, 15n))).toBe('no error');
    expect(set(a57, DFR0, field(debug, 36, 1n))).toBe('EINVAL');
  });

  test('DebugVer is at least Armv8\'s; PMUVer no more than the feature gives', () => {
    const made = start('max', 1, 4);
    const now = made.vcpu.getOneReg(DFR0);
    expect([now & 15n, now >> 8n & 15n]).toEqual([9n, 0n]);
    expect(set(made, DFR0, field(now, 0, 6n))).toBe('no error');
    expect(set(made, DFR0, field(now, 0, 5n))).toBe('EINVAL');
    expect(set(made, DFR0, field(now, 8, 1n))).toBe('EINVAL');
    const withPmu = start('max', 1, 12);
    const monitors = withPmu.vcpu.getOneReg(DFR0);
    expect(set(withPmu, DFR0, field(monitors, 8, 1n))).toBe('no error');
    expect(set(withPmu, DFR0, field(monitors, 8, 0n))).toBe('no error');
  });

  test('after a run EBUSY, unless the value is what is there', () => {
    const made = start();
    runOnce(made);
    const now = made.vcpu.getOneReg(ISAR0);
    expect(set(made, ISAR0, field(now, 20, 0n))).toBe('EBUSY');
    expect(set(made, ISAR0, field(now, 20, 3n))).toBe('EINVAL');
    expect(set(made, ISAR0, now)).toBe('no error');
    expect(set(made, CTR, made.vcpu.getOneReg(CTR) & ~15n)).toBe('EBUSY');
  });

  test('MIDR, REVIDR and AIDR are what they are', () => {
    const made = start('cortex-a57');
    const fixed = [[id([3, 0, 0, 0, 0]), 0x411f_d070n], [id([3, 0, 0, 0, 6]), 0n], [id([3, 1, 0, 0, 7]), 0n]] as const;
    for (const [register, value] of fixed) {
      expect(made.vcpu.getOneReg(register)).toBe(value);
      expect(set(made, register, value)).toBe('no error');
      expect(set(made, register, value ^ 1n)).toBe('EINVAL');
    }
  });

  test('A1.46 MPIDR is by id, and may be another: the guest, PSCI and the interrupt controller go by it; init puts it back', () => {
    const MPIDR = id([3, 0, 0, 0, 5]);
    const made = createVm();
    const { vm, cpus } = made;
    const gic = vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    const vcpus = [0, 1].map(n => vm.createVcpu(n));
    vcpus.forEach((vcpu, n) => vcpu.init({ target: 5, features: [n === 0 ? 4 : 5] }));
    expect(vcpus.map(vcpu => vcpu.getOneReg(MPIDR))).toEqual([0x8000_0000n, 0x8000_0001n]);
    vcpus[1]!.setOneReg(MPIDR, 0x12_8034_5678n);
    expect(mrs({ ...made, vcpu: vcpus[1]! }, MPIDR, 1)).toBe(0x12_8034_5678n);
    gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, 2n, 0x0800_0000n);
    gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_ADDR, 3n, 0x080a_0000n);
    gic.setAttr(kvm.KVM_DEV_ARM_VGIC_GRP_CTRL, 0n);
    const typerHigh = 0x000cn;
    expect(gic.getAttr(kvm.KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0x1234_5678n << 32n | typerHigh)).toBe(0x1234_5678n);
    const cpuOn = (mpidr: bigint): bigint => {
      cpus[0]!.script.push(call('hvc', 0xc400_0003, mpidr, 0x1000n, 7n), () => { vcpus[0]!.kick(); return kicked; });
      vcpus[0]!.run();
      return BigInt.asIntN(64, vcpus[0]!.getOneReg(kvm.KVM_REG_ARM_CORE.X(0)));
    };
    expect([cpuOn(1n), cpuOn(0x12_0034_5678n)]).toEqual([-2n, 0n]);
    vcpus[1]!.init({ target: 5, features: [5] });
    expect(vcpus[1]!.getOneReg(MPIDR)).toBe(0x8000_0001n);
  });

  test('CTR_EL0: shorter lines and less that needs no cleaning, but no other kind of cache', () => {
    const made = start('cortex-a57');
    const now = made.vcpu.getOneReg(CTR);
    expect(now).toBe(0x8444_c004n);
    const accepted: readonly bigint[] = [now & ~15n, now & ~(15n << 16n), now & ~(1n << 14n)];
    for (const value of accepted) expect([value, set(made, CTR, value)]).toEqual([value, 'no error']);
    expect(mrs(made, CTR)).toBe(accepted[2]);
    for (const value of [now | 1n << 28n, now | 1n << 29n, field(now, 0, 5n), field(now, 16, 5n), field(now, 20, 0n), now & ~(3n << 14n), 0n]) {
      expect([value, set(made, CTR, value)]).toEqual([value, 'EINVAL']);
    }
  });

  test('CLIDR_EL1 belongs to each vCPU; it can\'t say that nothing needs cleaning where CTR_EL0 doesn\'t', () => {
    const made = start('cortex-a57', 2);
    const now = made.vcpu.getOneReg(CLIDR);
    expect(now).toBe(0x0a20_0023n);
    const other = 0x0920_0003n;
    made.vcpu.setOneReg(CLIDR, other);
    expect([mrs(made, CLIDR), made.vm.vcpus[1]!.getOneReg(CLIDR)]).toEqual([other, now]);
    expect(set(made, CLIDR, 1n << 47n | other)).toBe('EINVAL');
    expect(set(made, CLIDR, 0x0020_0003n)).toBe('EINVAL');
    expect(set(made, CLIDR, 0x0200_0003n)).toBe('EINVAL');
  });

  test('any value is accepted or EINVAL, and what was accepted is what is read', () => {
    const random = new Random(3);
    for (const model of ['cortex-a57', 'neoverse-n1', 'max'] as const) {
      const made = start(model, 1, 4);
      for (let n = 0; n < 3000; n++) {
        const register = ID(4 + random.below(4), random.below(8));
        const before = made.vcpu.getOneReg(register);
        const value = random.chance(0.5) ? random.u64() : field(before, 4 * random.below(16), BigInt(random.below(16)));
        const answer = set(made, register, value);
        expect(['no error', 'EINVAL']).toContain(answer);
        expect(made.vcpu.getOneReg(register)).toBe(answer === 'EINVAL' ? before : value);
      }
    }
  });
});

describe('B1.ARM_GET_REG_WRITABLE_MASKS', () => {
  test('one mask for each of three times 64 registers, which is what can be written', () => {
    const made = start();
    expect(made.vm.checkExtension(kvm.KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES)).toBe(1);
    const addr = new BigUint64Array(192);
    expect(code(() => made.vm.getRegWritableMasks({ addr, range: 1 }))).toBe('EINVAL');
    expect(code(() => made.vm.getRegWritableMasks({ addr: new BigUint64Array(191), range: 0 }))).toBe('EFAULT');
    made.vm.getRegWritableMasks({ addr, range: 0 });
    expect([...addr.subarray(0, 32)].every(mask => mask === 0n)).toBe(true);
    expect(addr[64 + 1]).toBe(0x7fff_ffff_ffffn);
    expect(addr[128 + 1]).toBe(0x300f_c00fn);
    for (let CRm = 4; CRm < 8; CRm++) {
      for (let op2 = 0; op2 < 8; op2++) {
        const now = made.vcpu.getOneReg(ID(CRm, op2));
        for (let lo = 0; lo < 64; lo += 4) {
          const present = now >> BigInt(lo) & 15n;
          if (present === 0n || present === 15n) continue;
          const maskBits = addr[8 * CRm + op2]! >> BigInt(lo) & 15n;
          const lower = field(now, lo, CRm === 5 && op2 === 0 && lo === 0 ? 6n : present - 1n);
          expect([CRm, op2, lo, set(made, ID(CRm, op2), lower)]).toEqual([CRm, op2, lo, maskBits === 15n ? 'no error' : 'EINVAL']);
          made.vcpu.setOneReg(ID(CRm, op2), now);
        }
      }
    }
  });
});
