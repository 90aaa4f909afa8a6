/** Guest memory as the interrupt controllers' tables need it: by guest-physical address, little-endian, never beyond RAM. */
import type { Arena } from '../../../base/arena.ts';
import type { PhysicalMemory } from '../../../vcpu/physical.ts';

export class TableMemory {
  private readonly arena: Arena;
  private readonly memory: PhysicalMemory;
  private readonly written: (pa: number, bytes: number) => void;

  /** `written` is told of each write, for translated code and dirty logs. */
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
    const at = this.writable(pa, 1);
    if (at < 0) return false;
    this.arena.u8[at] = value;
    this.written(pa, 1);
    return true;
  }

  write64(pa: number, value: bigint): boolean {
    const at = this.writable(pa, 8);
    if (at < 0) return false;
    this.arena.u64[at / 8] = value;
    this.written(pa, 8);
    return true;
  }

  clear(pa: number, bytes: number): boolean {
    const at = this.writable(pa, bytes);
    if (at < 0) return false;
    this.arena.u8.fill(0, at, at + bytes);
    this.written(pa, bytes);
    return true;
  }

  /** Whether all of it is RAM that can be written. */
  has(pa: number, bytes: number): boolean {
    return this.writable(pa, bytes) >= 0;
  }

  private writable(pa: number, bytes: number): number {
    return this.memory.find(pa)?.readonly ? -1 : this.memory.at(pa, bytes);
  }
}
