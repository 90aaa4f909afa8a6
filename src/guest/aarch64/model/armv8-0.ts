/** Cores of Armv8.0-A: Cortex-A53 (ARM DDI 0500), Cortex-A57 (ARM DDI 0488) and Cortex-A72 (ARM 100095). */
import type { Part } from './model.ts';

/** With the optional Cryptography Extension, as most chips have it. */
const features = [
  'AA32EL0',
  'AA32EL1',
  'FP',
  'AES',
  'PMULL',
  'SHA1',
  'SHA256',
  'CRC32',
  'PMUv3',
  'DoubleLock',
  'TGran4K',
  'TGran64K',
  'ASID16',
  'MixedEnd',
  'SNSMem',
];

const AArch32 = {
  ID_PFR0_EL1: 0x131n,
  ID_PFR1_EL1: 0x11011n,
  ID_DFR0_EL1: 0x03010066n,
  ID_MMFR0_EL1: 0x10101105n,
  ID_MMFR1_EL1: 0x40000000n,
  ID_MMFR2_EL1: 0x01260000n,
  ID_MMFR3_EL1: 0x02102211n,
  ID_ISAR0_EL1: 0x02101110n,
  ID_ISAR1_EL1: 0x13112111n,
  ID_ISAR2_EL1: 0x21232042n,
  ID_ISAR3_EL1: 0x01112131n,
  ID_ISAR4_EL1: 0x00011142n,
  ID_ISAR5_EL1: 0x00011121n,
  MVFR0_EL1: 0x10110222n,
  MVFR1_EL1: 0x12111111n,
  MVFR2_EL1: 0x43n,
};

const documented = {
  ID_AA64PFR0_EL1: 0x2222n,
  ID_AA64PFR1_EL1: 0n,
  ID_AA64DFR0_EL1: 0x10305106n,
  ID_AA64ISAR0_EL1: 0x11120n,
  ID_AA64ISAR1_EL1: 0n,
  ID_AA64MMFR1_EL1: 0n,
  ID_AA64MMFR2_EL1: 0n,
};

const shared = {
  features,
  own: ['Cortex-A57'],
  CLIDR: 0x0a200023n,
  SCTLR: 0x00c50838n,
  breakpoints: 6,
  watchpoints: 4,
  contextBreakpoints: 2,
} as const;

export const cortexA53: Part = {
  ...shared,
  name: 'cortex-a53',
  description: 'Armv8.0-A, small: phones, boards',
  compatible: 'arm,cortex-a53',
  paBits: 40,
  MIDR: 0x410fd034n,
  CTR: 0x84448004n,
  CCSIDR: [0x700fe01an, 0x201fe00an, 0x707fe07an],
  PMCR: 0x41033000,
  AArch32,
  documented: { ...documented, ID_AA64MMFR0_EL1: 0x1122n },
};

export const cortexA57: Part = {
  ...shared,
  name: 'cortex-a57',
  description: 'Armv8.0-A, as in many servers and boards',
  compatible: 'arm,cortex-a57',
  paBits: 44,
  MIDR: 0x411fd070n,
  CTR: 0x8444c004n,
  CCSIDR: [0x701fe00an, 0x201fe012n, 0x70ffe07an],
  PMCR: 0x41013000,
  AArch32,
  documented: { ...documented, ID_AA64MMFR0_EL1: 0x1124n },
};

export const cortexA72: Part = {
  ...shared,
  name: 'cortex-a72',
  description: 'Armv8.0-A, large: boards, servers',
  compatible: 'arm,cortex-a72',
  paBits: 44,
  MIDR: 0x410fd083n,
  CTR: 0x8444c004n,
  CCSIDR: [0x701fe00an, 0x201fe012n, 0x707fe07an],
  PMCR: 0x41023000,
  AArch32: { ...AArch32, ID_MMFR0_EL1: 0x10201105n },
  documented: { ...documented, ID_AA64MMFR0_EL1: 0x1124n },
};
