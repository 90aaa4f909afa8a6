/** The registers of a CPU as text, read through the KVM API. */
import { KVM_REG_ARM_CORE, type Vcpu } from '../kvm/index.ts';

const hex = (value: bigint): string => value.toString(16).padStart(16, '0');
const COLUMNS = 4;
/** PSTATE of EL1 with its own stack pointer: M[2] and M[0]. */
const SP_ELX = 5n;

export function registersText(vcpu: Vcpu): string {
  const { PC, SP_EL0, SP_EL1, PSTATE, X } = KVM_REG_ARM_CORE;
  const pstate = vcpu.getOneReg(PSTATE);
  const sp = (pstate & SP_ELX) === SP_ELX ? SP_EL1 : SP_EL0;
  const flags = [...'NZCV'].map((flag, i) => (pstate >> BigInt(31 - i) & 1n ? flag : '-')).join('');
  let text = ` PC=${hex(vcpu.getOneReg(PC))}  SP=${hex(vcpu.getOneReg(sp))}  PSTATE=${pstate.toString(16).padStart(8, '0')} ${flags} EL${(pstate >> 2n & 3n).toString()}\n`;
  for (let n = 0; n < 31; n++) {
    text += `${n < 10 ? ' ' : ''}X${n}=${hex(vcpu.getOneReg(X(n)))}${n % COLUMNS === COLUMNS - 1 || n === 30 ? '\n' : '  '}`;
  }
  return text;
}
