/**
 * The registers that distributor and redistributor share: the per-interrupt arrays IGROUPR, I{S,C}ENABLER, I{S,C}PENDR,
 * I{S,C}ACTIVER, IPRIORITYR and ICFGR, at the same offsets in both (IHI 0069 12.9, 12.11; IHI 0048B 4.3).
 */
import type { VgicCpu } from './cpu.ts';
import type { Bank } from './state.ts';
import type { Vgic } from './vgic.ts';

/** Which interrupts a frame shows: INTIDs `from` up to but not including `to`, both multiples of 32. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Five bits of priority. */
const PRIORITY_MASK = 0xf8;

/** One bit an interrupt: by the offset's high bits. */
const BITMAPS = { GROUP: 0x080 >>> 7, SENABLE: 2, CENABLE: 3, SPEND: 4, CPEND: 5, SACTIVE: 6, CACTIVE: 7 } as const;

/** Reads 32 bits; undefined: no such register in this frame. */
export function readArray(vgic: Vgic, cpu: VgicCpu, range: Range, offset: number): number | undefined {
  if (offset >= 0x080 && offset < 0x400) {
    const word = (offset & 0x7f) >>> 2;
    if (!inRange(range, word * 32)) return 0;
    const bank = vgic.bank(cpu, word);
    switch (offset >>> 7) {
      case BITMAPS.GROUP: return bank.group[word]!;
      case BITMAPS.SENABLE: case BITMAPS.CENABLE: return bank.enabled[word]!;
      case BITMAPS.SPEND: case BITMAPS.CPEND: return pending(bank, word);
      default: return bank.active[word]!;
    }
  }
  if (offset >= 0x400 && offset < 0x800) {
    const intid = offset - 0x400;
    if (!inRange(range, intid)) return 0;
    const { priority } = vgic.bank(cpu, intid >>> 5);
    return (priority[intid]! | priority[intid + 1]! << 8 | priority[intid + 2]! << 16 | priority[intid + 3]! << 24) >>> 0;
  }
  if (offset >= 0xc00 && offset < 0xd00) {
    const intid = (offset - 0xc00) * 4;
    return inRange(range, intid) ? spread(vgic.bank(cpu, intid >>> 5).edge[intid >>> 5]! >>> (intid & 16) & 0xffff) : 0;
  }
  return undefined;
}

/** Writes the bytes of `value` that `mask` selects; false: no such register in this frame. */
export function writeArray(vgic: Vgic, cpu: VgicCpu, range: Range, offset: number, value: number, mask: number): boolean {
  if (offset >= 0x080 && offset < 0x400) {
    const word = (offset & 0x7f) >>> 2;
    // None of the special INTIDs (SPECIAL).
    const exist = word === 31 ? mask & 0x0fff_ffff : mask;
    if (inRange(range, word * 32)) writeBitmap(vgic, cpu, word, offset >>> 7, value & exist, exist);
    return true;
  }
  if (offset >= 0x400 && offset < 0x800) {
    const intid = offset - 0x400;
    if (!inRange(range, intid)) return true;
    const { priority } = vgic.bank(cpu, intid >>> 5);
    for (let i = 0; i < 4; i++) {
      if (mask >>> (8 * i) & 0xff) priority[intid + i] = value >>> (8 * i) & PRIORITY_MASK;
    }
    vgic.changedWord(intid >>> 5, cpu);
    return true;
  }
  if (offset >= 0xc00 && offset < 0xd00) {
    const intid = (offset - 0xc00) * 4;
    // SGIs are edges by definition, private peripherals here levels by construction.
    if (intid >= 32 && inRange(range, intid)) configure(vgic.bank(cpu, intid >>> 5), intid, gather(value));
    vgic.changedWord(intid >>> 5, cpu);
    return true;
  }
  return false;
}

function writeBitmap(vgic: Vgic, cpu: VgicCpu, word: number, kind: number, value: number, mask: number): void {
  const bank = vgic.bank(cpu, word);
  // GICv2's SGIs are always enabled, and their pending state is by source, in GICD_{S,C}PENDSGIR.
  const fixed = word === 0 && vgic.version === 2 ? 0xffff : 0;
  const writable = value & ~fixed;
  switch (kind) {
    case BITMAPS.GROUP: bank.group[word] = (bank.group[word]! & ~mask) | value; break;
    case BITMAPS.SENABLE: bank.enabled[word] = bank.enabled[word]! | value; break;
    case BITMAPS.CENABLE: bank.enabled[word] = bank.enabled[word]! & ~writable; break;
    case BITMAPS.SPEND: bank.latch[word] = bank.latch[word]! | writable; break;
    case BITMAPS.CPEND: bank.latch[word] = bank.latch[word]! & ~writable; break;
    case BITMAPS.SACTIVE: bank.active[word] = bank.active[word]! | value; break;
    default: bank.active[word] = bank.active[word]! & ~value;
  }
  vgic.changedWord(word, cpu);
}

const pending = (bank: Bank, word: number): number => (bank.latch[word]! | (bank.line[word]! & ~bank.edge[word]!)) >>> 0;

const inRange = (range: Range, intid: number): boolean => intid >= range.from && intid < range.to;

/** ICFGR: two bits an interrupt, of which the upper says edge. */
function configure(bank: Bank, intid: number, edges: number): void {
  const word = intid >>> 5;
  const shift = intid & 16;
  bank.edge[word] = (bank.edge[word]! & ~(0xffff << shift)) | (edges << shift);
}

function spread(bits: number): number {
  let value = 0;
  for (let i = 0; i < 16; i++) if (bits >>> i & 1) value |= 2 << (2 * i);
  return value >>> 0;
}

function gather(value: number): number {
  let bits = 0;
  for (let i = 0; i < 16; i++) if (value >>> (2 * i) & 2) bits |= 1 << i;
  return bits;
}
