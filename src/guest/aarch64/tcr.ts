/** What TCR_EL1, and of SCTLR_EL1 EE, say of translation: ARM DDI 0487, D17.2.139 (TCR_EL1) and D8.2. */
import { bits } from '../../base/bits.ts';
import type { CpuEnv } from '../../isa/arch.ts';
import { physicalSizes, type CpuModel } from './models.ts';
import { fields } from './state.ts';

/** One half of the address space. */
export interface Half {
  /** Arena word index of TTBRn_EL1. */
  readonly ttbr: number;
  /** 64 - TnSZ. */
  readonly inputBits: number;
  /** log2 of the granule. */
  readonly granule: number;
  /** -1 for the fifth level that 52 bits take with the 4K granule. */
  readonly startLevel: number;
  /** The first level that may have blocks. */
  readonly firstBlockLevel: number;
  /** Bytes that the table at the start level is aligned to. */
  readonly tableBytes: number;
  /** TTBRn_EL1 has bits 51..48 of the address in bits 5..2. */
  readonly wideBase: boolean;
  /** How descriptors hold addresses: 48 bits; 52 of the 64K granule; 52 with TCR_EL1.DS. */
  readonly addresses: 48 | 'LPA' | 'DS';
  /** What physical addresses have to be below. */
  readonly outputSize: number;
  /** Every walk faults: EPDn, or a size that there is not. */
  readonly disabled: boolean;
  /** Unprivileged accesses fault. */
  readonly E0PD: boolean;
  /** Top byte ignored. */
  readonly TBI: boolean;
  /** But not of instructions. */
  readonly TBID: boolean;
  /** What of the attributes in table descriptors counts: nothing with HPDn. */
  readonly inheritedMask: number;
  /** Shareability, where descriptors have an address in its place. */
  readonly SH: number | undefined;
}

export interface TranslationControls {
  readonly halves: readonly [Half, Half];
  /** Tables are big-endian. */
  readonly bigEndian: boolean;
  /** Access flag, and dirty state, are managed by hardware. */
  readonly HA: boolean;
  readonly HD: boolean;
}

const SCTLR_EE = 1 << 25;
const granuleFeature: Readonly<Record<number, string>> = { 12: 'TGran4K', 14: 'TGran16K', 16: 'TGran64K' };

export function translationControls(env: CpuEnv, model: CpuModel): TranslationControls {
  const { u32 } = env.arena;
  const word = (offset: number): number => u32[(env.base + offset) >>> 2] as number;
  const lo = word(fields.TCR_EL1.offset);
  const hi = word(fields.TCR_EL1.offset + 4);
  // Reserved values of IPS: the largest size there is.
  const size = Math.min(physicalSizes[bits(hi, 2, 0)] ?? 52, model.paBits);
  const half = (n: 0 | 1): Half => {
    const granule = granuleOf(n, n ? bits(lo, 31, 30) : bits(lo, 15, 14), model.features);
    const DS = granule !== 16 && bits(hi, 27, 27) === 1;
    const LPA = granule === 16 && model.paBits === 52;
    const TnSZ = n ? bits(lo, 21, 16) : bits(lo, 5, 0);
    const smallest = DS || (granule === 16 && model.features.has('LVA')) ? 12 : 16;
    const largest = model.features.has('TTST') ? (granule === 16 ? 47 : 48) : 39;
    const inputBits = 64 - Math.min(Math.max(TnSZ, smallest), largest);
    const stride = granule - 3;
    const levels = Math.ceil((inputBits - granule) / stride);
    const wideBase = DS || (LPA && size === 52);
    return {
      ttbr: (env.base + (n ? fields.TTBR1_EL1 : fields.TTBR0_EL1).offset) >>> 2,
      inputBits,
      granule,
      startLevel: 4 - levels,
      // AArch64.BlockDescSupported.
      firstBlockLevel: (granule === 12 ? 1 : 2) - (DS || LPA ? 1 : 0),
      tableBytes: Math.max(2 ** (inputBits - granule - stride * (levels - 1) + 3), wideBase ? 64 : 0),
      wideBase,
      addresses: DS ? 'DS' : LPA ? 'LPA' : 48,
      outputSize: 2 ** size,
      // CONSTRAINED UNPREDICTABLE: a size outside of what there is gives Translation faults of level 0.
      disabled: bits(lo, n ? 23 : 7, n ? 23 : 7) === 1 || TnSZ < smallest || TnSZ > largest,
      E0PD: bits(hi, 23 + n, 23 + n) === 1,
      TBI: bits(hi, 5 + n, 5 + n) === 1,
      TBID: bits(hi, 19 + n, 19 + n) === 1,
      inheritedMask: bits(hi, 9 + n, 9 + n) === 1 ? 0 : -1,
      SH: DS ? (n ? bits(lo, 29, 28) : bits(lo, 13, 12)) : undefined,
    };
  };
  const HA = bits(hi, 7, 7) === 1;
  return {
    halves: [half(0), half(1)],
    bigEndian: (word(fields.SCTLR_EL1.offset) & SCTLR_EE) !== 0,
    HA,
    HD: HA && bits(hi, 8, 8) === 1,
  };
}

/** TG0 and TG1 have different codes. A granule that isn't there, and a reserved code, is taken as the smallest there is. */
function granuleOf(n: 0 | 1, TG: number, features: ReadonlySet<string>): number {
  const wanted = (n ? [12, 14, 12, 16] : [12, 16, 14, 12])[TG] as number;
  return [wanted, 12, 14].find(granule => features.has(granuleFeature[granule] as string)) ?? 16;
}
