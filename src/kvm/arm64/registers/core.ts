/** Core registers: those of struct kvm_regs, by their place in it. */
import { sysregKey } from '../../../guest/aarch64/platform.ts';
import { readSP, writeSP } from '../../../guest/aarch64/pstate.ts';
import type { CpuState } from '../../../guest/aarch64/state.ts';
import { getRegister, setRegister } from '../../../guest/aarch64/sysreg/table.ts';
import { KvmError } from '../../errors.ts';
import { KVM_ARM_VCPU_SVE, KVM_REG_ARM_CORE } from '../numbers.ts';
import { invalid, sizeOf, unknown, type OneReg, type RegisterClass } from './register.ts';

/** 32-bit words of struct kvm_regs. */
const WORDS = 0xd8n;
const OFFSET = 0xf000_ffffn;
const LOW_HALF = 0xffff_ffff_ffff_ffffn;

/** PSTATE.M of EL0t, EL1t and EL1h: there is no EL2; and of AArch32, whose other modes are EL1's. */
const MODES = [0n, 4n, 5n];
const USER_MODE = 0x10n;
const MODE = 0x1fn;

const state = (get: (s: CpuState) => bigint, set: (s: CpuState, value: bigint) => void): OneReg => ({
  get: vcpu => get(vcpu.cpu.guest.state),
  set: (vcpu, value) => set(vcpu.cpu.guest.state, value),
});

const PSTATE: OneReg = {
  get: vcpu => BigInt(vcpu.cpu.guest.pstate),
  set: ({ cpu: { guest } }, value) => {
    const { state, model } = guest;
    const AArch32 = model.features.has('AA32EL0') && (value & MODE) === USER_MODE;
    if (!AArch32 && !MODES.includes(value & MODE)) throw invalid(value, 'PSTATE, whose mode is EL0t, EL1t or EL1h, or User with AArch32,');
    guest.pstate = Number(value & 0xffff_ffffn);
    if (!AArch32) return;
    for (let n = 0; n < 15; n++) state.x[n] = BigInt.asUintN(32, state.x[n]!);
    state.pc = BigInt.asUintN(32, state.pc);
  },
};

const floatingPoint = (key: number): OneReg => ({
  get: vcpu => getRegister(vcpu.cpu.guest, key) ?? 0n,
  set: (vcpu, value) => { setRegister(vcpu.cpu.guest, key, value); },
});

/** SPSR_abt, _und, _irq and _fiq, of AArch32: nothing but memory here. */
const bankedSPSR = (n: number): OneReg => ({
  get: vcpu => vcpu.aarch32.SPSR[n]!,
  set: (vcpu, value) => { vcpu.aarch32.SPSR[n] = value; },
});

function table(): ReadonlyMap<bigint, OneReg> {
  const { X, V, SPSR, SP_EL0, PC, SP_EL1, ELR_EL1, FPSR, FPCR } = KVM_REG_ARM_CORE;
  const map = new Map<bigint, OneReg>();
  for (let n = 0; n < 31; n++) map.set(X(n), state(s => s.x[n]!, (s, v) => { s.x[n] = v; }));
  map.set(SP_EL0, state(s => readSP(s, 0), (s, v) => writeSP(s, 0, v)));
  map.set(PC, state(s => s.pc, (s, v) => { s.pc = v; }));
  map.set(KVM_REG_ARM_CORE.PSTATE, PSTATE);
  map.set(SP_EL1, state(s => readSP(s, 1), (s, v) => writeSP(s, 1, v)));
  map.set(ELR_EL1, state(s => s.ELR_EL1, (s, v) => { s.ELR_EL1 = v; }));
  map.set(SPSR(0), state(s => s.SPSR_EL1, (s, v) => { s.SPSR_EL1 = v & 0xffff_ffffn; }));
  for (let n = 0; n < 4; n++) map.set(SPSR(n + 1), bankedSPSR(n));
  for (let n = 0; n < 32; n++) {
    map.set(V(n), state(s => s.v[2 * n]! | s.v[2 * n + 1]! << 64n, (s, v) => {
      s.v[2 * n] = v & LOW_HALF;
      s.v[2 * n + 1] = v >> 64n;
    }));
  }
  map.set(FPSR, floatingPoint(sysregKey(3, 3, 4, 4, 1)));
  map.set(FPCR, floatingPoint(sysregKey(3, 3, 4, 4, 0)));
  return map;
}

const registers = table();
const ids = [...registers.keys()];
const vectors: ReadonlySet<bigint> = new Set(Array.from({ length: 32 }, (_, n) => KVM_REG_ARM_CORE.V(n)));
/** With SVE they are the low parts of Z0 to Z31, and reached by these alone. */
const idsWithSVE = ids.filter(id => !vectors.has(id));

export const coreRegisters: RegisterClass = {
  find(vcpu, id) {
    const found = registers.get(id);
    if (vectors.has(id) && vcpu.hasFeature(KVM_ARM_VCPU_SVE)) throw new KvmError('EINVAL', `with SVE V registers are Z registers, not 0x${id.toString(16)}`);
    if (found) return found;
    const offset = id & OFFSET;
    if (offset >= WORDS || offset + BigInt(sizeOf(id) >>> 2) >= WORDS) throw unknown(id);
    throw new KvmError('EINVAL', `no core register is at 0x${offset.toString(16)} with ${sizeOf(id)} bytes`);
  },
  ids: vcpu => (vcpu.hasFeature(KVM_ARM_VCPU_SVE) ? idsWithSVE : ids),
};
