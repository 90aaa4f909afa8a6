/**
 * Hot code to modules: entries wait until there are enough of them for a module, so that what belongs together links
 * directly and a module's fixed cost is shared.
 */
import type { GuestArch } from '../isa/arch.ts';
import { NONE } from '../ir/graph.ts';
import type { CodeCache } from './code-cache.ts';
import { codeKey, variant } from './key-map.ts';
import type { CodeSpace } from './code-space.ts';
import { Translator, type Entry } from './translator.ts';

export interface CompilerOptions {
  /** Units in a module. */
  readonly batch: number;
  /** Instructions in a unit at most. */
  readonly instructions: number;
}
export const defaultCompilerOptions: CompilerOptions = { batch: 48, instructions: 96 };

interface Request extends Entry { readonly asked: number }

/** Requests for one unit that have it compiled whatever else waits. */
const URGENT = 4;

export class Compiler {
  units = 0;
  instructions = 0;
  /** Milliseconds spent from bytes to instances. */
  time = 0;
  private readonly space: CodeSpace;
  private readonly cache: CodeCache;
  private readonly options: CompilerOptions;
  private readonly translator: Translator;
  private readonly now: () => number;
  private queue = new Map<number, Request>();

  constructor(arch: GuestArch, space: CodeSpace, cache: CodeCache, now: () => number, options: CompilerOptions = defaultCompilerOptions) {
    this.space = space;
    this.cache = cache;
    this.options = options;
    this.now = now;
    this.translator = new Translator(arch, space);
  }

  /** Asks for a unit at `offset` of the page at arena address `page`. Asking again and again makes it urgent. */
  request(page: number, offset: number, mode: number, counted: boolean): void {
    const key = codeKey(page, offset, variant(mode, counted));
    const asked = (this.queue.get(key)?.asked ?? 0) + 1;
    this.queue.set(key, { key, page, offset, mode, counted, asked });
    if (asked >= URGENT || this.queue.size >= this.options.batch) this.compile();
  }

  /** Compiles whatever waits. */
  compile(): void {
    const entries = [...this.queue.values()].filter(e => !this.cache.units.has(e.key) && !this.space.stops.has(e.page + e.offset));
    this.queue = new Map();
    if (entries.length === 0) return;
    const started = this.now();
    while (this.cache.full(entries.length) && this.cache.evict());
    // A unit links to a cell for each of its exits at most.
    if (this.space.cellsLeft < entries.length * this.options.instructions) this.cache.clear();
    let slot = this.space.takeSlots(entries.length);
    while (slot === NONE && this.cache.evict()) slot = this.space.takeSlots(entries.length);
    // No room at all: the code stays cold.
    if (slot === NONE) return;
    const { bytes, units, instructions } = this.translator.translate(entries, slot, key => this.cache.cellOf(key), this.options.instructions);
    this.space.instantiate(bytes);
    this.cache.addBatch({ slot, units, bytes: bytes.length, live: units.length });
    this.units += units.length;
    this.instructions += instructions;
    this.time += this.now() - started;
  }
}
