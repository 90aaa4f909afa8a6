/** KVM_GET_ONE_REG and KVM_SET_ONE_REG of core registers, timers, PSCI version and system registers. */
import { sysregKey } from '../../guest/aarch64/platform.ts';
import { readSP, writeSP } from '../../guest/aarch64/pstate.ts';
import type { CpuState } from '../../guest/aarch64/state.ts';
import { getRegister, setRegister, systemRegisters } from '../../guest/aarch64/sysreg/table.ts';
import { KvmError } from '../errors.ts';
import {
  KVM_REG_ARM_CORE, KVM_REG_ARM_PSCI_VERSION, KVM_REG_ARM_PTIMER_CNT, KVM_REG_ARM_PTIMER_CTL, KVM_REG_ARM_PTIMER_CVAL,
  KVM_REG_ARM_TIMER_CNT, KVM_REG_ARM_TIMER_CTL, KVM_REG_ARM_TIMER_CVAL, sysregId, sysregKeyOf,
} from './numbers.ts';
import type { Arm64Vcpu } from './vcpu.ts';

interface OneReg {
  readonly get: (vcpu: Arm64Vcpu) => bigint;
  readonly set: (vcpu: Arm64Vcpu, value: bigint) => void;
}

const state = (get: (s: CpuState) => bigint, set: (s: CpuState, value: bigint) => void): OneReg => ({
  get: vcpu => get(vcpu.cpu.guest.state),
  set: (vcpu, value) => set(vcpu.cpu.guest.state, value),
});

/** SPSR banks of AArch32 modes (1..4): kept nowhere, as no AArch32 code runs. */
const absent: OneReg = { get: () => 0n, set: () => {} };

const PSTATE: OneReg = {
  get: vcpu => BigInt(vcpu.cpu.guest.pstate),
  set: (vcpu, value) => {
    const mode = Number(value & 0x1fn);
    if (mode !== 0 && mode !== 4 && mode !== 5) {
      throw new KvmError('EINVAL', `PSTATE 0x${value.toString(16)} has a mode that this vCPU can't be in (EL0t, EL1t or EL1h)`);
    }
    vcpu.cpu.guest.pstate = Number(value & 0xffffffffn);
  },
};

const timer = (which: 0 | 1) => ({
  control: {
    get: (vcpu: Arm64Vcpu) => BigInt(vcpu.timers.control(which)),
    set: (vcpu: Arm64Vcpu, value: bigint) => vcpu.timers.setControl(which, Number(value & 3n)),
  },
  compare: {
    get: (vcpu: Arm64Vcpu) => vcpu.timers.compare(which),
    set: (vcpu: Arm64Vcpu, value: bigint) => vcpu.timers.setCompare(which, value),
  },
  counter: {
    get: (vcpu: Arm64Vcpu) => vcpu.timers.counter(which),
    set: (vcpu: Arm64Vcpu, value: bigint) => vcpu.timers.setCounter(which, value),
  },
});

const PSCI_VERSION: OneReg = {
  get: vcpu => BigInt(vcpu.psciVersion),
  set: (vcpu, value) => { vcpu.psciVersion = Number(value); },
};

function table(): ReadonlyMap<bigint, OneReg> {
  const core = KVM_REG_ARM_CORE;
  const map = new Map<bigint, OneReg>();
  for (let n = 0; n < 31; n++) map.set(core.X(n), state(s => s.x[n]!, (s, v) => { s.x[n] = v; }));
  map.set(core.SP_EL0, state(s => readSP(s, 0), (s, v) => writeSP(s, 0, v)));
  map.set(core.PC, state(s => s.pc, (s, v) => { s.pc = v; }));
  map.set(core.PSTATE, PSTATE);
  map.set(core.SP_EL1, state(s => readSP(s, 1), (s, v) => writeSP(s, 1, v)));
  map.set(core.ELR_EL1, state(s => s.ELR_EL1, (s, v) => { s.ELR_EL1 = v; }));
  map.set(core.SPSR(0), state(s => s.SPSR_EL1, (s, v) => { s.SPSR_EL1 = v; }));
  for (let n = 1; n < 5; n++) map.set(core.SPSR(n), absent);
  for (let n = 0; n < 32; n++) {
    map.set(core.V(n), state(s => s.v[2 * n]! | s.v[2 * n + 1]! << 64n, (s, v) => {
      s.v[2 * n] = v & 0xffff_ffff_ffff_ffffn;
      s.v[2 * n + 1] = v >> 64n;
    }));
  }
  map.set(core.FPSR, system(sysregKey(3, 3, 4, 4, 1)));
  map.set(core.FPCR, system(sysregKey(3, 3, 4, 4, 0)));
  const [virtual, physical] = [timer(0), timer(1)];
  map.set(KVM_REG_ARM_TIMER_CTL, virtual.control);
  map.set(KVM_REG_ARM_TIMER_CVAL, virtual.compare);
  map.set(KVM_REG_ARM_TIMER_CNT, virtual.counter);
  map.set(KVM_REG_ARM_PTIMER_CTL, physical.control);
  map.set(KVM_REG_ARM_PTIMER_CVAL, physical.compare);
  map.set(KVM_REG_ARM_PTIMER_CNT, physical.counter);
  map.set(KVM_REG_ARM_PSCI_VERSION, PSCI_VERSION);
  return map;
}

function system(key: number): OneReg {
  return {
    get: vcpu => getRegister(vcpu.cpu.guest, key) ?? 0n,
    set: (vcpu, value) => { setRegister(vcpu.cpu.guest, key, value); },
  };
}

const registers = table();

/** Bytes of a register by its id. */
const sizeOf = (id: bigint): bigint => 1n << (id >> 52n & 15n);

/** Throws ENOENT. */
export function getOneReg(vcpu: Arm64Vcpu, id: bigint): bigint {
  const register = registers.get(id);
  const key = sysregKeyOf(id);
  const value = register ? register.get(vcpu) : key === undefined ? undefined : getRegister(vcpu.cpu.guest, key);
  if (value === undefined) throw unknown(id);
  return value;
}

/** Throws ENOENT, EINVAL. */
export function setOneReg(vcpu: Arm64Vcpu, id: bigint, value: bigint): void {
  if (value < 0n || value >> 8n * sizeOf(id) !== 0n) {
    throw new KvmError('EINVAL', `0x${value.toString(16)} doesn't fit register 0x${id.toString(16)}`);
  }
  const register = registers.get(id);
  if (register) {
    register.set(vcpu, value);
    return;
  }
  const key = sysregKeyOf(id);
  if (key === undefined) throw unknown(id);
  if (!setRegister(vcpu.cpu.guest, key, value)) setFixed(vcpu, id, key, value);
}

/** A register that the guest can only read takes the value that it has, so that all of a list can be written back. */
function setFixed(vcpu: Arm64Vcpu, id: bigint, key: number, value: bigint): void {
  const now = getRegister(vcpu.cpu.guest, key);
  if (now === undefined) throw unknown(id);
  if (now !== value) throw new KvmError('EINVAL', `register 0x${id.toString(16)} can't be changed`);
}

export function getRegList(vcpu: Arm64Vcpu): bigint[] {
  const ids = new Set(registers.keys());
  for (const { key } of systemRegisters) {
    if (getRegister(vcpu.cpu.guest, key) !== undefined) ids.add(sysregId(key));
  }
  return [...ids];
}

const unknown = (id: bigint): KvmError => new KvmError('ENOENT', `there is no register 0x${id.toString(16)}`);
