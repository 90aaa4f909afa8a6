/**
 * LPIs: message-signalled interrupts without lines and without an active state, INTIDs 8192 and up. Their configuration is in
 * guest memory (GICR_PROPBASER) and cached here; so is what is pending, until GICR_PENDBASER's tables are to be written.
 * An LPI exists while an ITS maps an event to it. IHI 0069 5.1 and 5.2. All methods are for who holds the VgicLock.
 */
import { array, defineLayout, u16, u32, u8 } from '../../../base/layout.ts';
import type { VgicCpu } from './cpu.ts';
import type { TableMemory } from './ram.ts';
import type { Vgic } from './vgic.ts';

export const FIRST_LPI = 8192;
/** Bits of an INTID where there are LPIs. */
export const LPI_ID_BITS = 16;
const COUNT = 2 ** LPI_ID_BITS - FIRST_LPI;
const WORDS = COUNT / 32;

/** `target` of an LPI that isn't mapped, and of one whose collection isn't; else the CPU's index and 1. */
const UNMAPPED = 0;
const NOWHERE = 0xffff;

const PROP_ENABLE = 1;
const PROP_PRIORITY = 0xf8;
/** The tables' addresses: bits 51:12 and 51:16. */
const PROPBASER_ADDRESS = 0xf_ffff_ffff_f000n;
const PENDBASER_ADDRESS = 0xf_ffff_ffff_0000n;

const lpiLayout = defineLayout({
  config: array(u8, COUNT),
  target: array(u16, COUNT),
  /** The ITS that maps it, and by which collection. */
  its: array(u8, COUNT),
  collection: array(u16, COUNT),
  pending: array(u32, WORDS),
  /** Which words of `pending` aren't 0. */
  summary: array(u32, WORDS / 32),
});

export class Lpis {
  readonly state: ReturnType<typeof lpiLayout.view>;
  private readonly vgic: Vgic;
  private readonly ram: TableMemory;
  private held = 0;

  constructor(vgic: Vgic, ram: TableMemory) {
    this.vgic = vgic;
    this.ram = ram;
    this.state = lpiLayout.view(vgic.arena, vgic.arena.alloc(lpiLayout.size));
  }

  reset(): void {
    const { state } = this;
    for (const values of [state.config, state.target, state.its, state.collection, state.pending, state.summary]) values.fill(0);
  }

  /** Does many changes, after which the CPUs look at once: looking costs as much as there are pending LPIs. */
  together(change: () => void): void {
    this.held++;
    try {
      change();
    } finally {
      if (--this.held === 0) this.vgic.changed();
    }
  }

  /** One above the highest INTID that the property table has room for. */
  get limit(): number {
    return 2 ** Math.min(Number(this.vgic.state.propbaser & 31n) + 1, LPI_ID_BITS);
  }

  /** The CPU that gets the LPI; undefined: it doesn't exist, or its collection isn't mapped. */
  targetOf(intid: number): VgicCpu | undefined {
    return this.vgic.cpus[this.state.target[intid - FIRST_LPI]! - 1];
  }

  /** Its INTID and priority (<< 16) in one number, of the enabled pending LPI of highest priority; -1: none. */
  highest(cpu: VgicCpu): number {
    const { pending, summary, target, config } = this.state;
    let best = -1;
    let bestPriority = 256;
    for (let s = 0; s < summary.length; s++) {
      for (let words = summary[s]!; words !== 0; words &= words - 1) {
        const word = s << 5 | lowestBit(words);
        for (let bits = pending[word]!; bits !== 0; bits &= bits - 1) {
          const n = word << 5 | lowestBit(bits);
          if (target[n] !== cpu.index + 1 || !(config[n]! & PROP_ENABLE)) continue;
          const priority = config[n]! & PROP_PRIORITY;
          if (priority < bestPriority) {
            bestPriority = priority;
            best = priority << 16 | (n + FIRST_LPI);
          }
        }
      }
    }
    return best;
  }

  isPending(intid: number): boolean {
    const n = intid - FIRST_LPI;
    return (this.state.pending[n >>> 5]! >>> (n & 31) & 1) !== 0;
  }

  setPending(intid: number, on: boolean): void {
    if (this.isPending(intid) === on) return;
    const { pending, summary } = this.state;
    const n = intid - FIRST_LPI;
    const word = n >>> 5;
    pending[word] = pending[word]! ^ (1 << (n & 31));
    const bit = 1 << (word & 31);
    summary[word >>> 5] = pending[word] === 0 ? summary[word >>> 5]! & ~bit : summary[word >>> 5]! | bit;
    const cpu = this.targetOf(intid);
    if (!cpu) return;
    cpu.state.lpisPending += on ? 1 : -1;
    this.look(cpu);
  }

  /** From now on the LPI exists. What its tables in memory say of it is taken over. */
  map(intid: number, its: number, collection: number, cpu: VgicCpu | undefined): void {
    const n = intid - FIRST_LPI;
    this.unmap(intid);
    this.state.its[n] = its;
    this.state.collection[n] = collection;
    this.state.target[n] = cpu ? cpu.index + 1 : NOWHERE;
    this.reload(intid);
    this.takePending(intid);
  }

  unmap(intid: number): void {
    this.setPending(intid, false);
    this.state.target[intid - FIRST_LPI] = UNMAPPED;
  }

  /** Moves it to another CPU (undefined: to none for now), and what is pending with it. */
  retarget(intid: number, cpu: VgicCpu | undefined): void {
    const n = intid - FIRST_LPI;
    if (this.state.target[n] === UNMAPPED) return;
    const pending = this.isPending(intid);
    this.setPending(intid, false);
    this.state.target[n] = cpu ? cpu.index + 1 : NOWHERE;
    this.setPending(intid, pending);
  }

  setCollection(intid: number, collection: number): void {
    this.state.collection[intid - FIRST_LPI] = collection;
  }

  isOf(intid: number, its: number): boolean {
    const n = intid - FIRST_LPI;
    return this.state.target[n] !== UNMAPPED && this.state.its[n] === its;
  }

  /** The LPIs that an ITS maps, all or those by one collection. */
  *mapped(its: number, collection?: number): Iterable<number> {
    const { state } = this;
    for (let n = 0; n < COUNT; n++) {
      if (state.target[n] !== UNMAPPED && state.its[n] === its && (collection === undefined || state.collection[n] === collection)) {
        yield n + FIRST_LPI;
      }
    }
  }

  /** The LPIs that a CPU gets. */
  *of(cpu: VgicCpu): Iterable<number> {
    const { target } = this.state;
    for (let n = 0; n < COUNT; n++) if (target[n] === cpu.index + 1) yield n + FIRST_LPI;
  }

  /** Reads the LPI's configuration anew; where its table has no RAM it is disabled. */
  reload(intid: number): void {
    const { state } = this;
    const n = intid - FIRST_LPI;
    const table = Number(this.vgic.state.propbaser & PROPBASER_ADDRESS);
    state.config[n] = intid < this.limit ? this.ram.read8(table + n) ?? 0 : 0;
    const cpu = this.targetOf(intid);
    if (cpu && this.isPending(intid)) this.look(cpu);
  }

  /** GICR_INVLPIR: of any INTID, as the guest wrote it. */
  reloadOne(intid: number): void {
    if (intid >= FIRST_LPI && intid < 2 ** LPI_ID_BITS) this.reload(intid);
  }

  reloadAll(cpu: VgicCpu): void {
    this.together(() => {
      for (const intid of this.of(cpu)) this.reload(intid);
    });
  }

  /** GICR_CTLR.EnableLPIs: what the pending table has is pending from now on. */
  enable(cpu: VgicCpu): void {
    if (cpu.state.lpisEnabled) return;
    cpu.state.lpisEnabled = 1;
    this.together(() => {
      for (const intid of this.of(cpu)) {
        this.reload(intid);
        this.takePending(intid);
      }
    });
  }

  /** What was pending is lost (IHI 0069 12.11.4: IMPLEMENTATION DEFINED whether it goes to the table; KVM drops it). */
  disable(cpu: VgicCpu): void {
    cpu.state.lpisEnabled = 0;
    this.together(() => {
      for (const intid of this.of(cpu)) this.setPending(intid, false);
    });
  }

  /** Writes what is pending into the tables; false: one isn't in RAM. */
  savePending(): boolean {
    const { target } = this.state;
    for (let n = 0; n < COUNT; n++) {
      const cpu = this.vgic.cpus[target[n]! - 1];
      if (cpu && !this.savePendingOf(n + FIRST_LPI, cpu)) return false;
    }
    return true;
  }

  private look(cpu: VgicCpu): void {
    if (this.held === 0) cpu.refresh();
  }

  private savePendingOf(intid: number, cpu: VgicCpu): boolean {
    const at = pendingByte(intid, cpu);
    const stored = this.ram.read8(at);
    if (stored === undefined) return false;
    const bit = 1 << (intid & 7);
    const wanted = this.isPending(intid) ? stored | bit : stored & ~bit;
    return wanted === stored || this.ram.write8(at, wanted);
  }

  private takePending(intid: number): void {
    const cpu = this.targetOf(intid);
    if (!cpu || !cpu.state.lpisEnabled) return;
    const at = pendingByte(intid, cpu);
    const stored = this.ram.read8(at) ?? 0;
    const bit = 1 << (intid & 7);
    if ((stored & bit) === 0) return;
    this.ram.write8(at, stored & ~bit);
    this.setPending(intid, true);
  }
}

const pendingByte = (intid: number, cpu: VgicCpu): number => Number(cpu.state.pendbaser & PENDBASER_ADDRESS) + (intid >>> 3);

const lowestBit = (value: number): number => 31 - Math.clz32(value & -value);
