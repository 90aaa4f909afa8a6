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
  MIDR: 0x000f0540n,
  // SPAN, LSMAOE and nTLSMD are RES1 or reset to 1, TSCXT as well.
  SCTLR: 0x30d50838n,
  CTR: cortexA57.CTR | (3n << 28n),
  PMCR: 0x00003000,
};
