/**
 * The features of the architecture that a CPU model may have (ARM DDI 0487, A2): what each needs, and what the
 * identification registers say of it (D17.2). Names are the manual's without FEAT_; FP stands for FP and AdvSIMD, which
 * AArch64 has both or neither.
 */

/** A field of an identification register, four bits from `lo` on, has at least this value; if there is another feature with it. */
export type IdValue = readonly [register: string, lo: number, value: number, along?: string];

export interface Feature {
  /** Without these it can't be. */
  readonly needs: readonly string[];
  readonly id: readonly IdValue[];
  /** What `-cpu MODEL,property=on|off` calls it; undefined: it comes with the model. */
  readonly property: string | undefined;
  /** Another way to do the same: of the two there is one, and the other where nothing is said. */
  readonly insteadOf: string | undefined;
}

const ISAR0 = 'ID_AA64ISAR0_EL1';
const ISAR1 = 'ID_AA64ISAR1_EL1';
const PFR0 = 'ID_AA64PFR0_EL1';
const PFR1 = 'ID_AA64PFR1_EL1';
const MMFR0 = 'ID_AA64MMFR0_EL1';
const MMFR1 = 'ID_AA64MMFR1_EL1';
const MMFR2 = 'ID_AA64MMFR2_EL1';
const DFR0 = 'ID_AA64DFR0_EL1';
const ZFR0 = 'ID_AA64ZFR0_EL1';

interface Row {
  readonly needs?: readonly string[];
  readonly property?: string;
  readonly insteadOf?: string;
}
type Entry = readonly [name: string, Feature];

/** What both fields of pointer authentication have: the one is zero. */
const pointerAuthentication = (value: number): readonly IdValue[] => [
  [ISAR1, 4, value, 'PACQARMA5'],
  [ISAR1, 8, value, 'PACIMP'],
];

const feature = (name: string, id: readonly IdValue[], { needs = [], property = name.toLowerCase(), insteadOf }: Row = {}): Entry => [
  name,
  { needs, id, property, insteadOf },
];
const needing = (name: string, id: IdValue, ...needs: readonly string[]): Entry => feature(name, [id], { needs });
/** What can't be turned on or off. */
const fixed = (name: string, id: readonly IdValue[], ...needs: readonly string[]): Entry => [
  name,
  { needs, id, property: undefined, insteadOf: undefined },
];

/** Fields that say something else than 0 where there is nothing: 15 (as -1), or that an exception level has AArch64 alone. */
const saysAbsent: readonly (readonly [register: string, lo: number, value: number])[] = [
  [PFR0, 0, 1],
  [PFR0, 4, 1],
  [PFR0, 16, -1],
  [PFR0, 20, -1],
  [MMFR0, 24, -1],
  [MMFR0, 28, -1],
  [DFR0, 36, -1],
];

export const features: ReadonlyMap<string, Feature> = new Map([
  // Armv8.0
  feature('AA32EL0', [[PFR0, 0, 2]], { property: 'aarch32' }),
  // As the cores' manuals have it. A vCPU's EL1 is the highest level, which begins in AArch64 and never leaves it.
  fixed('AA32EL1', [[PFR0, 4, 2]], 'AA32EL0'),
  feature('FP', [
    [PFR0, 16, 0],
    [PFR0, 20, 0],
  ]),
  needing('AES', [ISAR0, 4, 1], 'FP'),
  needing('PMULL', [ISAR0, 4, 2], 'AES'),
  needing('SHA1', [ISAR0, 8, 1], 'FP', 'SHA256'),
  needing('SHA256', [ISAR0, 12, 1], 'FP', 'SHA1'),
  needing('CRC32', [ISAR0, 16, 1]),
  feature('PMUv3', [[DFR0, 8, 1]], { property: 'pmu' }),
  fixed('DoubleLock', [[DFR0, 36, 0]]),
  fixed('TGran4K', [[MMFR0, 28, 0]]),
  needing('TGran16K', [MMFR0, 20, 1]),
  fixed('TGran64K', [[MMFR0, 24, 0]]),
  fixed('ASID16', [[MMFR0, 4, 2]]),
  fixed('MixedEnd', [[MMFR0, 8, 1]]),
  fixed('SNSMem', [[MMFR0, 12, 1]]),
  // Armv8.1
  needing('LSE', [ISAR0, 20, 2]),
  needing('RDM', [ISAR0, 28, 1], 'FP'),
  needing('PAN', [MMFR1, 20, 1]),
  needing('LOR', [MMFR1, 16, 1]),
  needing('HPDS', [MMFR1, 12, 1]),
  needing('HAFDBS', [MMFR1, 0, 2]),
  fixed('PMUv3p1', [[DFR0, 8, 4]], 'PMUv3'),
  fixed('Debugv8p1', [[DFR0, 0, 7]]),
  // Armv8.2
  feature(
    'FP16',
    [
      [PFR0, 16, 1],
      [PFR0, 20, 1],
    ],
    { needs: ['FP'] },
  ),
  needing('DotProd', [ISAR0, 44, 1], 'FP'),
  needing('FHM', [ISAR0, 48, 1], 'FP16'),
  feature(
    'SVE',
    [
      [PFR0, 32, 1],
      [ZFR0, 20, 1, 'BF16'],
      [ZFR0, 44, 1, 'I8MM'],
    ],
    { needs: ['FP16'] },
  ),
  needing('SHA512', [ISAR0, 12, 2], 'SHA256', 'SHA3'),
  needing('SHA3', [ISAR0, 32, 1], 'SHA1', 'SHA512'),
  needing('SM3', [ISAR0, 36, 1], 'FP', 'SM4'),
  needing('SM4', [ISAR0, 40, 1], 'FP', 'SM3'),
  needing('BF16', [ISAR1, 44, 1], 'FP'),
  needing('I8MM', [ISAR1, 52, 1], 'FP'),
  needing('DPB', [ISAR1, 0, 1]),
  needing('PAN2', [MMFR1, 20, 2], 'PAN'),
  needing('UAO', [MMFR2, 4, 1]),
  needing('TTCNP', [MMFR2, 0, 1]),
  needing('LVA', [MMFR2, 16, 1], 'TGran64K'),
  needing('HPDS2', [MMFR1, 12, 2], 'HPDS'),
  needing('RAS', [PFR0, 28, 1]),
  needing('IESB', [MMFR2, 12, 1], 'RAS'),
  fixed('Debugv8p2', [[DFR0, 0, 8]], 'Debugv8p1'),
  // Armv8.3
  needing('JSCVT', [ISAR1, 12, 1], 'FP'),
  needing('FCMA', [ISAR1, 16, 1], 'FP'),
  needing('LRCPC', [ISAR1, 20, 1]),
  feature('PAuth', []),
  fixed(
    'PACQARMA5',
    [
      [ISAR1, 4, 1],
      [ISAR1, 24, 1],
    ],
    'PAuth',
  ),
  feature(
    'PACIMP',
    [
      [ISAR1, 8, 1],
      [ISAR1, 28, 1],
    ],
    { needs: ['PAuth'], property: 'pauth-impdef', insteadOf: 'PACQARMA5' },
  ),
  // FEAT_PAuth2 goes before FEAT_EPAC where there are both.
  feature('EPAC', pointerAuthentication(2), { needs: ['PAuth'] }),
  feature('PAuth2', pointerAuthentication(3), { needs: ['PAuth'] }),
  feature('FPAC', pointerAuthentication(4), { needs: ['PAuth2'] }),
  feature('FPACCOMBINE', pointerAuthentication(5), { needs: ['FPAC'] }),
  needing('CCIDX', [MMFR2, 20, 1]),
  // Armv8.4
  needing('FlagM', [ISAR0, 52, 1]),
  needing('LRCPC2', [ISAR1, 20, 2], 'LRCPC'),
  needing('LSE2', [MMFR2, 32, 1]),
  needing('DIT', [PFR0, 48, 1]),
  needing('TLBIOS', [ISAR0, 56, 1]),
  needing('TLBIRANGE', [ISAR0, 56, 2], 'TLBIOS'),
  needing('TTST', [MMFR2, 28, 1]),
  needing('TTL', [MMFR2, 48, 1]),
  needing('BBM', [MMFR2, 52, 2]),
  needing('IDST', [MMFR2, 36, 1]),
  fixed('PMUv3p4', [[DFR0, 8, 5]], 'PMUv3p1'),
  fixed('PMUv3p5', [[DFR0, 8, 6]], 'PMUv3p4'),
  fixed('Debugv8p4', [[DFR0, 0, 9]], 'Debugv8p2'),
  needing('RASv1p1', [PFR0, 28, 2], 'RAS'),
  // Armv8.5
  needing('FRINTTS', [ISAR1, 32, 1], 'FP'),
  needing('FlagM2', [ISAR0, 52, 2], 'FlagM'),
  needing('RNG', [ISAR0, 60, 1]),
  needing('SB', [ISAR1, 36, 1]),
  needing('SPECRES', [ISAR1, 40, 1]),
  needing('DGH', [ISAR1, 48, 1]),
  needing('DPB2', [ISAR1, 0, 2], 'DPB'),
  needing('BTI', [PFR1, 0, 1]),
  needing('SSBS', [PFR1, 4, 1]),
  needing('SSBS2', [PFR1, 4, 2], 'SSBS'),
  needing('CSV2', [PFR0, 56, 1]),
  needing('CSV2_2', [PFR0, 56, 2], 'CSV2'),
  needing('CSV3', [PFR0, 60, 1]),
  needing('E0PD', [MMFR2, 60, 1], 'CSV3'),
  needing('ExS', [MMFR0, 44, 1]),
  // Later ones that the specification allows from Armv8.1 or Armv8.2 on
  needing('PAN3', [MMFR1, 20, 3], 'PAN2'),
  feature(
    'LPA2',
    [
      [MMFR0, 20, 2],
      [MMFR0, 28, 1],
      // The granules of stage 2: 52 bits with 16K and 4K, and 64K.
      [MMFR0, 32, 3],
      [MMFR0, 36, 2],
      [MMFR0, 40, 3],
    ],
    { needs: ['TGran4K', 'TGran16K'] },
  ),
  needing('ETS', [MMFR1, 36, 1]),
  // About EL2 and stage 2, which aren't there: nothing of them shows, but kernels report some, and QEMU's `max` says the same.
  needing('VHE', [MMFR1, 8, 1]),
  needing('VMID16', [MMFR1, 4, 2]),
  needing('XNX', [MMFR1, 28, 1]),
  needing('S2FWB', [MMFR2, 40, 1]),
  needing('HCX', [MMFR1, 40, 1]),
]);

/** What the identification registers that features have a field in say, by name. */
export function identify(present: ReadonlySet<string>): Record<string, bigint> {
  const values = new Map<string, number>();
  const place = (register: string, lo: number): string => `${register} ${lo}`;
  for (const [register, lo, value] of saysAbsent) values.set(place(register, lo), value);
  for (const [name, { id }] of features) {
    for (const [register, lo, value, along = name] of id) {
      const at = place(register, lo);
      values.set(at, Math.max(values.get(at) ?? 0, present.has(name) && present.has(along) ? value : -1));
    }
  }
  const registers: Record<string, bigint> = {};
  for (const [at, value] of values) {
    const [register, lo] = at.split(' ') as [string, string];
    registers[register] = (registers[register] ?? 0n) | (BigInt(value & 15) << BigInt(lo));
  }
  return registers;
}

/** Those of `names` that have all they need among them. */
export function withWhatTheyNeed(names: Iterable<string>): Set<string> {
  const present = new Set(names);
  for (let before = -1; before !== present.size; ) {
    before = present.size;
    for (const name of present) {
      if (features.get(name)?.needs.some(needed => !present.has(needed))) present.delete(name);
    }
  }
  return present;
}
