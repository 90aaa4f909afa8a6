/**
 * Stage 1 translation table walk of the EL1&0 regime: ARM DDI 0487, D8.2 (VMSAv8-64 translation process) and D8.3
 * (descriptors). Addresses are numbers (at most 52 bits), descriptors two 32-bit halves: this runs at every TLB miss.
 */
import type { CpuEnv } from '../../isa/arch.ts';
import { atLevel, FaultStatus } from './exception.ts';
import type { CpuModel } from './models.ts';
import { type Half, type TranslationControls, translationControls } from './tcr.ts';

/** The walk succeeded; anything else but `WALK_AGAIN` is a fault status code. */
export const WALK_OK = -1;
/** The descriptor was changed by another CPU meanwhile. */
export const WALK_AGAIN = -2;

const HIGH = 2 ** 32;

// Bits of the high half of a descriptor.
const APTable_readOnly = 1 << 30;
const APTable_noEL0 = 1 << 29;
const UXNTable = 1 << 28;
const PXNTable = 1 << 27;
const UXN = 1 << 22;
const PXN = 1 << 21;
const DBM = 1 << 19;
const GP = 1 << 18;
// And of the low half.
const AP_EL0 = 1 << 6;
const AP_readOnly = 1 << 7;
const AF = 1 << 10;
const nG = 1 << 11;

/** `width` bits (at most 16) from bit `shift` of an address of 64 bits. */
const indexAt = (high: number, low: number, shift: number, width: number): number =>
  (shift >= 32 ? high >>> (shift - 32) : (low >>> shift) | (high << (32 - shift))) & ~(-1 << width);

const swap = (x: number): number => ((x >>> 24) | ((x >>> 8) & 0xff00) | ((x << 8) & 0xff0000) | (x << 24)) >>> 0;

/** Bits 51..32 of the address in a descriptor (AArch64.LeafBase): where they lie depends on granule and TCR_EL1.DS. */
function addressHigh({ addresses }: Half, high: number, low: number): number {
  if (addresses === 48) return high & 0xffff;
  return addresses === 'LPA' ? (high & 0xffff) | ((low & 0xf000) << 4) : (high & 0x3ffff) | ((low & 0x300) << 10);
}

/** Walks tables; the result lies in the fields until the next walk. */
export class TableWalker {
  controls: TranslationControls;
  /** Physical address of the input address, and log2 of the page or block it is in. */
  pa = 0;
  pageBits = 12;
  level = 0;
  /** May EL0 access it; may anyone write it (hierarchical attributes applied). */
  EL0 = false;
  readOnly = false;
  UXN = false;
  PXN = false;
  /** Guarded: indirect branches may lead to their landing places only. */
  GP = false;
  /** Not global: of the current ASID only. */
  nG = false;
  AttrIndx = 0;
  SH = 0;
  /** Writable, but the descriptor doesn't say so before the first write: its dirty state is managed by hardware. */
  clean = false;
  /** The descriptor's AF is 0, and set by hardware. */
  old = false;

  private readonly env: CpuEnv;
  private readonly model: CpuModel;
  /** Physical address of the last descriptor. */
  private descriptor = 0;
  /** Its low half as it stands in memory. */
  private found = 0;

  constructor(env: CpuEnv, model: CpuModel) {
    this.env = env;
    this.model = model;
    this.controls = translationControls(env, model);
  }

  /** TCR_EL1 or SCTLR_EL1 changed. */
  configure(): void {
    this.controls = translationControls(this.env, this.model);
  }

  /** `va` as two halves of 32 bits. WALK_OK or a fault status; `unprivileged`: the access is EL0's, or as if it were. */
  walk(vaHigh: number, vaLow: number, unprivileged: boolean): number {
    const upper = (vaHigh >>> 23) & 1;
    const { controls, env } = this;
    const half = controls.halves[upper] as Half;
    this.level = 0;
    if (half.disabled || (unprivileged && half.E0PD) || !isCanonical(half, upper, vaHigh, vaLow)) return FaultStatus.Translation;
    const { granule, inputBits, outputSize } = half;
    const { u32 } = env.arena;
    const stride = granule - 3;
    let shift = granule + stride * (3 - half.startLevel);

    let table = tableBase(half, u32[half.ttbr + 1] as number, u32[half.ttbr] as number);
    if (table >= outputSize) return FaultStatus.AddressSize;
    let inherited = 0;
    let index = indexAt(vaHigh, vaLow, shift, inputBits - shift);
    for (let level = half.startLevel; ; level++, shift -= stride) {
      this.level = level;
      this.descriptor = table + index * 8;
      const at = env.ram(this.descriptor, 8);
      if (at < 0) return atLevel(FaultStatus.ExternalAbortOnWalk, level);
      let lo = u32[at >>> 2] as number;
      let hi = u32[(at >>> 2) + 1] as number;
      // Two reads: another CPU's store may have come between them.
      while (lo !== Atomics.load(u32, at >>> 2) || hi !== Atomics.load(u32, (at >>> 2) + 1)) {
        lo = u32[at >>> 2] as number;
        hi = u32[(at >>> 2) + 1] as number;
      }
      this.found = controls.bigEndian ? hi : lo;
      if (controls.bigEndian) [lo, hi] = [swap(hi), swap(lo)];
      if ((lo & 1) === 0) return atLevel(FaultStatus.Translation, level);
      if (level < 3 && (lo & 2) !== 0) {
        table = addressHigh(half, hi, lo) * HIGH + ((lo & (-1 << granule)) >>> 0);
        if (table >= outputSize) return atLevel(FaultStatus.AddressSize, level);
        inherited |= hi;
        index = indexAt(vaHigh, vaLow, shift - stride, stride);
        continue;
      }
      if (level === 3 ? (lo & 2) === 0 : level < half.firstBlockLevel) return atLevel(FaultStatus.Translation, level);
      const out = leafBase(addressHigh(half, hi, lo), lo, shift);
      if (out >= outputSize) return FaultStatus.AddressSize | level;
      this.old = (lo & AF) === 0;
      if (this.old && !controls.HA) return FaultStatus.AccessFlag | level;
      this.pa = out + offsetIn(vaHigh, vaLow, shift);
      this.pageBits = shift;
      inherited &= half.inheritedMask;
      this.clean = controls.HD && (lo & AP_readOnly) !== 0 && (hi & DBM) !== 0;
      this.EL0 = (lo & AP_EL0) !== 0 && (inherited & APTable_noEL0) === 0;
      this.readOnly = ((lo & AP_readOnly) !== 0 && !this.clean) || (inherited & APTable_readOnly) !== 0;
      this.UXN = (hi & UXN) !== 0 || (inherited & UXNTable) !== 0;
      this.GP = (hi & GP) !== 0;
      this.PXN = (hi & PXN) !== 0 || (inherited & PXNTable) !== 0;
      this.nG = (lo & nG) !== 0;
      this.AttrIndx = (lo >>> 2) & 7;
      this.SH = half.SH ?? (lo >>> 8) & 3;
      return WALK_OK;
    }
  }

  /**
   * Hardware management of the access flag and (`write`) of dirty state (D8.4.5, D8.4.6), once the access is known to be
   * allowed. WALK_OK, WALK_AGAIN or a fault status.
   */
  update(write: boolean): number {
    const dirty = write && this.clean;
    if (!this.old && !dirty) return WALK_OK;
    const { env, controls } = this;
    // CONSTRAINED UNPREDICTABLE: tables that can't be written make this fault.
    const at = env.ramForWrite(this.descriptor, 8);
    if (at < 0) return FaultStatus.UnsupportedAtomicUpdate;
    const word = (at >>> 2) + (controls.bigEndian ? 1 : 0);
    const { u32 } = env.arena;
    const bits = (x: number): number => (controls.bigEndian ? swap(x) : x);
    const updated = bits((bits(this.found) | AF) & (dirty ? ~AP_readOnly : -1)) >>> 0;
    if (Atomics.compareExchange(u32, word, this.found, updated) !== this.found) return WALK_AGAIN;
    this.old = false;
    if (dirty) this.clean = false;
    return WALK_OK;
  }
}

/** AArch64.S1TTBaseAddress. */
function tableBase({ wideBase, tableBytes }: Half, high: number, low: number): number {
  return ((high & 0xffff) | (wideBase ? (low & 0x3c) << 14 : 0)) * HIGH + ((low & -tableBytes) >>> 0);
}

/** The address in a page or block descriptor, aligned to its `1 << shift` bytes; and the input address's offset in them. */
const leafBase = (high: number, low: number, shift: number): number =>
  shift < 32 ? high * HIGH + ((low & (-1 << shift)) >>> 0) : (high & (-1 << (shift - 32))) * HIGH;
const offsetIn = (vaHigh: number, vaLow: number, shift: number): number =>
  shift < 32 ? vaLow & ~(-1 << shift) : (vaHigh & ~(-1 << (shift - 32))) * HIGH + (vaLow >>> 0);

/** Bits above the input size all equal bit 55 (the top byte doesn't count with TBI). */
function isCanonical(half: Half, upper: number, vaHigh: number, vaLow: number): boolean {
  const { inputBits } = half;
  const top = half.TBI ? vaHigh & 0xff_ffff : vaHigh;
  const ones = half.TBI ? 0xff_ffff : 0xffff_ffff;
  if (inputBits >= 32) return top >>> (inputBits - 32) === (upper ? ones >>> (inputBits - 32) : 0);
  return top === (upper ? ones : 0) && vaLow >>> inputBits === (upper ? 0xffff_ffff >>> inputBits : 0);
}
