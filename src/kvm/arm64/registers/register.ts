/** What the classes of KVM's register ids have in common. */
import { KvmError } from '../../errors.ts';
import type { Arm64Vcpu } from '../vcpu.ts';

export interface OneReg {
  readonly get: (vcpu: Arm64Vcpu) => bigint;
  /** The value fits the size in the id. Throws EINVAL, EBUSY. */
  readonly set: (vcpu: Arm64Vcpu, value: bigint) => void;
}

export interface RegisterClass {
  /** Throws ENOENT, or EINVAL where Linux does. */
  find(vcpu: Arm64Vcpu, id: bigint): OneReg;
  /** All that `find` finds for this vCPU. */
  ids(vcpu: Arm64Vcpu): readonly bigint[];
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

export const unknown = (id: bigint): KvmError => new KvmError('ENOENT', `there is no register ${hex(id)}`);
export const invalid = (value: bigint, name: string): KvmError => new KvmError('EINVAL', `${name} can't be ${hex(value)}`);

/** Bytes of a register, by its id. */
export const sizeOf = (id: bigint): number => 2 ** Number(id >> 52n & 15n);
