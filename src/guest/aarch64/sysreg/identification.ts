/** Identification and cache registers: ARM DDI 0487, D17.2, and D18.3 for the reserved ID space. */
import type { Arm64Cpu } from '../cpu.ts';
import { sysregKey } from '../platform.ts';
import { constant, type Encoding, register, type SystemRegister } from './register.ts';

const SCTLR_UCT = 1n << 15n;
const SCTLR_DZE = 1n << 14n;
const MPIDR_RES1 = 1n << 31n;
const GIC_FIELD = 1n << 24n;
const DCZID_DZP = 1n << 4n;
const PFR0 = sysregKey(3, 0, 0, 4, 0);

/** Names of op0 3, op1 0, CRn 0, CRm 1 to 7 by op2. */
const idSpace: Readonly<Record<number, readonly (string | undefined)[]>> = {
  1: ['ID_PFR0_EL1', 'ID_PFR1_EL1', 'ID_DFR0_EL1', 'ID_AFR0_EL1', 'ID_MMFR0_EL1', 'ID_MMFR1_EL1', 'ID_MMFR2_EL1', 'ID_MMFR3_EL1'],
  2: ['ID_ISAR0_EL1', 'ID_ISAR1_EL1', 'ID_ISAR2_EL1', 'ID_ISAR3_EL1', 'ID_ISAR4_EL1', 'ID_ISAR5_EL1', 'ID_MMFR4_EL1', 'ID_ISAR6_EL1'],
  3: ['MVFR0_EL1', 'MVFR1_EL1', 'MVFR2_EL1', undefined, 'ID_PFR2_EL1', 'ID_DFR1_EL1', 'ID_MMFR5_EL1'],
  4: ['ID_AA64PFR0_EL1', 'ID_AA64PFR1_EL1', undefined, undefined, 'ID_AA64ZFR0_EL1', 'ID_AA64SMFR0_EL1'],
  5: ['ID_AA64DFR0_EL1', 'ID_AA64DFR1_EL1', undefined, undefined, 'ID_AA64AFR0_EL1', 'ID_AA64AFR1_EL1'],
  6: ['ID_AA64ISAR0_EL1', 'ID_AA64ISAR1_EL1', 'ID_AA64ISAR2_EL1'],
  7: ['ID_AA64MMFR0_EL1', 'ID_AA64MMFR1_EL1', 'ID_AA64MMFR2_EL1', 'ID_AA64MMFR3_EL1'],
};

function* idRegisters(): Iterable<SystemRegister> {
  for (const [CRm, names] of Object.entries(idSpace)) {
    for (let op2 = 0; op2 < 8; op2++) {
      const name = names[op2] ?? `S3_0_C0_C${CRm}_${op2}`;
      const encoding: Encoding = [3, 0, 0, Number(CRm), op2];
      const index = idIndex(sysregKey(...encoding));
      yield constant(name, encoding, cpu => cpu.state.ID[index] as bigint);
    }
  }
}

/** op0 3, op1 0, 1 or 3, CRn 0, CRm 0 to 7. */
export const isIdentification = (key: number): boolean => [0xc000, 0xc800, 0xd800].includes(key & 0xffc0);
/** Where the state has a register of op0 3, op1 0, CRn 0. */
export const idIndex = (key: number): number => key & 63;

/**
 * What the model says goes into the state, from where the registers are read: it is the CPU's owner who may change it then
 * (KVM lets ID registers be written), and no reset does.
 */
export function identify({ state, model, options }: Arm64Cpu): void {
  for (const [CRm, names] of Object.entries(idSpace)) {
    names.forEach((name, op2) => {
      state.ID[idIndex(sysregKey(3, 0, 0, Number(CRm), op2))] = (name !== undefined && model.ID[name]) || 0n;
    });
  }
  if (options.gicSystemRegisters) state.ID[idIndex(PFR0)] = (state.ID[idIndex(PFR0)] as bigint) | GIC_FIELD;
  state.CTR_EL0 = model.ID.CTR_EL0 ?? 0n;
  state.CLIDR_EL1 = model.CLIDR;
  state.MPIDR_EL1 = MPIDR_RES1 | options.mpidr;
  state.CCSIDR.fill(0);
  // Levels and kinds that there are: L1 data and instruction, and L2 unified (CLIDR_EL1).
  model.CCSIDR.forEach((value, n) => {
    state.CCSIDR[n] = Number(value);
  });
}

const fromModel = (name: string, encoding: Encoding): SystemRegister => constant(name, encoding, cpu => cpu.model.ID[name] ?? 0n);

/** With FEAT_CCIDX the fields are wider: associativity from bit 3, sets from bit 32. */
function CCSIDR(cpu: Arm64Cpu): bigint {
  const value = BigInt(cpu.state.CCSIDR[Number(cpu.state.CSSELR_EL1)] ?? 0);
  if (!cpu.model.features.has('CCIDX')) return value;
  return ((value & 0xfff_e000n) << 19n) | (value & 0x1fffn);
}

export const identification: readonly SystemRegister[] = [
  ...idRegisters(),
  fromModel('MIDR_EL1', [3, 0, 0, 0, 0]),
  constant('MPIDR_EL1', [3, 0, 0, 0, 5], cpu => cpu.state.MPIDR_EL1),
  constant('REVIDR_EL1', [3, 0, 0, 0, 6], 0n),
  constant('AIDR_EL1', [3, 1, 0, 0, 7], 0n),
  constant('CCSIDR_EL1', [3, 1, 0, 0, 0], CCSIDR),
  // It is AArch32's, where CCSIDR is too narrow.
  constant('CCSIDR2_EL1', [3, 1, 0, 0, 2], 0n, { feature: 'CCIDX' }),
  constant('CLIDR_EL1', [3, 1, 0, 0, 1], cpu => cpu.state.CLIDR_EL1),
  register('CSSELR_EL1', [3, 2, 0, 0, 0], {
    read: cpu => cpu.state.CSSELR_EL1,
    write: (cpu, value) => {
      cpu.state.CSSELR_EL1 = value & 0xfn;
    },
    reset: cpu => {
      cpu.state.CSSELR_EL1 = 0n;
    },
  }),
  constant('CTR_EL0', [3, 3, 0, 0, 1], cpu => cpu.state.CTR_EL0, {
    EL0: 'R',
    trapsEL0: cpu => !(cpu.state.SCTLR_EL1 & SCTLR_UCT),
  }),
  constant(
    'DCZID_EL0',
    [3, 3, 0, 0, 7],
    cpu => {
      const prohibited = cpu.state.currentEL === 0 && !(cpu.state.SCTLR_EL1 & SCTLR_DZE);
      return (cpu.model.ID.DCZID_EL0 ?? 0n) | (prohibited ? DCZID_DZP : 0n);
    },
    { EL0: 'R' },
  ),
];
