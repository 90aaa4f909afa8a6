/** AArch64's registers for GDB: its standard features `core` and `fpu`, and the system registers that the vCPU has. */
import { KVM_REG_ARM64_SVE_VLS, KVM_REG_ARM64_SVE_ZREG, KVM_REG_ARM_CORE, systemRegisterName } from '../../kvm/index.ts';
import type { Architecture, RegisterAccess, RegisterFeature, RegisterInfo } from '../architecture.ts';
import { cpsrFlags, fpcrFlags, fpsrFlags } from './fields.ts';
import { VECTOR_TYPE, vectorTypes } from './vectors.ts';

const { X, V, PC, PSTATE, SP_EL0, SP_EL1, FPSR, FPCR } = KVM_REG_ARM_CORE;

const plain = (name: string, bits: number, id: bigint, more: Pick<RegisterInfo, 'type' | 'group'> = {}): RegisterInfo => ({
  name, bits, ...more, read: from => from.get(id), write: (to, value) => to.set(id, value),
});

const numbered = (letter: string, count: number, make: (name: string, n: number) => RegisterInfo): RegisterInfo[] =>
  Array.from({ length: count }, (_, n) => make(`${letter}${n}`, n));

/** PSTATE's M[3:2], the exception level, and M[0], SPSel. */
const currentSp = (from: RegisterAccess): bigint => {
  const pstate = from.get(PSTATE);
  return (pstate & 0xcn) !== 0n && (pstate & 1n) !== 0n ? SP_EL1 : SP_EL0;
};

const core: RegisterFeature = {
  name: 'org.gnu.gdb.aarch64.core',
  types: cpsrFlags,
  registers: [
    ...numbered('x', 31, (name, n) => plain(name, 64, X(n), { type: 'int' })),
    { name: 'sp', bits: 64, type: 'data_ptr', read: from => from.get(currentSp(from)), write: (to, value) => to.set(currentSp(to), value) },
    plain('pc', 64, PC, { type: 'code_ptr' }),
    plain('cpsr', 32, PSTATE, { type: 'cpsr_flags' }),
  ],
};

/** `vector`: ids of the registers of 128 bits. With SVE they are its own. */
const fpu = (vector: (n: number) => bigint): RegisterFeature => ({
  name: 'org.gnu.gdb.aarch64.fpu',
  types: `${vectorTypes}${fpsrFlags}${fpcrFlags}`,
  registers: [
    ...numbered('v', 32, (name, n) => plain(name, 128, vector(n), { type: VECTOR_TYPE })),
    plain('fpsr', 32, FPSR, { type: 'fpsr_flags', group: 'float' }),
    plain('fpcr', 32, FPCR, { type: 'fpcr_flags', group: 'float' }),
  ],
});

/** `ids`: what KVM_GET_REG_LIST gives for a vCPU of the machine. */
export function aarch64(ids: readonly bigint[]): Architecture {
  const named = ids.map(id => [id, systemRegisterName(id)] as const).filter((pair): pair is readonly [bigint, string] => pair[1] !== undefined);
  const system: RegisterFeature = {
    name: 'tessera.aarch64.system',
    registers: named.map(([id, name]) => plain(name, 64, id, { type: 'int', group: 'system' })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return { name: 'aarch64', features: [core, fpu(ids.includes(KVM_REG_ARM64_SVE_VLS) ? KVM_REG_ARM64_SVE_ZREG : V), system], general: 2, pc: 'pc', expedited: ['x29', 'sp', 'pc'] };
}
