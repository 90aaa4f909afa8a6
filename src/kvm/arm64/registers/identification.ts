/**
 * What identifies the CPU of a VM: the space of ID registers, the same for all its vCPUs, and what says how its caches are.
 * Those of AArch32 are zero where there is none, as they are UNKNOWN then.
 */
import type { Arm64Cpu } from '../../../guest/aarch64/cpu.ts';
import { sysregKey } from '../../../guest/aarch64/platform.ts';
import { idIndex, identification } from '../../../guest/aarch64/sysreg/identification.ts';
import { getRegister } from '../../../guest/aarch64/sysreg/table.ts';
import { KvmError } from '../../errors.ts';
import type { Arm64Vcpu } from '../vcpu.ts';
import { invalid, type OneReg } from './register.ts';
import { CTR_EL0, isAllowed, writable } from './writable.ts';

const FIRST_ID = sysregKey(3, 0, 0, 1, 0);
const LAST_ID = sysregKey(3, 0, 0, 7, 7);
const LAST_AARCH32 = sysregKey(3, 0, 0, 3, 7);
const CLIDR_EL1 = sysregKey(3, 1, 0, 0, 1);
/** MIDR_EL1, REVIDR_EL1, AIDR_EL1: always what they are. */
const invariants = [sysregKey(3, 0, 0, 0, 0), sysregKey(3, 0, 0, 0, 6), sysregKey(3, 1, 0, 0, 7)];
const MPIDR_EL1 = sysregKey(3, 0, 0, 0, 5);

const nameOf = (key: number): string => identification.find(r => r.key === key)?.name ?? 'an ID register';
const read = (guest: Arm64Cpu, key: number): bigint => getRegister(guest, key) ?? 0n;

function write({ state }: Arm64Cpu, key: number, value: bigint): void {
  if (key === CTR_EL0) state.CTR_EL0 = value;
  else state.ID[idIndex(key)] = value;
}

const hasAArch32 = ({ cpu }: Arm64Vcpu): boolean => cpu.guest.model.features.has('AA32EL0');

/** A new vCPU is like the others of its VM. */
export function adoptIdentification(vcpu: Arm64Vcpu): void {
  const { state } = vcpu.cpu.guest;
  if (!hasAArch32(vcpu)) state.ID.fill(0n, idIndex(FIRST_ID), idIndex(LAST_AARCH32) + 1);
  vcpu.limits = new Map([...registers.keys()].map(key => [key, read(vcpu.cpu.guest, key)]));
  const other = vcpu.all.find(v => v !== vcpu && v.initialized);
  if (!other) return;
  state.ID.set(other.cpu.guest.state.ID);
  state.CTR_EL0 = other.cpu.guest.state.CTR_EL0;
}

const forAll = (key: number): OneReg => ({
  get: vcpu => read(vcpu.cpu.guest, key),
  set: (vcpu, value) => {
    if (value === read(vcpu.cpu.guest, key)) return;
    if (!isAllowed(key, value, vcpu.limits.get(key) ?? 0n)) throw invalid(value, nameOf(key));
    if (vcpu.vm.hasRun) throw new KvmError('EBUSY', `${nameOf(key)} can't be changed after a vCPU ran`);
    for (const { initialized, cpu } of vcpu.all) if (initialized) write(cpu.guest, key, value);
  },
});

/** Among AArch32's: ID_AFR0_EL1, ID_DFR1_EL1 and two that are no registers take no other value than 0. */
const hidden = new Set([[1, 3], [3, 3], [3, 5], [3, 7]].map(([CRm, op2]) => sysregKey(3, 0, 0, CRm!, op2!)));
/** Without AArch32 the others take any, and stay as they are. */
function ofAArch32(key: number): OneReg {
  const { get, set } = forAll(key);
  return { get, set: (vcpu, value) => { if (hasAArch32(vcpu)) set(vcpu, value); } };
}

const invariant = (key: number): OneReg => ({
  get: vcpu => read(vcpu.cpu.guest, key),
  set: (vcpu, value) => { if (value !== read(vcpu.cpu.guest, key)) throw invalid(value, nameOf(key)); },
});

/** Where in the topology a vCPU is may be chosen freely. */
const MPIDR: OneReg = {
  get: vcpu => vcpu.cpu.guest.state.MPIDR_EL1,
  set: (vcpu, value) => vcpu.setMpidr(value),
};

/** Ctype, LoUIS, LoC, LoUU, ICB, Ttype. */
const CLIDR_bits = 0x7fff_ffff_ffffn;
const CTR_IDC = 1n << 28n;

/** Each vCPU has its own. It may not say that data caches needn't be cleaned where CTR_EL0 says that they do. */
const CLIDR: OneReg = {
  get: vcpu => vcpu.cpu.guest.state.CLIDR_EL1,
  set: ({ cpu: { guest: { state } } }, value) => {
    const LoUIS = value >> 21n & 7n;
    const LoC = value >> 24n & 7n;
    const LoUU = value >> 27n & 7n;
    const IDC = LoC === 0n || (LoUIS === 0n && LoUU === 0n);
    const same = value === state.CLIDR_EL1;
    if (!same && (value & ~CLIDR_bits || (IDC && !(state.CTR_EL0 & CTR_IDC)))) throw invalid(value, 'CLIDR_EL1');
    state.CLIDR_EL1 = value;
  },
};

function* table(): Iterable<readonly [number, OneReg]> {
  for (let key = FIRST_ID; key <= LAST_ID; key++) yield [key, key <= LAST_AARCH32 && !hidden.has(key) ? ofAArch32(key) : forAll(key)];
  yield [CTR_EL0, forAll(CTR_EL0)];
  yield [CLIDR_EL1, CLIDR];
  yield [MPIDR_EL1, MPIDR];
  for (const key of invariants) yield [key, invariant(key)];
}

/** By sysregKey. */
const registers: ReadonlyMap<number, OneReg> = new Map(table());
export { registers as identificationRegisters };

/** The space that KVM_ARM_GET_REG_WRITABLE_MASKS is about: op0 3, op1 0, 1, 3, CRn 0, CRm and op2. */
const MASKS = 3 * 64;

/** A mask for each register of the space: op1 (0, 1, 3 in this order), then CRm, then op2. */
export function writableMasks(): BigUint64Array {
  const masks = new BigUint64Array(MASKS);
  for (const [key, mask] of writable) {
    const op1 = key >>> 11 & 7;
    masks[(op1 === 3 ? 2 : op1) * 64 + (key & 63)] = mask;
  }
  masks[64 + (CLIDR_EL1 & 63)] = CLIDR_bits;
  return masks;
}
