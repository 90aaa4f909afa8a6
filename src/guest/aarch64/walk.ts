/**
 * Stage 1 translation table walk of the EL1&0 regime: ARM DDI 0487, D8.2 (VMSAv8-64 translation process) and D8.3
 * (descriptors). Addresses are numbers (at most 48 bits), descriptors two 32-bit halves: this runs at every TLB miss.
 */
import { bits } from '../../base/bits.ts';
import type { CpuEnv } from '../../isa/arch.ts';
import { FaultStatus } from './exception.ts';
import { physicalSizes, type CpuModel } from './models.ts';
import { fields } from './state.ts';

/** What TCR_EL1 says of one half of the address space. */
export interface Half {
  /** Arena word index of TTBRn_EL1. */
  readonly ttbr: number;
  /** 64 - TnSZ. */
  readonly inputBits: number;
  /** log2 of the granule. */
  readonly granule: number;
  readonly startLevel: number;
  /** Bytes that the table at the start level is aligned to. */
  readonly tableBytes: number;
  /** Walks are disabled. */
  readonly EPD: boolean;
  /** Top byte ignored. */
  readonly TBI: boolean;
}

/** The walk succeeded; anything else is a fault status code. */
export const WALK_OK = -1;

const HIGH = 2 ** 32;

const SCTLR_EE = 1 << 25;
// Bits of the high half of a descriptor.
const APTable_readOnly = 1 << 30;
const APTable_noEL0 = 1 << 29;
const UXNTable = 1 << 28;
const PXNTable = 1 << 27;
const UXN = 1 << 22;
const PXN = 1 << 21;
const AP_EL0 = 1 << 6;
const AP_readOnly = 1 << 7;
const AF = 1 << 10;

/** The 48-bit address in two words of a descriptor or base register. */
const pair = (high: number, low: number): number => (high & 0xffff) * HIGH + (low >>> 0);

/** `width` bits (at most 16) from bit `shift` of a 48-bit address. */
const indexAt = (high: number, low: number, shift: number, width: number): number =>
  (shift >= 32 ? high >>> (shift - 32) : (low >>> shift) | (high << (32 - shift))) & ~(-1 << width);

const swap = (x: number): number => ((x >>> 24) | ((x >>> 8) & 0xff00) | ((x << 8) & 0xff0000) | (x << 24)) >>> 0;

/** Walks tables; the result lies in the fields until the next walk. */
export class TableWalker {
  halves: readonly [Half, Half];
  /** Physical address of the input address, and log2 of the page or block it is in. */
  pa = 0;
  pageBits = 12;
  level = 0;
  /** May EL0 access it; may anyone write it (hierarchical attributes applied). */
  EL0 = false;
  readOnly = false;
  UXN = false;
  PXN = false;
  AttrIndx = 0;
  SH = 0;

  private readonly env: CpuEnv;
  private readonly model: CpuModel;
  private outputSize = HIGH;
  private bigEndian = false;

  constructor(env: CpuEnv, model: CpuModel) {
    this.env = env;
    this.model = model;
    this.halves = this.configure();
  }

  /** TCR_EL1 or SCTLR_EL1 changed. */
  configure(): readonly [Half, Half] {
    const { u32 } = this.env.arena;
    const word = (offset: number): number => u32[(this.env.base + offset) >>> 2] as number;
    const lo = word(fields.TCR_EL1.offset);
    const hi = word(fields.TCR_EL1.offset + 4);
    this.bigEndian = (word(fields.SCTLR_EL1.offset) & SCTLR_EE) !== 0;
    // Reserved values of IPS: the largest size there is.
    this.outputSize = 2 ** Math.min(physicalSizes[bits(hi, 2, 0)] ?? 48, this.model.paBits);
    const half = (n: 0 | 1): Half => {
      const TnSZ = n ? bits(lo, 21, 16) : bits(lo, 5, 0);
      const granule = this.granule(n, n ? bits(lo, 31, 30) : bits(lo, 15, 14));
      // CONSTRAINED UNPREDICTABLE: sizes outside of 16 to 39 are taken as the nearest of these.
      const inputBits = 64 - Math.min(Math.max(TnSZ, 16), 39);
      const stride = granule - 3;
      const levels = Math.ceil((inputBits - granule) / stride);
      return {
        ttbr: (this.env.base + (n ? fields.TTBR1_EL1 : fields.TTBR0_EL1).offset) >>> 2,
        inputBits,
        granule,
        startLevel: 4 - levels,
        tableBytes: 2 ** (inputBits - granule - stride * (levels - 1) + 3),
        EPD: (lo & (n ? 1 << 23 : 1 << 7)) !== 0,
        TBI: (hi & (n ? 1 << 6 : 1 << 5)) !== 0,
      };
    };
    this.halves = [half(0), half(1)];
    return this.halves;
  }

  /** TG0 and TG1 have different codes. A granule that isn't there, and a reserved code, is taken as 4K. */
  private granule(n: 0 | 1, TG: number): number {
    const size = (n ? [12, 14, 12, 16] : [12, 16, 14, 12])[TG] as number;
    return size === 14 && !this.model.granule16K ? 12 : size;
  }

  /** `va` as two halves of 32 bits. WALK_OK or a fault status; on a fault `level` is that of the status. */
  walk(vaHigh: number, vaLow: number): number {
    const upper = (vaHigh >>> 23) & 1;
    const half = this.halves[upper] as Half;
    this.level = 0;
    if (half.EPD || !isCanonical(half, upper, vaHigh, vaLow)) return FaultStatus.Translation;
    const { granule, inputBits } = half;
    const { env, outputSize } = this;
    const { u32 } = env.arena;
    const iaHigh = vaHigh & 0xffff;
    const stride = granule - 3;
    let shift = granule + stride * (3 - half.startLevel);

    let table = pair(u32[half.ttbr + 1] as number, (u32[half.ttbr] as number) & -half.tableBytes);
    if (table >= outputSize) return FaultStatus.AddressSize;
    let inherited = 0;
    let index = indexAt(iaHigh, vaLow, shift, inputBits - shift);
    for (let level = half.startLevel; ; level++, shift -= stride) {
      this.level = level;
      const at = env.ram(table + index * 8, 8);
      if (at < 0) return FaultStatus.ExternalAbortOnWalk | level;
      let lo = u32[at >>> 2] as number;
      let hi = u32[(at >>> 2) + 1] as number;
      if (this.bigEndian) [lo, hi] = [swap(hi), swap(lo)];
      if ((lo & 1) === 0) return FaultStatus.Translation | level;
      if (level < 3 && (lo & 2) !== 0) {
        table = pair(hi, lo & (-1 << granule));
        if (table >= outputSize) return FaultStatus.AddressSize | level;
        inherited |= hi;
        index = indexAt(iaHigh, vaLow, shift - stride, stride);
        continue;
      }
      if (level === 3 ? (lo & 2) === 0 : !blockAllowed(granule, level)) return FaultStatus.Translation | level;
      const out = pair(hi, lo & (-1 << shift));
      if (out >= outputSize) return FaultStatus.AddressSize | level;
      if ((lo & AF) === 0) return FaultStatus.AccessFlag | level;
      this.pa = out + (vaLow & ~(-1 << shift));
      this.pageBits = shift;
      this.EL0 = (lo & AP_EL0) !== 0 && (inherited & APTable_noEL0) === 0;
      this.readOnly = (lo & AP_readOnly) !== 0 || (inherited & APTable_readOnly) !== 0;
      this.UXN = (hi & UXN) !== 0 || (inherited & UXNTable) !== 0;
      this.PXN = (hi & PXN) !== 0 || (inherited & PXNTable) !== 0;
      this.AttrIndx = (lo >>> 2) & 7;
      this.SH = (lo >>> 8) & 3;
      return WALK_OK;
    }
  }
}

/** Bits above the input size all equal bit 55 (the top byte doesn't count with TBI). */
function isCanonical(half: Half, upper: number, vaHigh: number, vaLow: number): boolean {
  const { inputBits } = half;
  const top = half.TBI ? vaHigh & 0xff_ffff : vaHigh;
  const ones = half.TBI ? 0xff_ffff : 0xffff_ffff;
  if (inputBits >= 32) return top >>> (inputBits - 32) === (upper ? ones >>> (inputBits - 32) : 0);
  return top === (upper ? ones : 0) && vaLow >>> inputBits === (upper ? 0xffff_ffff >>> inputBits : 0);
}

/** Blocks are 1G and 2M (4K granule), 32M (16K) and 512M (64K). */
const blockAllowed = (granule: number, level: number): boolean => level === 2 || (level === 1 && granule === 12);
