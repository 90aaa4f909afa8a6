/** KVM_GET_ONE_REG, KVM_SET_ONE_REG and KVM_GET_REG_LIST: the classes of ids, in Linux's order of errors. */
import { KvmError } from '../../errors.ts';
import { KVM_REG_ARM, registerClass } from '../numbers.ts';
import type { Arm64Vcpu } from '../vcpu.ts';
import { coreRegisters } from './core.ts';
import { demuxRegisters } from './demux.ts';
import { firmwareRegisters } from './firmware.ts';
import { sizeOf, unknown, type OneReg, type RegisterClass } from './register.ts';
import { sveRegisters } from './sve.ts';
import { systemRegisterClass } from './system.ts';

/** In the order of the list: what others depend on comes first. */
const classes: ReadonlyMap<bigint, RegisterClass> = new Map([
  [KVM_REG_ARM.CORE, coreRegisters],
  [KVM_REG_ARM.SVE, sveRegisters],
  [KVM_REG_ARM.FIRMWARE, firmwareRegisters],
  [KVM_REG_ARM.FIRMWARE_BITMAP, firmwareRegisters],
  [KVM_REG_ARM.SYSREG, systemRegisterClass],
  [KVM_REG_ARM.DEMUX, demuxRegisters],
]);

const SIZE = 0xf0_0000_0000_0000n;
const ARCHITECTURE = 0x6000_0000n;

function find(vcpu: Arm64Vcpu, id: bigint): OneReg {
  if ((id & ~SIZE) >> 32n !== ARCHITECTURE) throw new KvmError('EINVAL', `0x${id.toString(16)} is no id of an arm64 register`);
  const found = classes.get(registerClass(id));
  if (!found) throw unknown(id);
  return found.find(vcpu, id);
}

/** Throws ENOENT, EINVAL, EPERM. */
export const getOneReg = (vcpu: Arm64Vcpu, id: bigint): bigint => find(vcpu, id).get(vcpu);

/** Throws ENOENT, EINVAL, EPERM, EBUSY. */
export function setOneReg(vcpu: Arm64Vcpu, id: bigint, value: bigint): void {
  const register = find(vcpu, id);
  if (value < 0n || value >> BigInt(8 * sizeOf(id)) !== 0n) {
    throw new KvmError('EINVAL', `0x${value.toString(16)} doesn't fit register 0x${id.toString(16)}`);
  }
  register.set(vcpu, value);
}

/** Every id that getOneReg takes, once. */
export const getRegList = (vcpu: Arm64Vcpu): bigint[] => [...new Set(classes.values())].flatMap(c => c.ids(vcpu));
