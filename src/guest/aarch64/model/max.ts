/** `max`: a core of software with every feature that we have, and else as a Cortex-A57. */
import { features } from './features.ts';
import { cortexA57 } from './armv8-0.ts';
import type { Part } from './model.ts';

/** What a choice between two is not decided for. */
const onRequestOnly = ['PACIMP'];

export const max: Part = {
  ...cortexA57,
  name: 'max',
  description: 'everything that is implemented',
  compatible: 'arm,armv8',
  features: [...features.keys()].filter(name => !onRequestOnly.includes(name)),
  own: [],
  paBits: 52,
  // Implementer 0: a core of software.
  MIDR: 0x000f0510n,
  // As in cores of Armv8.2: SPAN, LSMAOE and nTLSMD are 1.
  SCTLR: 0x30c50838n,
  // LoUU and LoUIS are 0: no cache has to be cleaned for another one.
  CLIDR: 0x02000023n,
  PMCR: 0x00003000,
  AArch32: {
    ...cortexA57.AArch32,
    ID_PFR0_EL1: 0x11020131n,
    ID_PFR2_EL1: 0x11n,
    ID_DFR0_EL1: 0x06010009n,
    ID_MMFR3_EL1: 0x02122211n,
    ID_MMFR4_EL1: 0x00011110n,
    ID_MMFR5_EL1: 1n,
    ID_ISAR5_EL1: 0x11011121n,
    ID_ISAR6_EL1: 0x01111111n,
    MVFR1_EL1: 0x13211111n,
  },
};
