/** Identification and cache registers: ARM DDI 0487, D17.2, and D18.3 for the reserved ID space. */
import type { Arm64Cpu } from '../cpu.ts';
import { constant, type Encoding, register, type SystemRegister } from './register.ts';

const SCTLR_UCT = 1n << 15n;
const SCTLR_DZE = 1n << 14n;
const MPIDR_RES1 = 1n << 31n;
const GIC_FIELD = 1n << 24n;
const DCZID_DZP = 1n << 4n;

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

function idRegister(cpu: Arm64Cpu, name: string): bigint {
  const value = cpu.model.ID[name] ?? 0n;
  return name === 'ID_AA64PFR0_EL1' && cpu.options.gicSystemRegisters ? value | GIC_FIELD : value;
}

function* idRegisters(): Iterable<SystemRegister> {
  for (const [CRm, names] of Object.entries(idSpace)) {
    for (let op2 = 0; op2 < 8; op2++) {
      const name = names[op2] ?? `S3_0_C0_C${CRm}_${op2}`;
      yield constant(name, [3, 0, 0, Number(CRm), op2], cpu => idRegister(cpu, name));
    }
  }
}

/** op0 3, op1 0, 1 or 3, CRn 0, CRm 0 to 7. */
export const isIdentification = (key: number): boolean => [0xc000, 0xc800, 0xd800].includes(key & 0xffc0);

const fromModel = (name: string, encoding: Encoding): SystemRegister => constant(name, encoding, cpu => cpu.model.ID[name] ?? 0n);

/** With FEAT_CCIDX the fields are wider: associativity from bit 3, sets from bit 32. */
function CCSIDR(cpu: Arm64Cpu): bigint {
  const value = selectedCache(cpu);
  if (!cpu.model.features.has('CCIDX')) return value;
  return ((value & 0xfff_e000n) << 19n) | (value & 0x1fffn);
}

/** Levels and kinds that there are: L1 data and instruction, and L2 unified (CLIDR_EL1). */
function selectedCache(cpu: Arm64Cpu): bigint {
  const [L1D, L1I, L2] = cpu.model.CCSIDR;
  switch (cpu.state.CSSELR_EL1) {
    case 0n:
      return L1D;
    case 1n:
      return L1I;
    case 2n:
      return L2;
    default:
      return 0n;
  }
}

export const identification: readonly SystemRegister[] = [
  ...idRegisters(),
  fromModel('MIDR_EL1', [3, 0, 0, 0, 0]),
  constant('MPIDR_EL1', [3, 0, 0, 0, 5], cpu => MPIDR_RES1 | cpu.options.mpidr),
  constant('REVIDR_EL1', [3, 0, 0, 0, 6], 0n),
  constant('AIDR_EL1', [3, 1, 0, 0, 7], 0n),
  constant('CCSIDR_EL1', [3, 1, 0, 0, 0], CCSIDR),
  // It is AArch32's, where CCSIDR is too narrow.
  constant('CCSIDR2_EL1', [3, 1, 0, 0, 2], 0n, { feature: 'CCIDX' }),
  fromModel('CLIDR_EL1', [3, 1, 0, 0, 1]),
  register('CSSELR_EL1', [3, 2, 0, 0, 0], {
    read: cpu => cpu.state.CSSELR_EL1,
    write: (cpu, value) => {
      cpu.state.CSSELR_EL1 = value & 0xfn;
    },
    reset: cpu => {
      cpu.state.CSSELR_EL1 = 0n;
    },
  }),
  constant('CTR_EL0', [3, 3, 0, 0, 1], cpu => cpu.model.ID.CTR_EL0 ?? 0n, {
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
