/** A CPU's jump cache: from (PC, unit key) to what is run there. Generated code reads it (jit/prelude.ts); this writes it. */
import type { Arena } from '../base/arena.ts';
import { JUMP_ENTRIES, JUMP_ENTRY_BYTES, jumpEntry, PAGE } from '../jit/abi.ts';

/** Of entries that were dropped: no unit key. */
const NO_KEY = 0xffffffff;
const WORDS = JUMP_ENTRY_BYTES / 4;

export class JumpCache {
  /** Arena address. */
  readonly base: number;
  private readonly arena: Arena;

  constructor(arena: Arena) {
    this.arena = arena;
    this.base = arena.allocOwn(JUMP_ENTRIES * JUMP_ENTRY_BYTES, 64);
    this.forget();
  }

  set(lo: number, hi: number, key: number, slot: number, record: number): void {
    const at = (this.base >>> 2) + ((lo >>> 2) & (JUMP_ENTRIES - 1)) * WORDS;
    const { u32 } = this.arena;
    u32[at + jumpEntry.pc / 4] = lo;
    u32[at + jumpEntry.pc / 4 + 1] = hi;
    u32[at + jumpEntry.key / 4] = key;
    u32[at + jumpEntry.unit / 4] = slot;
    u32[at + jumpEntry.record / 4] = record;
  }

  forget(): void { this.arena.u8.fill(0xff, this.base, this.base + JUMP_ENTRIES * JUMP_ENTRY_BYTES); }

  /** Drops the entries of a virtual page: they lie side by side. */
  forgetPage(lo: number, hi: number): void {
    const { u32 } = this.arena;
    const from = (this.base >>> 2) + ((lo >>> 2) & (JUMP_ENTRIES - 1)) * WORDS;
    for (let at = from; at < from + (PAGE / 4) * WORDS; at += WORDS) {
      if (u32[at + 1] === hi && (u32[at]! & -PAGE) >>> 0 === lo) u32[at + jumpEntry.key / 4] = NO_KEY;
    }
  }

  /** Drops the entries of this offset in every page. */
  forgetOffset(offset: number): void {
    const { u32 } = this.arena;
    for (let word = offset >>> 2; word < JUMP_ENTRIES; word += PAGE / 4) u32[(this.base + word * JUMP_ENTRY_BYTES + jumpEntry.key) >>> 2] = NO_KEY;
  }
}
