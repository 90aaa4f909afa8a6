/**
 * The software TLB that generated code looks at, in the arena: banks of tables, one bank an address space that was
 * used lately, one table an MMU index. A context switch changes the bank instead of flushing. Each bank also remembers
 * where fetches lead, and has a generation that makes jump-cache entries of its former lives worthless.
 */
import type { Arena } from '../base/arena.ts';
import { PAGE, TLB_ENTRIES, TLB_ENTRY_BYTES, TLB_TABLE_BYTES, tlbEntry } from '../jit/abi.ts';
import { VARIANTS } from '../jit/key-map.ts';
import { WatchedPages } from './watched-pages.ts';

const BANKS = 8;
const TABLES = 4;
const GENERATIONS = 2 ** 32 / VARIANTS - 1;
const INVALID = 0xffffffff;

export interface Bank {
  readonly base: number;
  space: bigint | undefined;
  /** Part of the unit key: what jump-cache entries of this bank carry. */
  generation: number;
  lastUse: number;
  /** Bit n: table n has been cleared for the space. */
  clear: number;
  /** Virtual page number (signed) * 4 + MMU index → arena address of the page, plus what it adds to the mode. */
  readonly fetches: Map<number, number>;
}

export class Tlb {
  readonly banks: readonly Bank[];
  readonly watched = new WatchedPages();
  private readonly arena: Arena;
  private readonly generationsUsedUp: () => void;
  private uses = 0;
  private nextGeneration = 1;
  /** 1 for each arena page to which some entry may allow writes. */
  private readonly mayWrite: Uint8Array;

  /** `generationsUsedUp`: jump caches must be emptied, their keys are about to come again. */
  constructor(arena: Arena, generationsUsedUp: () => void) {
    this.arena = arena;
    this.generationsUsedUp = generationsUsedUp;
    this.mayWrite = new Uint8Array(Math.ceil(arena.u8.length / PAGE));
    const base = arena.allocOwn(BANKS * TABLES * TLB_TABLE_BYTES, PAGE);
    this.banks = Array.from({ length: BANKS }, (_, i) => ({
      base: base + i * TABLES * TLB_TABLE_BYTES, space: undefined, generation: 0, lastUse: 0, clear: 0, fetches: new Map<number, number>(),
    }));
  }

  /** The bank of an address space; a fresh one where it isn't known any more. */
  activate(space: bigint): Bank {
    let oldest = this.banks[0]!;
    for (const bank of this.banks) {
      if (bank.space === space) {
        bank.lastUse = ++this.uses;
        return bank;
      }
      if (bank.space === undefined || bank.lastUse < oldest.lastUse) oldest = bank;
    }
    this.renew(oldest);
    oldest.space = space;
    oldest.lastUse = ++this.uses;
    return oldest;
  }

  private renew(bank: Bank): void {
    bank.clear = 0;
    bank.fetches.clear();
    bank.generation = this.nextGeneration;
    if (this.nextGeneration++ < GENERATIONS) return;
    this.nextGeneration = 1;
    this.generationsUsedUp();
  }

  /** Arena address of a table, which holds entries of the bank's space alone. */
  table(bank: Bank, mmuIndex: number): number {
    const at = bank.base + mmuIndex * TLB_TABLE_BYTES;
    if (!(bank.clear & (1 << mmuIndex))) {
      bank.clear |= 1 << mmuIndex;
      this.arena.u8.fill(0xff, at, at + TLB_TABLE_BYTES);
    }
    return at;
  }

  /** Enters that the page of va (hi:lo) lies at arena address `page`. */
  fill(bank: Bank, mmuIndex: number, lo: number, hi: number, page: number, writable: boolean): void {
    const { u32 } = this.arena;
    const tagLow = (lo & -PAGE) >>> 0;
    const at = (this.table(bank, mmuIndex) + ((lo >>> 12) & (TLB_ENTRIES - 1)) * TLB_ENTRY_BYTES) >>> 2;
    u32[at + tlbEntry.readTag / 4] = tagLow;
    u32[at + tlbEntry.readTag / 4 + 1] = hi;
    u32[at + tlbEntry.writeTag / 4] = writable ? tagLow : INVALID;
    u32[at + tlbEntry.writeTag / 4 + 1] = writable ? hi : INVALID;
    u32[at + tlbEntry.addend / 4] = page - tagLow;
    if (writable) this.mayWrite[page / PAGE] = 1;
  }

  /** Forgets everything. */
  flush(): void {
    for (const bank of this.banks) bank.space = undefined;
  }

  /** Forgets a page in every space, whatever tag its address has; `vaPage`: its number, signed. */
  flushPage(lo: number, vaPage: number): void {
    const { u32 } = this.arena;
    const index = (lo >>> 12) & (TLB_ENTRIES - 1);
    for (const bank of this.banks) {
      if (bank.space === undefined) continue;
      for (let t = 0; t < TABLES; t++) {
        bank.fetches.delete(vaPage * 4 + t);
        if (!(bank.clear & (1 << t))) continue;
        const at = (this.table(bank, t) + index * TLB_ENTRY_BYTES) >>> 2;
        u32.fill(INVALID, at, at + 4);
      }
    }
  }

  /** Forgets `count` pages in a row, whatever their addresses' upper parts, from the one that has this index in the tables. */
  forgetSlots(index: number, count: number): void {
    const { u32 } = this.arena;
    for (const bank of this.banks) {
      for (let t = 0; t < TABLES; t++) {
        if (!(bank.clear & (1 << t))) continue;
        for (let n = 0; n < count; n++) {
          const at = (this.table(bank, t) + ((index + n) & (TLB_ENTRIES - 1)) * TLB_ENTRY_BYTES) >>> 2;
          u32.fill(INVALID, at, at + 4);
        }
      }
    }
  }

  /** Takes the right to write to an arena page out of every entry: stores to it take the slow path from now on. */
  protect(page: number): void {
    if (this.mayWrite[page / PAGE] === 0) return;
    this.mayWrite[page / PAGE] = 0;
    const { u32 } = this.arena;
    for (const bank of this.banks) {
      if (bank.space === undefined) continue;
      for (let t = 0; t < TABLES; t++) if (bank.clear & (1 << t)) protectTable(u32, this.table(bank, t) >>> 2, page);
    }
  }
}

function protectTable(u32: Uint32Array, start: number, page: number): void {
  const words = TLB_ENTRY_BYTES / 4;
  for (let at = start; at < start + TLB_ENTRIES * words; at += words) {
    const tag = u32[at + tlbEntry.writeTag / 4]!;
    if (tag === INVALID || (tag + u32[at + tlbEntry.addend / 4]!) >>> 0 !== page) continue;
    u32[at + tlbEntry.writeTag / 4] = INVALID;
    u32[at + tlbEntry.writeTag / 4 + 1] = INVALID;
  }
}
