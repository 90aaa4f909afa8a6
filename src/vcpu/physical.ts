/** Guest-physical memory: which parts of the arena stand at which guest-physical addresses. */

export interface MemorySlot {
  /** Guest-physical start, bytes, and arena address of the first byte; all multiples of 4096. */
  readonly gpa: number;
  readonly size: number;
  readonly arena: number;
  /** Writes are not done but go to whoever runs the CPU, as MMIO. */
  readonly readonly: boolean;
}

export class PhysicalMemory {
  private slots: readonly MemorySlot[] = [];

  /** Replaces the map. The caller flushes every TLB. */
  setSlots(slots: readonly MemorySlot[]): void {
    this.slots = [...slots].sort((a, b) => a.gpa - b.gpa);
  }

  find(pa: number): MemorySlot | undefined {
    for (const slot of this.slots) if (pa >= slot.gpa && pa < slot.gpa + slot.size) return slot;
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
