/**
 * SVE's registers (Documentation/virt/kvm/api.rst, 4.68): Z0 to Z31, P0 to P15 and FFR in slices of 2048 and 256 bits, of which
 * there is one and vectors of 128 bits fill the least significant part; and the vector lengths, which can be written until
 * KVM_ARM_VCPU_FINALIZE.
 */
import { FFR } from '../../../guest/aarch64/state.ts';
import { KvmError } from '../../errors.ts';
import { KVM_ARM_VCPU_SVE, KVM_REG_ARM64_SVE_FFR, KVM_REG_ARM64_SVE_PREG, KVM_REG_ARM64_SVE_VLS, KVM_REG_ARM64_SVE_ZREG } from '../numbers.ts';
import { invalid, unknown, type OneReg, type RegisterClass } from './register.ts';

/** One length: 128 bits, the first one's bit. */
const LENGTHS = 1n;
const DOUBLEWORD = 0xffff_ffff_ffff_ffffn;
const PREDICATE = 0xffffn;

const VLS: OneReg = {
  get: () => LENGTHS,
  set: (vcpu, value) => {
    if (vcpu.sveFinalized) throw new KvmError('EPERM', 'vector lengths can\'t be changed any more: the vCPU is finalised');
    if (value !== LENGTHS) throw invalid(value, 'the vector lengths, of which there is one,');
  },
};

const vector = (n: number): OneReg => ({
  get: ({ cpu: { guest: { state } } }) => state.v[2 * n]! | state.v[2 * n + 1]! << 64n,
  set: ({ cpu: { guest: { state } } }, value) => {
    state.v[2 * n] = value & DOUBLEWORD;
    state.v[2 * n + 1] = value >> 64n & DOUBLEWORD;
  },
});

const predicate = (n: number): OneReg => ({
  get: vcpu => BigInt(vcpu.cpu.guest.state.p[n]!),
  set: (vcpu, value) => { vcpu.cpu.guest.state.p[n] = Number(value & PREDICATE); },
});

const registers: ReadonlyMap<bigint, OneReg> = new Map([
  ...Array.from({ length: 32 }, (_, n): [bigint, OneReg] => [KVM_REG_ARM64_SVE_ZREG(n), vector(n)]),
  ...Array.from({ length: 16 }, (_, n): [bigint, OneReg] => [KVM_REG_ARM64_SVE_PREG(n), predicate(n)]),
  [KVM_REG_ARM64_SVE_FFR(), predicate(FFR)],
]);
const ids = [KVM_REG_ARM64_SVE_VLS, ...registers.keys()];

const LAST_SLICE = 31;
/** What has the shape of a register's id, whatever the slice is. */
const isRegister = (id: bigint): boolean =>
  (id >= KVM_REG_ARM64_SVE_ZREG(0) && id <= KVM_REG_ARM64_SVE_ZREG(31, LAST_SLICE)) ||
  (id >= KVM_REG_ARM64_SVE_PREG(0) && id <= KVM_REG_ARM64_SVE_FFR(LAST_SLICE));

export const sveRegisters: RegisterClass = {
  find(vcpu, id) {
    const isLengths = id === KVM_REG_ARM64_SVE_VLS;
    if (!isLengths && !isRegister(id)) throw new KvmError('EINVAL', `0x${id.toString(16)} is no id of an SVE register`);
    const found = isLengths ? VLS : registers.get(id);
    if (!found || !vcpu.hasFeature(KVM_ARM_VCPU_SVE)) throw unknown(id);
    if (!isLengths && !vcpu.sveFinalized) throw new KvmError('EPERM', 'SVE\'s registers are there after KVM_ARM_VCPU_FINALIZE');
    return found;
  },
  ids: vcpu => (vcpu.hasFeature(KVM_ARM_VCPU_SVE) ? ids : []),
};
