/**
 * A VM's memory slots for the threads that have it: the table as it stands, in the arena, since they were given it. Whoever changes it
 * counts a generation up, and each thread takes the new table over before it uses memory again: the vCPUs before they enter the
 * guest, which a request sees to (KVM_REQ_TLB_FLUSH).
 */
import type { Arena } from '../base/arena.ts';
import { acquire, release } from '../base/lock.ts';
import { DirtyPages, type MemorySlot } from '../vcpu/physical.ts';

/** Words of the block: a lock, how often the table was changed, where it is, how many slots it has and has room for. */
const [LOCK, GENERATION, TABLE, COUNT, ROOM] = [0, 1, 2, 3, 4];
const BYTES = 32;
/** 64-bit floats of a slot: its number, guest-physical address, size, place in the arena, whether it is read-only, its log or 0. */
const FIELDS = 6;
const PAGE = 4096;

export type Slots = ReadonlyMap<number, MemorySlot>;

export class SlotTable {
  private readonly arena: Arena;
  /** Index into the i32 view. */
  private readonly base: number;
  /** Of the table that this thread goes by. */
  private known = 0;

  constructor(arena: Arena) {
    this.arena = arena;
    this.base = arena.alloc(BYTES, 64) >>> 2;
  }

  private load(word: number): number { return Atomics.load(this.arena.i32, this.base + word); }
  private store(word: number, value: number): void { Atomics.store(this.arena.i32, this.base + word, value); }

  /** Another thread changed it. */
  get isNewer(): boolean { return this.load(GENERATION) !== this.known; }

  /** While `change` runs no other thread changes the table. */
  exclusively<T>(change: () => T): T {
    acquire(this.arena, this.base + LOCK);
    try {
      return change();
    } finally {
      release(this.arena, this.base + LOCK);
    }
  }

  /** For who has it exclusively. Throws a TesseraError where the arena is full; then nothing has changed. */
  write(slots: Slots): void {
    const { f64 } = this.arena;
    if (slots.size > this.load(ROOM)) {
      const room = 2 * slots.size;
      this.store(TABLE, this.arena.allocOwn(room * FIELDS * 8) / 8);
      this.store(ROOM, room);
    }
    let at = this.load(TABLE);
    for (const [slot, { gpa, size, arena, readonly, dirty }] of slots) {
      f64.set([slot, gpa, size, arena, readonly ? 1 : 0, dirty?.address ?? 0], at);
      at += FIELDS;
    }
    this.store(COUNT, slots.size);
    this.known = Atomics.add(this.arena.i32, this.base + GENERATION, 1) + 1;
  }

  /** For who has it exclusively. */
  read(): Slots {
    const { arena } = this;
    const table = this.load(TABLE);
    const slots = new Map<number, MemorySlot>();
    for (let n = 0; n < this.load(COUNT); n++) {
      const [slot, gpa, size, place, readonly, log] = arena.f64.subarray(table + n * FIELDS) as unknown as [number, number, number, number, number, number];
      const dirty = log === 0 ? undefined : new DirtyPages(arena, log, size / PAGE);
      slots.set(slot, { gpa, size, arena: place, readonly: readonly === 1, dirty });
    }
    this.known = this.load(GENERATION);
    return slots;
  }
}
