/**
 * IMPLEMENTATION DEFINED registers of the cores, which firmware sets and kernels may read: ARM DDI 0488, 4.3 for Cortex-A57
 * and its kin, ARM 100616, B2 for Neoverse N1 and its kin. What they tune isn't there: they keep nothing.
 */
import { constant, type Encoding, RAZ_WI, type SystemRegister } from './register.ts';

type Row = readonly [name: string, ...encoding: Encoding];

const A57: readonly Row[] = [
  ['CPUACTLR_EL1', 3, 1, 15, 2, 0],
  ['CPUECTLR_EL1', 3, 1, 15, 2, 1],
  ['CPUMERRSR_EL1', 3, 1, 15, 2, 2],
  ['L2MERRSR_EL1', 3, 1, 15, 2, 3],
  ['L2ACTLR_EL1', 3, 1, 15, 0, 0],
  ['L2CTLR_EL1', 3, 1, 11, 0, 2],
  ['L2ECTLR_EL1', 3, 1, 11, 0, 3],
];
const DynamIQ: readonly Row[] = [
  ['CPUACTLR_EL1', 3, 0, 15, 1, 0],
  ['CPUECTLR_EL1', 3, 0, 15, 1, 4],
  ['CPUPWRCTLR_EL1', 3, 0, 15, 2, 7],
];
const A76: readonly Row[] = [
  ['CPUACTLR2_EL1', 3, 0, 15, 1, 1],
  ['CPUACTLR3_EL1', 3, 0, 15, 1, 2],
  ['ATCR_EL1', 3, 0, 15, 7, 0],
];
/** SCU is 1: the core stands alone, and the registers of a cluster aren't there. */
const CPUCFR_SCU = 1n << 2n;

const of = (rows: readonly Row[], feature: string): readonly SystemRegister[] =>
  rows.map(([name, ...encoding]) => RAZ_WI(name, encoding, { feature }));

export const implementationDefined: readonly SystemRegister[] = [
  ...of(A57, 'Cortex-A57'),
  ...of(DynamIQ, 'DynamIQ'),
  constant('CPUCFR_EL1', [3, 0, 15, 0, 0], CPUCFR_SCU, { feature: 'DynamIQ' }),
  ...of(A76, 'Cortex-A76'),
];
/** Such registers have no names for assemblers. */
export const isImplementationDefined = (register: SystemRegister): boolean => implementationDefined.includes(register);
