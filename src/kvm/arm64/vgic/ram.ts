/** Guest memory as the interrupt controllers' tables need it: by guest-physical address, little-endian, never beyond RAM. */
import type { Arena } from '../../../base/arena.ts';
import { noteDirty, type MemorySlot, type PhysicalMemory } from '../../../vcpu/physical.ts';

export class TableMemory {
  private readonly arena: Arena;
  private readonly memory: PhysicalMemory;
  private readonly written: (pa: number, bytes: number) => void;

  /** `written` is told of each write, for the sake of translated code. */
  constructor(arena: Arena, memory: PhysicalMemory, written: (pa: number, bytes: number) => void) {
    this.arena = arena;
    this.memory = memory;
    this.written = written;
  }

  /** The byte at `pa`; undefined where there is no RAM. */
  read8(pa: number): number | undefined {
    const at = this.memory.at(pa, 1);
    return at < 0 ? undefined : this.arena.u8[at];
  }

  /** The 64 bits at `pa`, which is a multiple of 8; undefined where there is no RAM. */
  read64(pa: number): bigint | undefined {
    const at = this.memory.at(pa, 8);
    return at < 0 ? undefined : this.arena.u64[at / 8];
  }

  /** Whether there was RAM to write to. */
  write8(pa: number, value: number): boolean {
    const slot = this.writable(pa, 1);
    if (!slot) return false;
    this.arena.u8[slot.arena + pa - slot.gpa] = value;
    this.note(slot, pa, 1);
    return true;
  }

  write64(pa: number, value: bigint): boolean {
    const slot = this.writable(pa, 8);
    if (!slot) return false;
    this.arena.u64[(slot.arena + pa - slot.gpa) / 8] = value;
    this.note(slot, pa, 8);
    return true;
  }

  clear(pa: number, bytes: number): boolean {
    const slot = this.writable(pa, bytes);
    if (!slot) return false;
    const at = slot.arena + pa - slot.gpa;
    this.arena.u8.fill(0, at, at + bytes);
    this.note(slot, pa, bytes);
    return true;
  }

  /** Whether all of it is RAM that can be written. */
  has(pa: number, bytes: number): boolean {
    return this.writable(pa, bytes) !== undefined;
  }

  private writable(pa: number, bytes: number): MemorySlot | undefined {
    const slot = this.memory.find(pa);
    return slot && !slot.readonly && pa + bytes <= slot.gpa + slot.size ? slot : undefined;
  }

  private note(slot: MemorySlot, pa: number, bytes: number): void {
    noteDirty(slot, pa, bytes);
    this.written(pa, bytes);
  }
}
