/** KVM_GET_ONE_REG, KVM_SET_ONE_REG, KVM_GET_REG_LIST: ids of all classes, their errors, and round trips. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { Random } from '../../src/base/random.ts';
import type { CpuModelName } from '../../src/guest/aarch64/index.ts';
import * as kvm from '../../src/kvm/index.ts';
import { code } from './error-code.ts';
import { createVm, kicked, type TestVm } from './fake-cpu.ts';

const ALL_FEATURES = { 'cortex-a57': 0b1100, max: 0b110_1100 } as const;
const CORE = kvm.KVM_REG_ARM_CORE;

interface Started extends TestVm { readonly vcpu: kvm.Vcpu }

function start(model: keyof typeof ALL_FEATURES & CpuModelName = 'cortex-a57', features: number = ALL_FEATURES[model], count = 1): Started {
  const made = createVm(silentLog, model);
  for (let id = 0; id < count; id++) made.vm.createVcpu(id).init({ target: 5, features: [features] });
  return { ...made, vcpu: made.vm.vcpus[0]! };
}

const accepted = (vcpu: kvm.Vcpu, id: bigint): boolean => code(() => vcpu.getOneReg(id)) === 'no error';
const values = (vcpu: kvm.Vcpu): Map<bigint, bigint> => new Map(vcpu.getRegList().map(id => [id, vcpu.getOneReg(id)]));
const sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(n => BigInt(n) << 52n);
const ARM64 = 0x6000_0000_0000_0000n;

describe('B1.ONE_REG', () => {
  test('A1.49 errors: other architectures EINVAL, other classes ENOENT, values that don\'t fit EINVAL, before init ENOEXEC', () => {
    const { vcpu, vm } = start();
    for (const id of [0n, CORE.PC & ~ARM64, 0x1030_0000_0000_0001n, CORE.PC | 1n << 32n, CORE.PC | 1n << 51n, -1n]) {
      expect(code(() => vcpu.getOneReg(id))).toBe('EINVAL');
      expect(code(() => vcpu.setOneReg(id, 0n))).toBe('EINVAL');
    }
    for (const group of [0x12n, 0x17n, 0x00n, 0x113n]) expect(code(() => vcpu.getOneReg(0x6030_0000_0000_0000n | group << 16n))).toBe('ENOENT');
    for (const [id, value] of [[CORE.X(0), 1n << 64n], [CORE.X(0), -1n], [CORE.FPSR, 1n << 32n], [CORE.V(0), 1n << 128n]] as const) {
      expect(code(() => vcpu.setOneReg(id, value))).toBe('EINVAL');
    }
    const fresh = vm.createVcpu(1);
    expect(code(() => fresh.getOneReg(CORE.PC))).toBe('ENOEXEC');
    expect(code(() => fresh.setOneReg(CORE.PC, 0n))).toBe('ENOEXEC');
    expect(code(() => fresh.getRegList())).toBe('ENOEXEC');
  });
});

describe('B1.GET_REG_LIST', () => {
  test('A1.47 with a count: E2BIG and the number of registers where there is too little room', () => {
    const { vcpu } = start();
    const ids = vcpu.getRegList();
    const probe = { n: 0, reg: new BigUint64Array(0) };
    expect(code(() => vcpu.getRegList(probe))).toBe('E2BIG');
    expect(probe.n).toBe(ids.length);
    const short = { n: ids.length - 1, reg: new BigUint64Array(ids.length) };
    expect(code(() => vcpu.getRegList(short))).toBe('E2BIG');
    expect(short).toEqual({ n: ids.length, reg: new BigUint64Array(ids.length) });
    const long = { n: 5000, reg: new BigUint64Array(5000) };
    vcpu.getRegList(long);
    expect(long.n).toBe(ids.length);
    expect([...long.reg.subarray(0, long.n)]).toEqual(ids);
  });

  test.each(['cortex-a57', 'max'] as const)('the list of %s is exactly what getOneReg takes', model => {
    const { vcpu } = start(model);
    // A quarter of a million errors are thrown here: they need no stacks.
    const { stackTraceLimit } = Error;
    onTestFinished(() => { Error.stackTraceLimit = stackTraceLimit; });
    Error.stackTraceLimit = 0;
    const list = vcpu.getRegList();
    const ids = new Set(list);
    expect(ids.size).toBe(list.length);
    expect(list.filter(id => !accepted(vcpu, id))).toEqual([]);
    const beyond: bigint[] = [];
    const look = (id: bigint): void => { if (!ids.has(id) && accepted(vcpu, id)) beyond.push(id); };
    for (let key = 0; key < 0x10000; key++) look(kvm.ARM64_SYS_REG(key >> 14, key >> 11 & 7, key >> 7 & 15, key >> 3 & 15, key & 7));
    for (const size of sizes) {
      for (const group of [0x10n, 0x11n, 0x14n, 0x15n, 0x16n]) for (let n = 0n; n < 0x400n; n++) look(ARM64 | size | group << 16n | n);
      look(ARM64 | size | 0x13n << 16n | 0xc080n);
    }
    for (const high of [28n, 29n, 30n, 31n]) look(CORE.PC | 1n << high);
    expect(beyond).toEqual([]);
  });

  test('A1.63 everything that was got can be set, and nothing has changed, from any state', () => {
    const random = new Random(63);
    for (const model of ['cortex-a57', 'max'] as const) {
      const { vcpu } = start(model);
      for (let round = 0; round < 20; round++) {
        for (const id of vcpu.getRegList()) {
          const width = Number(8n << (id >> 52n & 15n));
          const value = BigInt.asUintN(width, (random.u64() << 64n | random.u64()) & (random.chance(0.5) ? -1n : random.u64()));
          const answer = code(() => vcpu.setOneReg(id, value));
          if (answer !== 'no error') expect(answer).toBe('EINVAL');
        }
        const before = values(vcpu);
        for (const [id, value] of before) vcpu.setOneReg(id, value);
        expect(values(vcpu)).toEqual(before);
        for (const [id, value] of [...before].reverse()) vcpu.setOneReg(id, value);
        expect(values(vcpu)).toEqual(before);
      }
    }
  });

  test('B7.save-restore all registers of one vCPU into another', () => {
    const from = start('max');
    from.cpus[0]!.guest.state.x.set(Array.from({ length: 31 }, (_, n) => BigInt(n) ** 9n));
    from.cpus[0]!.guest.state.v.fill(0x0123_4567_89ab_cdefn);
    from.vcpu.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 1_000_000n);
    from.vcpu.setOneReg(kvm.KVM_REG_ARM_TIMER_CVAL, 999_999n);
    from.vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 0, 1, 0, 0), 0x30d0_198dn);
    const to = start('max');
    for (const [id, value] of values(from.vcpu)) to.vcpu.setOneReg(id, value);
    expect(values(to.vcpu)).toEqual(values(from.vcpu));
  });
});

describe('B3.core', () => {
  test('A1.52 A1.53 every core register keeps what it is given', () => {
    const { vcpu } = start();
    const ids = [
      ...Array.from({ length: 31 }, (_, n) => CORE.X(n)), CORE.SP_EL0, CORE.PC, CORE.SP_EL1, CORE.ELR_EL1,
      ...Array.from({ length: 32 }, (_, n) => CORE.V(n)),
    ];
    ids.forEach((id, n) => vcpu.setOneReg(id, 0x8000_0000_0000_0000n + BigInt(n)));
    vcpu.setOneReg(CORE.V(31), (1n << 128n) - 1n);
    vcpu.setOneReg(CORE.FPSR, 0x0800_009fn);
    vcpu.setOneReg(CORE.FPCR, 0x07c0_0000n);
    for (let n = 0; n < 5; n++) vcpu.setOneReg(CORE.SPSR(n), 0x3c5n + BigInt(n));
    expect(ids.slice(0, -1).map(id => vcpu.getOneReg(id) & 0xffn)).toEqual(ids.slice(0, -1).map((_, n) => BigInt(n)));
    expect([CORE.V(31), CORE.FPSR, CORE.FPCR].map(id => vcpu.getOneReg(id))).toEqual([(1n << 128n) - 1n, 0x0800_009fn, 0x07c0_0000n]);
    expect([0, 1, 2, 3, 4].map(n => vcpu.getOneReg(CORE.SPSR(n)))).toEqual([0x3c5n, 0x3c6n, 0x3c7n, 0x3c8n, 0x3c9n]);
  });

  test('A1.57 the stack pointers keep their names whatever PSTATE selects', () => {
    const { vcpu, cpus } = start();
    vcpu.setOneReg(CORE.SP_EL0, 0x1000n);
    vcpu.setOneReg(CORE.SP_EL1, 0x2000n);
    for (const [mode, SP] of [[0n, 0x1000n], [4n, 0x1000n], [5n, 0x2000n]] as const) {
      vcpu.setOneReg(CORE.PSTATE, mode);
      expect([vcpu.getOneReg(CORE.SP_EL0), vcpu.getOneReg(CORE.SP_EL1), cpus[0]!.guest.state.x[32]]).toEqual([0x1000n, 0x2000n, SP]);
    }
  });

  test('A1.61 PSTATE: modes that this CPU has not are EINVAL; of AArch32 there is User mode', () => {
    const { vcpu } = start('max');
    const modes = Array.from({ length: 32 }, (_, mode) => BigInt(mode));
    expect(modes.filter(mode => code(() => vcpu.setOneReg(CORE.PSTATE, mode)) === 'no error')).toEqual([0n, 4n, 5n, 16n]);
    vcpu.setOneReg(CORE.PSTATE, 0xf000_03c5n);
    expect(vcpu.getOneReg(CORE.PSTATE)).toBe(0xf000_03c5n);
    // What PSTATE doesn't have is dropped.
    vcpu.setOneReg(CORE.PSTATE, 0xffff_ffff_0000_0005n);
    expect(vcpu.getOneReg(CORE.PSTATE)).toBe(5n);
  });

  test('places: beyond the structure ENOENT; inside it, where no register begins or of another size, EINVAL', () => {
    const { vcpu } = start();
    const at = (size: number, word: number): string => code(() => vcpu.getOneReg(ARM64 | BigInt(size) << 52n | 0x10_0000n | BigInt(word)));
    expect(at(3, 1)).toBe('EINVAL');
    expect(at(2, 0)).toBe('EINVAL');
    expect(at(4, 0)).toBe('EINVAL');
    expect(at(3, 0x54)).toBe('EINVAL');
    expect(at(4, 0x55)).toBe('EINVAL');
    expect(at(3, 0xd4)).toBe('EINVAL');
    expect(at(2, 0xd6)).toBe('EINVAL');
    expect(at(2, 0xd7)).toBe('ENOENT');
    expect(at(3, 0xd8)).toBe('ENOENT');
    expect(at(4, 0xd5)).toBe('ENOENT');
    expect(at(3, 0x8000)).toBe('ENOENT');
  });

  test('FPCR decides at once how floating-point code runs', () => {
    const { vcpu, cpus } = start();
    const { state } = cpus[0]!.guest;
    const standard = state.fpFast;
    vcpu.setOneReg(CORE.FPSR, 0x10n);
    expect(state.fpFast).not.toBe(standard);
    vcpu.setOneReg(CORE.FPCR, 1n << 22n);
    expect(state.fpFast).toBe(standard);
  });
});

describe('B3.sysreg', () => {
  test('A1.32 A1.50 ids are encodings', () => {
    const { vcpu, cpus } = start();
    expect(kvm.ARM64_SYS_REG(3, 0, 0, 4, 0)).toBe(0x6030_0000_0013_c020n);
    expect(kvm.ARM64_SYS_REG(3, 0, 0, 3, 2)).toBe(0x6030_0000_0013_c01an);
    const named: readonly [bigint, 'TTBR0_EL1' | 'TTBR1_EL1' | 'VBAR_EL1' | 'FAR_EL1' | 'TPIDR_EL0', bigint][] = [
      [kvm.ARM64_SYS_REG(3, 0, 2, 0, 0), 'TTBR0_EL1', 0x1234_0000n], [kvm.ARM64_SYS_REG(3, 0, 2, 0, 1), 'TTBR1_EL1', 0x5678_0000n],
      [kvm.ARM64_SYS_REG(3, 0, 12, 0, 0), 'VBAR_EL1', 0xffff_8000_0000_0800n], [kvm.ARM64_SYS_REG(3, 0, 6, 0, 0), 'FAR_EL1', 0x77n],
      [kvm.ARM64_SYS_REG(3, 3, 13, 0, 2), 'TPIDR_EL0', 0x99n],
    ];
    for (const [id, field, value] of named) {
      vcpu.setOneReg(id, value);
      expect([vcpu.getOneReg(id), cpus[0]!.guest.state[field]]).toEqual([value, value]);
    }
  });

  test('what has an id of its own, or no state, has no encoding\'s: SPSR, ELR, FPCR, CNTVCT by name, CCSIDR, DC ZVA\'s size', () => {
    const { vcpu } = start();
    for (const encoding of [[3, 0, 4, 0, 0], [3, 0, 4, 0, 1], [3, 3, 4, 4, 0], [3, 3, 14, 0, 0], [3, 1, 0, 0, 0], [3, 3, 0, 0, 7], [3, 0, 12, 12, 0]] as const) {
      const [op0, op1, CRn, CRm, op2] = encoding;
      expect(code(() => vcpu.getOneReg(kvm.ARM64_SYS_REG(op0, op1, CRn, CRm, op2)))).toBe('ENOENT');
    }
  });

  test('an interrupt controller\'s registers are not among them: reading one would acknowledge an interrupt', () => {
    const { vcpu, vm, cpus } = start();
    vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3);
    expect(cpus[0]!.spec.platform.readSystem(0xc660)).toBeDefined();
    expect(code(() => vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 12, 12, 0)))).toBe('ENOENT');
  });

  test('debug registers: sixteen of each, MDSCR_EL1, and OSLSR_EL1 of which only OSLK changes', () => {
    const { vcpu, cpus } = start();
    for (let n = 0; n < 16; n++) for (let op2 = 4; op2 < 8; op2++) vcpu.setOneReg(kvm.ARM64_SYS_REG(2, 0, 0, n, op2), BigInt(16 * op2 + n) << 4n);
    const { state } = cpus[0]!.guest;
    expect([state.DBGBVR[15], state.DBGBCR[15], state.DBGWVR[15], state.DBGWCR[15]]).toEqual([0x4f0n, 0x5f0n, 0x6f0n, 0x7f0n]);
    const OSLSR = kvm.ARM64_SYS_REG(2, 0, 1, 1, 4);
    expect(vcpu.getOneReg(OSLSR)).toBe(10n);
    vcpu.setOneReg(OSLSR, 8n);
    expect(state.OSLSR_EL1).toBe(8n);
    for (const value of [0n, 2n, 9n, 0x18n]) expect(code(() => vcpu.setOneReg(OSLSR, value))).toBe('EINVAL');
    const MDSCR = kvm.ARM64_SYS_REG(2, 0, 0, 2, 2);
    vcpu.setOneReg(MDSCR, 0x8000n);
    expect(state.MDSCR_EL1).toBe(0x8000n);
  });

  test('what AArch64 keeps of AArch32 is kept, and reset', () => {
    const { vcpu } = start();
    const ids = [[2, 4, 0, 7, 0], [3, 4, 3, 0, 0], [3, 4, 5, 0, 1], [3, 4, 5, 3, 0]].map(e => kvm.ARM64_SYS_REG(e[0]!, e[1]!, e[2]!, e[3]!, e[4]!));
    expect(ids.map(id => vcpu.getOneReg(id))).toEqual([0n, 0n, 0n, 0x700n]);
    for (const id of [...ids, CORE.SPSR(4)]) vcpu.setOneReg(id, 0xabcn);
    expect(ids.map(id => vcpu.getOneReg(id))).toEqual([0xabcn, 0xabcn, 0xabcn, 0xabcn]);
    vcpu.init({ target: 5, features: [ALL_FEATURES['cortex-a57']] });
    expect([...ids, CORE.SPSR(4)].map(id => vcpu.getOneReg(id))).toEqual([0n, 0n, 0n, 0x700n, 0n]);
  });
});

describe('B3.timer', () => {
  test('A1.51 the virtual timer\'s CVAL and CNT have each other\'s encoding, the physical one\'s their own', () => {
    const { vcpu, clock } = start();
    expect([kvm.KVM_REG_ARM_TIMER_CTL, kvm.KVM_REG_ARM_TIMER_CNT, kvm.KVM_REG_ARM_TIMER_CVAL]).toEqual(
      [0x6030_0000_0013_df19n, 0x6030_0000_0013_df1an, 0x6030_0000_0013_df02n]);
    expect([kvm.KVM_REG_ARM_PTIMER_CTL, kvm.KVM_REG_ARM_PTIMER_CVAL, kvm.KVM_REG_ARM_PTIMER_CNT]).toEqual(
      [0x6030_0000_0013_df11n, 0x6030_0000_0013_df12n, 0x6030_0000_0013_df01n]);
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 3, 14, 3, 2), 500n);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_TIMER_CNT)).toBe(500n);
    clock.advance(160);
    expect(vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 3, 14, 3, 2))).toBe(510n);
    vcpu.setOneReg(kvm.ARM64_SYS_REG(3, 3, 14, 0, 2), 510n);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_TIMER_CVAL)).toBe(510n);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_PTIMER_CVAL)).toBe(0n);
  });

  test('CTL takes ENABLE and IMASK, and shows ISTATUS', () => {
    const { vcpu } = start();
    vcpu.setOneReg(kvm.KVM_REG_ARM_PTIMER_CNT, 100n);
    vcpu.setOneReg(kvm.KVM_REG_ARM_PTIMER_CVAL, 100n);
    vcpu.setOneReg(kvm.KVM_REG_ARM_PTIMER_CTL, 0xfffn);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_PTIMER_CTL)).toBe(7n);
    vcpu.setOneReg(kvm.KVM_REG_ARM_PTIMER_CVAL, 101n);
    expect(vcpu.getOneReg(kvm.KVM_REG_ARM_PTIMER_CTL)).toBe(3n);
  });

  test('a counter is the same on all vCPUs', () => {
    const { vm, clock } = start('cortex-a57', 4, 3);
    vm.vcpus[1]!.setOneReg(kvm.KVM_REG_ARM_TIMER_CNT, 12345n);
    vm.vcpus[2]!.setOneReg(kvm.KVM_REG_ARM_PTIMER_CNT, 777n);
    clock.advance(16);
    expect(vm.vcpus.map(vcpu => [vcpu.getOneReg(kvm.KVM_REG_ARM_TIMER_CNT), vcpu.getOneReg(kvm.KVM_REG_ARM_PTIMER_CNT)])).toEqual(
      [[12346n, 778n], [12346n, 778n], [12346n, 778n]]);
  });
});

describe('B3.demux', () => {
  const CCSIDR = kvm.KVM_REG_ARM_DEMUX_CCSIDR;
  const guestReads = (cpu: TestVm['cpus'][number], csselr: bigint): bigint => {
    cpu.guest.state.CSSELR_EL1 = csselr;
    return BigInt(cpu.guest.state.CCSIDR[Number(csselr)]!);
  };

  test('fourteen caches of 32 bits by CSSELR_EL1; others and other sizes ENOENT', () => {
    const { vcpu } = start();
    expect(CCSIDR(2)).toBe(0x6020_0000_0011_0002n);
    expect([0, 1, 2, 3].map(n => vcpu.getOneReg(CCSIDR(n)))).toEqual([0x701f_e00an, 0x201f_e012n, 0x70ff_e07an, 0n]);
    for (const id of [CCSIDR(14), CCSIDR(0x100), 0x6030_0000_0011_0000n]) expect(code(() => vcpu.getOneReg(id))).toBe('ENOENT');
  });

  test('a size can be set, and is what the guest sees; lines are no shorter than CTR_EL0 says', () => {
    const { vcpu, cpus } = start();
    vcpu.setOneReg(CCSIDR(4), 0x70ff_e07an);
    expect(guestReads(cpus[0]!, 4n)).toBe(0x70ff_e07an);
    // Lines of 64 bytes are LineSize 2.
    expect(code(() => vcpu.setOneReg(CCSIDR(0), 0x701f_e001n))).toBe('EINVAL');
    vcpu.setOneReg(CCSIDR(0), 0x701f_e00bn);
    expect(vcpu.getOneReg(CCSIDR(0))).toBe(0x701f_e00bn);
    vcpu.init({ target: 5, features: [ALL_FEATURES['cortex-a57']] });
    expect(vcpu.getOneReg(CCSIDR(0))).toBe(0x701f_e00bn);
  });
});

describe('B3.firmware', () => {
  const PSCI = kvm.KVM_REG_ARM_PSCI_VERSION;

  test('B6.VERSION the VM\'s PSCI version, as the feature allows', () => {
    const { vm, vcpu } = start('cortex-a57', 4, 2);
    expect(vcpu.getOneReg(PSCI)).toBe(0x1_0001n);
    for (const version of [0n, 1n, 3n, 0x2_0000n, 1n << 40n]) expect(code(() => vcpu.setOneReg(PSCI, version))).toBe('EINVAL');
    for (const version of [2n, 0x1_0000n]) {
      vcpu.setOneReg(PSCI, version);
      expect(vm.vcpus.map(v => v.getOneReg(PSCI))).toEqual([version, version]);
    }
    const old = start('cortex-a57', 0).vcpu;
    expect(old.getOneReg(PSCI)).toBe(1n);
    expect(code(() => old.setOneReg(PSCI, 2n))).toBe('EINVAL');
    old.setOneReg(PSCI, 1n);
  });

  test('workarounds: none is here, and a VM that needs one is refused', () => {
    const { vcpu } = start();
    const [first, second, third] = [
      kvm.KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, kvm.KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2, kvm.KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
    ];
    expect([first, second, third]).toEqual([0x6030_0000_0014_0001n, 0x6030_0000_0014_0002n, 0x6030_0000_0014_0003n]);
    const accepts = (id: bigint): bigint[] => Array.from({ length: 40 }, (_, v) => BigInt(v)).filter(v => code(() => vcpu.setOneReg(id, v)) === 'no error');
    expect([first, second, third].map(accepts)).toEqual([[0n], [0n, 1n], [0n]]);
    expect([first, second, third].map(id => vcpu.getOneReg(id))).toEqual([0n, 0n, 0n]);
    expect(code(() => vcpu.getOneReg(0x6030_0000_0014_0004n))).toBe('ENOENT');
  });
});

describe('B3.bitmap', () => {
  const maps = [[kvm.KVM_REG_ARM_STD_BMAP, 1n], [kvm.KVM_REG_ARM_STD_HYP_BMAP, 1n], [kvm.KVM_REG_ARM_VENDOR_HYP_BMAP, 3n]] as const;

  test('services can be taken away, for the whole VM, and none added', () => {
    const { vm, vcpu } = start('cortex-a57', 4, 2);
    expect(maps.map(([id]) => id & 0xffff_ffffn)).toEqual([0x16_0000n, 0x16_0001n, 0x16_0002n]);
    for (const [id, all] of maps) {
      expect(vcpu.getOneReg(id)).toBe(all);
      expect(code(() => vcpu.setOneReg(id, all + 1n))).toBe('EINVAL');
      vcpu.setOneReg(id, 0n);
      expect(vm.vcpus[1]!.getOneReg(id)).toBe(0n);
      vcpu.setOneReg(id, all);
    }
    expect(code(() => vcpu.getOneReg(0x6030_0000_0016_0003n))).toBe('ENOENT');
  });

  test('after a run they stay: EBUSY, but what is there can be written again', () => {
    const { vcpu, cpus } = start('cortex-a57', 4);
    cpus[0]!.script.push(() => { vcpu.kick(); return kicked; });
    vcpu.run();
    for (const [id, all] of maps) {
      expect(code(() => vcpu.setOneReg(id, 0n))).toBe('EBUSY');
      expect(code(() => vcpu.setOneReg(id, 8n))).toBe('EINVAL');
      vcpu.setOneReg(id, all);
    }
  });
});

describe('B3.SVE', () => {
  test('A1.36 A1.39 A1.54 without SVE its capability is 0, its registers ENOENT, and V registers are what they are', () => {
    const { vm, vcpu } = start('cortex-a57');
    expect(vm.checkExtension(kvm.KVM_CAP_ARM_SVE)).toBe(0);
    for (const id of [0x6060_0000_0015_ffffn, 0x6080_0000_0015_0000n, 0x6050_0000_0015_0400n, 0x6050_0000_0015_0600n]) {
      expect(code(() => vcpu.getOneReg(id))).toBe('ENOENT');
    }
    expect(vcpu.getOneReg(kvm.ARM64_SYS_REG(3, 0, 0, 4, 0)) >> 32n & 15n).toBe(0n);
    expect(vcpu.getOneReg(CORE.V(0))).toBe(0n);
    const absent = start('max').vcpu;
    expect(code(() => absent.getOneReg(0x6080_0000_0015_0000n))).toBe('ENOENT');
    expect(absent.getOneReg(kvm.ARM64_SYS_REG(3, 0, 0, 4, 0)) >> 32n & 15n).toBe(0n);
  });
});
