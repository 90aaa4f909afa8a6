/** Registers as a whole, out of KVM and into it: reference A1.47 to A1.63. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { ARM64_SYS_REG, KVM_REG_ARM_CORE, KVM_REG_ARM_TIMER_CNT, KvmError, type ErrnoName } from '../../src/kvm/index.ts';
import {
  registerList, RegisterSync, SYNC_FULL, SYNC_RESET, SYNC_RUNTIME, syncLevel, syncsViaList, type CpuRegisters, type SyncedVcpu,
} from '../../src/machine/register-sync.ts';
import { code } from '../kvm/error-code.ts';
import { realVm } from '../kvm/real.ts';

const { X, V, SPSR, SP_EL0, SP_EL1, PSTATE, PC, ELR_EL1, FPSR, FPCR } = KVM_REG_ARM_CORE;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const MIDR = ARM64_SYS_REG(3, 0, 0, 0, 0);
const SVE_Z0 = 0x6080_0000_0015_0000n;
const FIRMWARE = 0x6030_0000_0014_0000n;
const CORE_ORDER = [...numbers(31).map(X), SP_EL0, SP_EL1, PSTATE, PC, ELR_EL1, ...numbers(5).map(SPSR), ...numbers(32).map(V), FPSR, FPCR];

const events = { exception: { serror_pending: false, serror_has_esr: false, serror_esr: 0n, ext_dabt_pending: false } };

/** A vCPU that notes what is done, and fails where it is told to. */
function noting(list: readonly bigint[], failing: ReadonlyMap<bigint | string, ErrnoName> = new Map(), values: (id: bigint) => bigint = () => 0n): { vcpu: SyncedVcpu; calls: (bigint | string)[] } {
  const calls: (bigint | string)[] = [];
  const note = (what: bigint | string): void => {
    calls.push(what);
    const errno = failing.get(what);
    if (errno) throw new KvmError(errno, 'no');
  };
  const vcpu = {
    getOneReg: (id: bigint) => { note(id); return values(id); },
    setOneReg: (id: bigint) => note(id),
    getRegList: (into: { n: number; reg: BigUint64Array }) => {
      const room = Math.min(into.n, into.reg.length);
      into.n = list.length;
      if (room < list.length) throw new KvmError('E2BIG', 'no');
      into.reg.set(list);
    },
    getVcpuEvents: () => { note('events'); return events; },
    setVcpuEvents: () => note('events'),
    getMpState: () => { note('mp'); return 0; },
    setMpState: () => note('mp'),
  } as unknown as SyncedVcpu;
  return { vcpu, calls };
}

describe('the list', () => {
  it('A1.47 core and SVE are left out, the rest is sorted; a register of another size is EINVAL', () => {
    expect(registerList(noting([MIDR, X(0), SVE_Z0, FIRMWARE, KVM_REG_ARM_TIMER_CNT]).vcpu)).toEqual([MIDR, KVM_REG_ARM_TIMER_CNT, FIRMWARE]);
    expect(code(() => registerList(noting([0x6040_0000_0013_0000n]).vcpu))).toBe('EINVAL');
    expect(registerList(noting([]).vcpu)).toEqual([]);
  });

  it('A1.49 A1.50 A1.51 classes by id, and the counter the only one for the highest level', () => {
    expect([X(3), SVE_Z0, MIDR, FIRMWARE, 0x6030_0000_0016_0000n, 0x6020_0000_0011_0000n].map(syncsViaList)).toEqual([false, false, true, true, true, true]);
    expect([KVM_REG_ARM_TIMER_CNT, MIDR].map(syncLevel)).toEqual([SYNC_FULL, SYNC_RUNTIME]);
    expect(KVM_REG_ARM_TIMER_CNT).toBe(0x6030_0000_0013_df1an);
  });

  it('A1.52 A1.53 A1.54 ids of core registers', () => {
    expect([X(0), X(30), SP_EL0, PC, PSTATE, SP_EL1, ELR_EL1, SPSR(0), SPSR(4)].map(id => id - 0x6030_0000_0010_0000n))
      .toEqual([0n, 0x3cn, 0x3en, 0x40n, 0x42n, 0x44n, 0x46n, 0x48n, 0x50n]);
    expect([V(0), V(31), FPSR, FPCR]).toEqual([0x6040_0000_0010_0054n, 0x6040_0000_0010_00d0n, 0x6020_0000_0010_00d4n, 0x6020_0000_0010_00d5n]);
  });
});

describe('what is read and written, and when', () => {
  const list = [MIDR, KVM_REG_ARM_TIMER_CNT];
  const state = (): CpuRegisters => new RegisterSync(noting(list).vcpu).get();

  it('A1.60 the order of reading', () => {
    const { vcpu, calls } = noting(list);
    new RegisterSync(vcpu).get();
    expect(calls).toEqual([...CORE_ORDER, 'events', MIDR, KVM_REG_ARM_TIMER_CNT, 'mp']);
  });

  it('A1.55 A1.57 A1.58 the order of writing: events behind all registers, the MP state last', () => {
    const { vcpu, calls } = noting(list);
    new RegisterSync(vcpu).put(state(), SYNC_FULL);
    expect(calls).toEqual([...CORE_ORDER, MIDR, KVM_REG_ARM_TIMER_CNT, 'events', 'mp']);
  });

  it('A1.50 issue 5.4: the counter is written in full only', () => {
    for (const [level, written] of [[SYNC_RUNTIME, false], [SYNC_RESET, false], [SYNC_FULL, true]] as const) {
      const { vcpu, calls } = noting(list);
      new RegisterSync(vcpu).put(state(), level);
      expect([level, calls.includes(KVM_REG_ARM_TIMER_CNT), calls.includes(MIDR)]).toEqual([level, written, true]);
    }
  });

  it('A1.56 the first failure ends it: of core registers and events as it is, of the list as EINVAL', () => {
    for (const [at, errno, expected] of [[PC, 'EPERM', 'EPERM'], [FPCR, 'EPERM', 'EPERM'], [MIDR, 'ENOENT', 'EINVAL'], ['events', 'ENXIO', 'ENXIO']] as const) {
      const { vcpu, calls } = noting(list, new Map([[at, errno]]));
      expect(code(() => new RegisterSync(vcpu).put(state(), SYNC_FULL))).toBe(expected);
      expect(calls.at(-1)).toBe(at);
    }
  });

  it('A1.61 A1.62 a register of the list that isn\'t read is EINVAL, and so is a guest in AArch32', () => {
    expect(code(() => new RegisterSync(noting(list, new Map([[MIDR, 'ENOENT']])).vcpu).get())).toBe('EINVAL');
    expect(code(() => new RegisterSync(noting(list, new Map([[SP_EL0, 'ENOENT']])).vcpu).get())).toBe('ENOENT');
    expect(code(() => new RegisterSync(noting(list, new Map(), id => (id === PSTATE ? 0x10n : 0n)).vcpu).get())).toBe('EINVAL');
  });
});

describe('on the real API', () => {
  const ADD = 0x9100_0463; // add x3, x3, #1
  const LOOP = 0x17ff_fffe; // b .-8

  it('A1.63 A1.59 issue 5.4: out and in again on a guest that runs changes nothing', () => {
    const run = (synced: boolean): CpuRegisters => {
      const { vcpu } = realVm([ADD, 0x4e20_8400, LOOP]); // add v0.16b, v0.16b, v0.16b
      vcpu.setOneReg(ARM64_SYS_REG(3, 0, 1, 0, 2), 3n << 20n); // CPACR_EL1.FPEN
      vcpu.setOneReg(V(0), 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10n);
      const sync = new RegisterSync(vcpu);
      for (let n = 0; n < 20; n++) {
        vcpu.arch.cpu.setBudget(101 + n);
        vcpu.run();
        if (synced) sync.put(sync.get(), n % 2 ? SYNC_RUNTIME : SYNC_FULL);
      }
      return sync.get();
    };
    const plain = run(false);
    expect(plain.core.get(X(3))).toBeGreaterThan(500n);
    expect(run(true)).toEqual(plain);
  });

  it('A1.63 any values that registers can have are read as they were written', () => {
    const random = new Random(63);
    const { vcpu } = realVm([ADD]);
    const sync = new RegisterSync(vcpu);
    const initial = sync.get();
    const word = (): bigint => BigInt(random.below(2 ** 32)) << 32n | BigInt(random.below(2 ** 32));
    for (let round = 0; round < 20; round++) {
      // Those of the list keep what of it they can.
      const core = new Map([...initial.core].map(([id, value]) => [id, id === PSTATE ? (word() & 0xf000_03c0n) | 5n : id === FPCR || id === FPSR ? value : id >> 52n === 0x604n ? word() << 64n | word() : word()]));
      for (const [id, value] of core) vcpu.setOneReg(id, value);
      const settled = sync.get();
      sync.put(settled, SYNC_FULL);
      expect(sync.get()).toEqual(settled);
      expect([settled.core.get(X(7)), settled.core.get(V(9)), settled.core.get(PC)]).toEqual([core.get(X(7)), core.get(V(9)), core.get(PC)]);
    }
  });
});
