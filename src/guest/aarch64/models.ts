/**
 * CPU models: what the identification registers of a core say (ARM DDI 0488 for Cortex-A57), and the features that the
 * decoder and the system registers go by. Of a feature that we have, the register says so; of none other.
 */

export type CpuModelName = 'cortex-a57' | 'max';

export interface CpuModel {
  readonly name: CpuModelName;
  /** FEAT_ names without the prefix; and 'CortexA57' for its IMPLEMENTATION DEFINED registers. */
  readonly features: ReadonlySet<string>;
  /** Physical address bits. */
  readonly paBits: number;
  /** 16K translation granule. */
  readonly granule16K: boolean;
  /** Value at reset, and the bits that a write can change. */
  readonly SCTLR: { readonly reset: bigint; readonly writable: bigint };
  readonly CCSIDR: readonly [L1D: bigint, L1I: bigint, L2: bigint];
  readonly PMCR: number;
  /** Identification registers by name; those of op0 3, op1 0, CRn 0 that aren't here read as zero. */
  readonly ID: Readonly<Record<string, bigint>>;
}

/** PARange in ID_AA64MMFR0_EL1 and IPS in TCR_EL1: physical address bits. */
export const physicalSizes = [32, 36, 40, 42, 44, 48] as const;

/**
 * What runs at EL0 and EL1 is AArch64 alone: EL0 and EL1 are 1 here where a Cortex-A57 of silicon has 2, so that a
 * kernel doesn't start programs that can't run.
 */
const PFR0_AArch64 = 0x11n;

/** AArch32 views: UNKNOWN without AArch32; we keep the core's values. */
const AArch32_A57 = {
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

const shared = {
  CTR_EL0: 0x8444c004n,
  CLIDR_EL1: 0x0a200023n,
  /** DC ZVA zeroes 4 << 4 bytes. */
  DCZID_EL0: 4n,
  /** PMUv3, 6 breakpoints, 4 watchpoints, 2 of the breakpoints context-aware. */
  ID_AA64DFR0_EL1: 0x10305106n,
};

const caches = [0x701fe00an, 0x201fe012n, 0x70ffe07an] as const;
const baseFeatures = ['AES', 'PMULL', 'SHA1', 'SHA256', 'CRC32'];

export const cortexA57: CpuModel = {
  name: 'cortex-a57',
  features: new Set([...baseFeatures, 'CortexA57']),
  paBits: 44,
  granule16K: false,
  SCTLR: { reset: 0x00c50838n, writable: 0xffff_ffffn },
  CCSIDR: caches,
  PMCR: 0x41013000,
  ID: {
    ...shared,
    ...AArch32_A57,
    MIDR_EL1: 0x411fd070n,
    ID_AA64PFR0_EL1: PFR0_AArch64,
    ID_AA64ISAR0_EL1: 0x00011120n,
    ID_AA64MMFR0_EL1: 0x00001124n,
  },
};

/** What `max` has as far as instructions for it exist; the rest of it is in system registers and the MMU. */
const instructionFeatures = [
  ...baseFeatures,
  'LSE',
  'RDM',
  'SHA512',
  'SHA3',
  'SM3',
  'SM4',
  'DotProd',
  'FHM',
  'FlagM',
  'FlagM2',
  'FP16',
  'JSCVT',
  'FCMA',
  'LRCPC',
  'LRCPC2',
  'FRINTTS',
  'BF16',
  'I8MM',
] as const;
const systemFeatures = ['PAN', 'PAN2', 'UAO', 'DIT', 'SSBS', 'SB', 'DPB', 'TLBIOS', 'TLBIRANGE', 'RNG', 'TTCNP', 'CSV2', 'CSV3'];

/** A field of an identification register: its lowest bit and the value for the last of the features that are there. */
type IdField = readonly [lo: number, ...values: (readonly [feature: string, value: number])[]];

const ISAR0: readonly IdField[] = [
  [4, ['AES', 1], ['PMULL', 2]],
  [8, ['SHA1', 1]],
  [12, ['SHA256', 1], ['SHA512', 2]],
  [16, ['CRC32', 1]],
  [20, ['LSE', 2]],
  [28, ['RDM', 1]],
  [32, ['SHA3', 1]],
  [36, ['SM3', 1]],
  [40, ['SM4', 1]],
  [44, ['DotProd', 1]],
  [48, ['FHM', 1]],
  [52, ['FlagM', 1], ['FlagM2', 2]],
  [56, ['TLBIOS', 1], ['TLBIRANGE', 2]],
  [60, ['RNG', 1]],
];
const ISAR1: readonly IdField[] = [
  [0, ['DPB', 1]],
  [12, ['JSCVT', 1]],
  [16, ['FCMA', 1]],
  [20, ['LRCPC', 1], ['LRCPC2', 2]],
  [32, ['FRINTTS', 1]],
  [36, ['SB', 1]],
  [44, ['BF16', 1]],
  [52, ['I8MM', 1]],
];
const PFR0: readonly IdField[] = [
  [16, ['FP16', 1]],
  [20, ['FP16', 1]],
  [48, ['DIT', 1]],
  [56, ['CSV2', 1]],
  [60, ['CSV3', 1]],
];
const PFR1: readonly IdField[] = [[4, ['SSBS', 2]]];
const MMFR1: readonly IdField[] = [[20, ['PAN', 1], ['PAN2', 2]]];
const MMFR2: readonly IdField[] = [
  [0, ['TTCNP', 1]],
  [4, ['UAO', 1]],
];

function identify(layout: readonly IdField[], features: ReadonlySet<string>): bigint {
  let value = 0n;
  for (const [lo, ...choices] of layout) {
    const best = choices.findLast(([feature]) => features.has(feature));
    if (best) value |= BigInt(best[1]) << BigInt(lo);
  }
  return value;
}

/** The model with everything that we have: `instructions` are the features of the instructions that exist. */
export function maxModel(instructions: ReadonlySet<string>): CpuModel {
  const features = new Set([...instructionFeatures.filter(f => instructions.has(f)), ...systemFeatures]);
  const DSSBS = 1n << 44n;
  return {
    name: 'max',
    features,
    paBits: 48,
    granule16K: true,
    // SPAN resets to 1. Bits of pointer authentication (31, 30, 27, 13) aren't there.
    SCTLR: { reset: 0x30d00838n | 0x50000n, writable: (0xffff_ffffn & ~0xc800_2000n) | DSSBS },
    CCSIDR: caches,
    PMCR: 0x00003000,
    ID: {
      ...shared,
      ...AArch32_A57,
      // DIC and IDC: stores to code are seen without maintenance.
      CTR_EL0: shared.CTR_EL0 | (3n << 28n),
      // Implementer 0: a core of software.
      MIDR_EL1: 0x000f0540n,
      ID_AA64PFR0_EL1: PFR0_AArch64 | identify(PFR0, features),
      ID_AA64PFR1_EL1: identify(PFR1, features),
      ID_AA64ISAR0_EL1: identify(ISAR0, features),
      ID_AA64ISAR1_EL1: identify(ISAR1, features),
      // 48-bit physical addresses, 16-bit ASIDs, both byte orders, all three granules.
      ID_AA64MMFR0_EL1: 0x00101125n,
      ID_AA64MMFR1_EL1: identify(MMFR1, features),
      ID_AA64MMFR2_EL1: identify(MMFR2, features),
    },
  };
}
