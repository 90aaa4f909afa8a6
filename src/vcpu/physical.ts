/** Guest-physical memory: which parts of the arena stand at which guest-physical addresses, and which pages were written. */
import type { Arena } from '../base/arena.ts';

export interface MemorySlot {
  /** Guest-physical start, bytes, and arena address of the first byte; all multiples of 4096. */
  readonly gpa: number;
  readonly size: number;
  readonly arena: number;
  /** Writes are not done but go to whoever runs the CPU, as MMIO. */
  readonly readonly: boolean;
  /** Where writes are noted. A page that isn't marked has no entry in a TLB that would let a write through. */
  readonly dirty?: DirtyPages | undefined;
}

const PAGE = 4096;

/** A bit for each page of a slot, in the arena, so that every thread marks the same ones. */
export class DirtyPages {
  readonly pages: number;
  /** In the arena. */
  readonly address: number;
  private readonly words: Int32Array;
  private readonly base: number;

  /** `address`: of `DirtyPages.bytes(pages)` zeroed bytes of the arena. */
  constructor(arena: Arena, address: number, pages: number) {
    this.words = arena.i32;
    this.address = address;
    this.base = address >>> 2;
    this.pages = pages;
  }

  static bytes(pages: number): number { return Math.ceil(pages / 32) * 4; }

  has(page: number): boolean { return (Atomics.load(this.words, this.base + (page >>> 5)) >>> (page & 31) & 1) !== 0; }
  mark(page: number): void { Atomics.or(this.words, this.base + (page >>> 5), 1 << (page & 31)); }
  /** Pages 32 n to 32 n + 31, page 32 n the lowest bit. */
  get(word: number): number { return Atomics.load(this.words, this.base + word) >>> 0; }
  /** The same, of which those in `mask` aren't marked any more. */
  take(word: number, mask: number): number { return Atomics.and(this.words, this.base + word, ~mask) >>> 0; }

  /** All pages, or none. */
  fill(marked: boolean): void {
    for (let word = 0; word * 32 < this.pages; word++) {
      const left = this.pages - word * 32;
      Atomics.store(this.words, this.base + word, marked ? (left >= 32 ? -1 : (1 << left) - 1) : 0);
    }
  }
}

/** Notes a write to memory of a slot. */
export function noteDirty({ dirty, gpa }: MemorySlot, pa: number, bytes: number): void {
  if (!dirty) return;
  for (let page = Math.floor((pa - gpa) / PAGE); page <= Math.floor((pa + bytes - 1 - gpa) / PAGE); page++) dirty.mark(page);
}

/** Whether a write to the page of `pa` must be seen. */
export const mustNote = ({ dirty, gpa }: MemorySlot, pa: number): boolean => dirty !== undefined && !dirty.has(Math.floor((pa - gpa) / PAGE));

export class PhysicalMemory {
  private slots: readonly MemorySlot[] = [];

  /** Replaces the map. The caller flushes every TLB. */
  setSlots(slots: readonly MemorySlot[]): void {
    this.slots = [...slots].sort((a, b) => a.gpa - b.gpa);
  }

  find(pa: number): MemorySlot | undefined {
    const { slots } = this;
    let from = 0;
    let to = slots.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const slot = slots[middle]!;
      if (pa < slot.gpa) to = middle;
      else if (pa < slot.gpa + slot.size) return slot;
      else from = middle + 1;
    }
    return undefined;
  }

  /** What memory there is in a range: arena address and bytes of each part. */
  *parts(pa: number, bytes: number): Iterable<readonly [arena: number, bytes: number]> {
    for (const slot of this.slots) {
      const from = Math.max(pa, slot.gpa);
      const to = Math.min(pa + bytes, slot.gpa + slot.size);
      if (from < to) yield [slot.arena + (from - slot.gpa), to - from];
    }
  }

  /** Arena address of `bytes` bytes of memory at `pa`, or -1 where they aren't all in one slot. */
  at(pa: number, bytes: number): number {
    const slot = this.find(pa);
    return slot && pa + bytes <= slot.gpa + slot.size ? slot.arena + (pa - slot.gpa) : -1;
  }
}
