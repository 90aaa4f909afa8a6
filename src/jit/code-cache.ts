/**
 * What code there is, by the physical page it was translated from: units and cold blocks, their links, and what goes
 * when memory under them changes or room is needed. Keys are physical, so that address spaces share code.
 */
import type { Arena } from '../base/arena.ts';
import { NONE } from '../ir/graph.ts';
import { coldHeader, coldRecord, PAGE, staticSlots } from './abi.ts';
import type { CodeSpace } from './code-space.ts';
import { KeyMap } from './key-map.ts';

export interface Unit {
  readonly key: number;
  readonly page: number;
  readonly offset: number;
  readonly slot: number;
  readonly coverLow: number;
  readonly coverHigh: number;
  /** Units of the same module that go to this one without looking at a cell. */
  readonly callers: Unit[];
  live: boolean;
  /** The module it came in, once it is installed. */
  batch: Batch | undefined;
}

export interface ColdBlock {
  readonly key: number;
  readonly page: number;
  readonly offset: number;
  readonly end: number;
  readonly address: number;
}

export interface Batch {
  readonly slot: number;
  readonly units: readonly Unit[];
  readonly bytes: number;
  /** Units of it that are still in use. */
  live: number;
}

interface PageCode {
  readonly units: Set<Unit>;
  readonly blocks: Set<ColdBlock>;
  coverLow: number;
  coverHigh: number;
  /** Times that code of the page was written over. */
  strikes: number;
}

/** Bits of the 64-byte chunks from `from` to `to` (exclusive) of a page. */
function cover(from: number, to: number): [low: number, high: number] {
  let low = 0;
  let high = 0;
  for (let chunk = from >>> 6; chunk <= (to - 1) >>> 6; chunk++) {
    if (chunk < 32) low |= 1 << chunk; else high |= 1 << (chunk - 32);
  }
  return [low, high];
}

export interface CacheListener {
  /** A page begins to hold code: stores to it have to be seen from now on. */
  codeInPage(page: number): void;
  /** Slots or records that jump caches may name are about to be used anew. */
  forgetJumps(): void;
  /** Code at this offset of some page is gone. */
  forgetJumpsTo(offset: number): void;
}

/** Writes over code that drop only what they hit, in the life of a page's code. */
const STRIKES = 4;
/** Table slots that are left for handlers of the cold tier. */
const SPARE_SLOTS = 512;

export interface CacheLimits { readonly bytes: number; readonly units: number }
export const defaultLimits: CacheLimits = { bytes: 96 << 20, units: 40_000 };

export class CodeCache {
  readonly units = new KeyMap<Unit>();
  readonly blocks = new KeyMap<ColdBlock>();
  evictions = 0;
  invalidations = 0;
  private readonly arena: Arena;
  private readonly space: CodeSpace;
  private readonly limits: CacheLimits;
  private readonly listener: CacheListener;
  private readonly pages = new Map<number, PageCode>();
  private readonly cells = new KeyMap<number>();
  private readonly batches = new Set<Batch>();
  /** Modules whose last unit was dropped, perhaps by a store of its own: their slots are free at the next safe point. */
  private dead: Batch[] = [];
  private batchBytes = 0;
  /** 1 for each arena page that holds translated code. */
  private readonly hasCode: Uint8Array;

  constructor(arena: Arena, space: CodeSpace, listener: CacheListener, limits: CacheLimits = defaultLimits) {
    this.arena = arena;
    this.space = space;
    this.listener = listener;
    this.limits = limits;
    this.hasCode = new Uint8Array(Math.ceil(arena.u8.length / PAGE));
    space.makeRoom = () => this.evict();
  }

  codeIn(page: number): boolean { return this.hasCode[page / PAGE] === 1; }

  private pageCode(page: number): PageCode {
    let code = this.pages.get(page);
    if (!code) {
      code = { units: new Set(), blocks: new Set(), coverLow: 0, coverHigh: 0, strikes: 0 };
      this.pages.set(page, code);
      this.hasCode[page / PAGE] = 1;
      this.listener.codeInPage(page);
    }
    return code;
  }

  addBlock(block: ColdBlock): void {
    const code = this.pageCode(block.page);
    const [low, high] = cover(block.offset, block.end);
    code.blocks.add(block);
    code.coverLow |= low;
    code.coverHigh |= high;
    this.blocks.set(block.key, block);
  }

  /** Arena address of the cell that holds the slot of the unit with this key, or 0. */
  cellOf(key: number): number {
    let cell = this.cells.get(key);
    if (cell === undefined) {
      cell = this.space.allocateCell();
      if (cell === NONE) throw new Error('the link cells are used up');
      this.cells.set(key, cell);
      this.arena.u32[cell >>> 2] = this.units.get(key)?.slot ?? 0;
    }
    return cell;
  }
  get cellCount(): number { return this.cells.size; }

  addBatch(batch: Batch): void {
    this.batches.add(batch);
    this.batchBytes += batch.bytes;
    for (const unit of batch.units) {
      unit.batch = batch;
      const old = this.units.get(unit.key);
      if (old) this.drop(old);
      this.units.set(unit.key, unit);
      const code = this.pageCode(unit.page);
      code.units.add(unit);
      code.coverLow |= unit.coverLow;
      code.coverHigh |= unit.coverHigh;
      const cell = this.cells.get(unit.key);
      if (cell !== undefined) this.arena.u32[cell >>> 2] = unit.slot;
      const block = this.blocks.get(unit.key);
      if (block) this.retire(block);
    }
  }

  private drop(unit: Unit): void {
    if (!unit.live) return;
    unit.live = false;
    this.units.delete(unit.key);
    this.pages.get(unit.page)?.units.delete(unit);
    const cell = this.cells.get(unit.key);
    if (cell !== undefined) this.arena.u32[cell >>> 2] = 0;
    this.listener.forgetJumpsTo(unit.offset);
    const { batch } = unit;
    if (batch && --batch.live === 0 && this.batches.has(batch)) this.dead.push(batch);
    for (const caller of unit.callers) this.drop(caller);
  }

  /** Its bytes changed, or a unit took its place. */
  retire(block: ColdBlock): void {
    this.dropBlock(block);
    this.listener.forgetJumpsTo(block.offset);
  }

  /** Whoever still goes to the block looks for what is there now. */
  private dropBlock(block: ColdBlock): void {
    this.blocks.delete(block.key);
    this.pages.get(block.page)?.blocks.delete(block);
    this.arena.u32[(block.address + coldHeader.heat) >>> 2] = 0;
    this.arena.u32[(block.address + coldHeader.size + coldRecord.handler) >>> 2] = staticSlots.stale;
  }

  /** Memory from arena address `at` on was written: drops the code that was translated from it. Whether there was any. */
  written(at: number, bytes: number): boolean {
    let any = false;
    for (let page = at - (at % PAGE); page < at + bytes; page += PAGE) {
      if (this.codeIn(page)) any = this.writtenInPage(page, Math.max(at, page), Math.min(at + bytes, page + PAGE)) || any;
    }
    return any;
  }

  private writtenInPage(page: number, from: number, to: number): boolean {
    const code = this.pages.get(page)!;
    const [low, high] = cover(from - page, to - page);
    if (!(code.coverLow & low) && !(code.coverHigh & high)) return false;
    this.invalidations++;
    // A page that is written again and again holds new contents altogether.
    const all = ++code.strikes > STRIKES;
    for (const unit of [...code.units]) if (all || unit.coverLow & low || unit.coverHigh & high) this.drop(unit);
    for (const block of [...code.blocks]) if (all || (block.offset < to - page && block.end > from - page)) this.retire(block);
    this.recover(page, code);
    return true;
  }

  /** What the page's remaining code covers; a page without any is written to freely again. */
  private recover(page: number, code: PageCode): void {
    code.coverLow = code.coverHigh = 0;
    for (const unit of code.units) { code.coverLow |= unit.coverLow; code.coverHigh |= unit.coverHigh; }
    for (const block of code.blocks) {
      const [low, high] = cover(block.offset, block.end);
      code.coverLow |= low;
      code.coverHigh |= high;
    }
    if (code.units.size + code.blocks.size > 0) return;
    this.pages.delete(page);
    this.hasCode[page / PAGE] = 0;
  }

  /** Whether the limits ask for room before another batch of this many units. Called where no generated code runs. */
  full(units: number): boolean {
    this.release();
    return this.batchBytes > this.limits.bytes || this.units.size + units > this.limits.units || this.space.slotsLeft < units + SPARE_SLOTS;
  }

  private release(): void {
    if (this.dead.length === 0) return;
    for (const batch of this.dead) this.dropBatch(batch);
    this.dead = [];
    this.listener.forgetJumps();
  }

  /** Drops the oldest eighth of the modules: their memory is the host's again. Whether there were any. */
  evict(): boolean {
    if (this.batches.size === 0) return false;
    this.evictions++;
    const oldest = [...this.batches].slice(0, Math.max(1, this.batches.size >>> 3));
    for (const batch of oldest) this.dropBatch(batch);
    this.dead = this.dead.filter(batch => this.batches.has(batch));
    this.listener.forgetJumps();
    return true;
  }

  private dropBatch(batch: Batch): void {
    if (!this.batches.delete(batch)) return;
    for (const unit of batch.units) this.drop(unit);
    this.batchBytes -= batch.bytes;
    this.space.releaseSlots(batch.slot, batch.units.length);
  }

  /** Drops every cold block, to use their space anew. */
  dropBlocks(): void {
    this.evictions++;
    for (const block of [...this.blocks.values()]) this.dropBlock(block);
    for (const [page, code] of [...this.pages]) this.recover(page, code);
    this.space.resetRecords();
    this.listener.forgetJumps();
  }

  /** Drops everything. */
  clear(): void {
    for (const batch of [...this.batches]) this.dropBatch(batch);
    this.dead = [];
    this.cells.clear();
    this.space.resetCells();
    this.dropBlocks();
  }
}
