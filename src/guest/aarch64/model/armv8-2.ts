/** Cores of Armv8.2-A: Cortex-A55 (ARM 100442), Cortex-A76 (ARM 100798) and Neoverse N1 (ARM 100616). */
import type { Part } from './model.ts';

const features = [
  'FP',
  'AES',
  'PMULL',
  'SHA1',
  'SHA256',
  'CRC32',
  'LSE',
  'RDM',
  'FP16',
  'DotProd',
  'DPB',
  'LRCPC',
  'PAN',
  'PAN2',
  'UAO',
  'TTCNP',
  'LOR',
  'HPDS',
  'HPDS2',
  'HAFDBS',
  'RAS',
  'IESB',
  'SSBS',
  'PMUv3',
  'PMUv3p1',
  'Debugv8p1',
  'Debugv8p2',
  'DoubleLock',
  'TGran4K',
  'TGran16K',
  'TGran64K',
  'ASID16',
  'MixedEnd',
  'SNSMem',
];

const AArch32 = {
  ID_PFR0_EL1: 0x10010131n,
  ID_PFR1_EL1: 0x00011011n,
  ID_PFR2_EL1: 0x11n,
  ID_DFR0_EL1: 0x04010088n,
  ID_MMFR0_EL1: 0x10201105n,
  ID_MMFR1_EL1: 0x40000000n,
  ID_MMFR2_EL1: 0x01260000n,
  ID_MMFR3_EL1: 0x02122211n,
  ID_MMFR4_EL1: 0x00021110n,
  ID_ISAR0_EL1: 0x02101110n,
  ID_ISAR1_EL1: 0x13112111n,
  ID_ISAR2_EL1: 0x21232042n,
  ID_ISAR3_EL1: 0x01112131n,
  ID_ISAR4_EL1: 0x00011142n,
  ID_ISAR5_EL1: 0x01011121n,
  ID_ISAR6_EL1: 0x10n,
  MVFR0_EL1: 0x10110222n,
  MVFR1_EL1: 0x13211111n,
  MVFR2_EL1: 0x43n,
};
/** The larger two have AArch32 at EL0 only. */
const AArch32_EL0 = { ...AArch32, ID_PFR1_EL1: 0x00010000n, ID_ISAR4_EL1: 0x00010142n };

const documented = {
  ID_AA64DFR0_EL1: 0x10305408n,
  ID_AA64ISAR0_EL1: 0x0000_1000_1021_1120n,
  ID_AA64ISAR1_EL1: 0x00100001n,
  ID_AA64MMFR0_EL1: 0x00101122n,
  ID_AA64MMFR1_EL1: 0x10212122n,
  ID_AA64MMFR2_EL1: 0x1011n,
  ID_AA64PFR0_EL1: 0x1100_0000_1011_1112n,
  ID_AA64PFR1_EL1: 0x10n,
};

const shared = {
  features,
  own: [],
  CLIDR: 0x82000023n,
  SCTLR: 0x30c50838n,
  breakpoints: 6,
  watchpoints: 4,
  contextBreakpoints: 2,
} as const;

export const cortexA55: Part = {
  ...shared,
  name: 'cortex-a55',
  description: 'Armv8.2-A, small: phones',
  compatible: 'arm,cortex-a55',
  paBits: 40,
  MIDR: 0x412fd050n,
  CTR: 0x84448004n,
  CCSIDR: [0x700fe01an, 0x200fe01an, 0x703fe07an],
  PMCR: 0x41453000,
  AArch32,
  documented: { ...documented, ID_AA64PFR0_EL1: 0x10112222n },
};

export const cortexA76: Part = {
  ...shared,
  name: 'cortex-a76',
  description: 'Armv8.2-A, large: phones, boards',
  compatible: 'arm,cortex-a76',
  features: [...features, 'CSV2', 'CSV3'],
  paBits: 40,
  MIDR: 0x414fd0b1n,
  CTR: 0x8444c004n,
  CCSIDR: [0x701fe01an, 0x201fe01an, 0x707fe03an],
  PMCR: 0x410b3000,
  AArch32: AArch32_EL0,
  documented,
};

export const neoverseN1: Part = {
  ...shared,
  name: 'neoverse-n1',
  description: 'Armv8.2-A: servers',
  compatible: 'arm,neoverse-n1',
  features: [...features, 'CSV2', 'CSV3', 'SSBS2'],
  own: ['Neoverse-N1'],
  paBits: 48,
  MIDR: 0x414fd0c1n,
  CTR: 0x8444c004n,
  CCSIDR: [0x701fe01an, 0x201fe01an, 0x70ffe03an],
  PMCR: 0x410c3000,
  AArch32: AArch32_EL0,
  documented: { ...documented, ID_AA64DFR0_EL1: 0x1_1030_5408n, ID_AA64MMFR0_EL1: 0x00101125n, ID_AA64PFR1_EL1: 0x20n },
};
