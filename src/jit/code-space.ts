/**
 * Where generated code lives: the function table, the places in the arena for cold records and link cells, the helpers'
 * numbers, and the imports that every module gets. One for each machine and thread.
 */
import type { Arena } from '../base/arena.ts';
import type { GuestArch } from '../isa/arch.ts';
import type { Helper } from '../isa/call.ts';
import { NONE } from '../ir/graph.ts';
import { StateMap } from '../ir/state-map.ts';
import type { MemoryImport } from '../wasm/module.ts';
import { PAGE, staticSlots, type StateOffsets } from './abi.ts';
import { createPrelude, type Prelude } from './prelude.ts';
import { staticModule } from './static.ts';

/** What generated code imports (see `imports` in abi.ts). */
export interface Imports {
  load(cpu: number, low: number, high: number, descriptor: number): number;
  store(cpu: number, low: number, high: number, descriptor: number): number;
  atomic(cpu: number, low: number, high: number, descriptor: number): number;
  helper(cpu: number, id: number): number;
}

export interface CodeSpaceSizes {
  /** Table slots: one for each handler and each unit. */
  readonly slots: number;
  /** Bytes for cold records. */
  readonly records: number;
  /** Link cells: one for each unit entry that is linked to. */
  readonly cells: number;
}
export const defaultSizes: CodeSpaceSizes = { slots: 1 << 16, records: 24 << 20, cells: 1 << 18 };

class HelperList {
  readonly list: Helper[] = [];
  private readonly ids = new Map<Helper, number>();
  readonly id = (h: Helper): number => {
    let id = this.ids.get(h);
    if (id === undefined) {
      id = this.list.push(h) - 1;
      this.ids.set(h, id);
    }
    return id;
  };
}

export class CodeSpace {
  readonly state: StateMap;
  readonly offsets: StateOffsets;
  readonly helpers = new HelperList();
  readonly memoryImport: MemoryImport;
  /** What every module begins with. */
  readonly prelude: Prelude;
  /** Runs a CPU from its PC until generated code returns. */
  readonly enter: (cpu: number) => number;
  /** Runs the cold block that the state's `coldRecord` names, as far as the budget goes. */
  readonly step: (cpu: number) => number;
  /** Arena addresses of instructions that no unit or block runs into: what leads there is a lookup. */
  readonly stops = new Set<number>();
  /** Modules and bytes instantiated so far; for statistics. */
  modules = 0;
  bytes = 0;
  private readonly arena: Arena;
  private readonly arch: GuestArch;
  private readonly table: WebAssembly.Table;
  private readonly env: WebAssembly.ModuleImports;
  private readonly sizes: CodeSpaceSizes;
  private readonly recordStart: number;
  private recordEnd: number;
  /** How often all records were given back. */
  recordLives = 0;
  private readonly cellStart: number;
  private cellCount = 0;
  private nextSlot: number = staticSlots.next;
  private freeSlots: { start: number; count: number }[] = [];

  constructor(arena: Arena, arch: GuestArch, imports: Imports, sizes: CodeSpaceSizes = defaultSizes, threads = false) {
    this.arena = arena;
    this.arch = arch;
    this.sizes = sizes;
    this.state = new StateMap(arch);
    const f = arch.layout.fields;
    this.offsets = {
      pc: f.pc.offset, pcPage: f.pcPage.offset, request: f.request.offset, unitKey: f.unitKey.offset, tlb: f.tlb.offset,
      tlbUnprivileged: f.tlbUnprivileged.offset, jumpCache: f.jumpCache.offset, coldRecord: f.coldRecord.offset,
      budgetLeft: f.budgetLeft.offset, tally: f.tally.offset, arg: f.arg.offset, result: f.result.offset, threads,
    };
    this.memoryImport = { pages: arena.memory.buffer.byteLength / 65536, shared: !(arena.memory.buffer instanceof ArrayBuffer) };
    this.prelude = createPrelude(this.offsets);
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: sizes.slots });
    this.env = { memory: arena.memory, table: this.table, ...imports };
    this.recordStart = this.recordEnd = arena.allocOwn(sizes.records, 16);
    this.cellStart = arena.allocOwn(sizes.cells * 4, 16);
    const { enter, step } = this.instantiate(staticModule(this.memoryImport, this.offsets, this.prelude)).exports;
    this.enter = enter as (cpu: number) => number;
    this.step = step as (cpu: number) => number;
  }

  instantiate(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Instance {
    this.modules++;
    this.bytes += bytes.length;
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: this.env });
  }

  /** The instruction word at an arena address. */
  word(at: number, mode: number): number {
    const { halfwords } = this.arch;
    if (halfwords?.in(mode)) {
      const first = this.arena.u16[at >>> 1]!;
      return ((first << 16) | (halfwords.two(first) ? this.arena.u16[(at >>> 1) + 1]! : 0)) >>> 0;
    }
    const word = this.arena.u32[at >>> 2]!;
    if (!this.arch.bigEndianCode(mode)) return word;
    return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24)) >>> 0;
  }

  /** Whether an instruction begins in a page's last halfword and ends in the next page. */
  straddles(page: number, offset: number, mode: number): boolean {
    const { halfwords } = this.arch;
    return offset === PAGE - 2 && halfwords?.in(mode) === true && halfwords.two(this.arena.u16[(page + offset) >>> 1]!);
  }

  /** First of `count` adjacent free table slots, or NONE. */
  takeSlots(count: number): number {
    const free = this.freeSlots.find(r => r.count >= count);
    if (free) {
      const { start } = free;
      free.start += count;
      free.count -= count;
      if (free.count === 0) this.freeSlots = this.freeSlots.filter(r => r !== free);
      return start;
    }
    if (this.nextSlot + count > this.sizes.slots) return NONE;
    this.nextSlot += count;
    return this.nextSlot - count;
  }

  /** The same for handlers, to which units give way. */
  allocateSlots(count: number): number {
    for (;;) {
      const slot = this.takeSlots(count);
      if (slot !== NONE || !this.makeRoom()) return slot;
    }
  }

  /** Drops some units; whether there were any. The code cache sets it. */
  makeRoom: () => boolean = () => false;

  releaseSlots(start: number, count: number): void {
    for (let i = 0; i < count; i++) this.table.set(start + i, null);
    const merged: { start: number; count: number }[] = [];
    for (const range of [...this.freeSlots, { start, count }].sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1);
      if (last && last.start + last.count === range.start) last.count += range.count;
      else merged.push({ ...range });
    }
    this.freeSlots = merged;
  }

  /** Slots of the table. */
  get slots(): number { return this.sizes.slots; }

  /** Slots that can still be taken at once. */
  get slotsLeft(): number { return this.sizes.slots - this.nextSlot + this.freeSlots.reduce((n, r) => n + r.count, 0); }

  /** Arena address of `bytes` for a cold block, or NONE where the space is full. */
  allocateRecords(bytes: number): number {
    if (this.recordEnd + bytes > this.recordStart + this.sizes.records) return NONE;
    this.recordEnd += (bytes + 15) & -16;
    return this.recordEnd - ((bytes + 15) & -16);
  }

  /** All of them. */
  resetRecords(): void {
    this.recordEnd = this.recordStart;
    this.recordLives++;
  }

  /** Arena address of a new link cell, or NONE. */
  allocateCell(): number {
    return this.cellCount === this.sizes.cells ? NONE : this.cellStart + 4 * this.cellCount++;
  }

  get cellsLeft(): number { return this.sizes.cells - this.cellCount; }

  /** Gives back every cell; no code that was linked through one may be left. */
  resetCells(): void {
    this.arena.u8.fill(0, this.cellStart, this.cellStart + this.cellCount * 4);
    this.cellCount = 0;
  }
}
