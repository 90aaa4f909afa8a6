/** The cold tier: code runs as predecoded records, each naming a handler and holding its operands. */
import type { Arena } from '../base/arena.ts';
import { bytesOf, type GuestArch } from '../isa/arch.ts';
import { NONE } from '../ir/graph.ts';
import { coldHeader, coldRecord, endRecord, PAGE, staticSlots } from './abi.ts';
import type { CodeSpace } from './code-space.ts';
import { Handlers, type Handler } from './handlers.ts';
import { KnownWords } from './known-words.ts';

export interface ColdOptions {
  /** Records in a block at most. */
  readonly records: number;
}
export const defaultColdOptions: ColdOptions = { records: 24 };

/** An instruction word's handler, and where in the arena's words a record of it is, whose operands can be copied; 0: none yet. */
interface Known { readonly handler: Handler; record: number }

export class ColdTier {
  private readonly arena: Arena;
  private readonly arch: GuestArch;
  private readonly space: CodeSpace;
  private readonly options: ColdOptions;
  private readonly handlers: Handlers;
  /** Those of the block that is being predecoded. */
  private readonly found: Known[] = [];
  /** Where in the page they are. */
  private readonly offsets: number[] = [];
  private readonly known: KnownWords<Known>;
  private recordLives = 0;

  constructor(arena: Arena, arch: GuestArch, space: CodeSpace, options: ColdOptions = defaultColdOptions) {
    this.arena = arena;
    this.arch = arch;
    this.space = space;
    this.options = options;
    const handlers = (this.handlers = new Handlers(arch, space));
    this.known = new KnownWords((word, mode) => ({ handler: handlers.of(word, mode), record: 0 }));
  }

  /** Handlers that exist; for statistics. */
  get size(): number { return this.handlers.count; }

  /**
   * Predecodes the block at `offset` of the page at arena address `page` into records.
   * Gives the block's address and end offset, or undefined where there is no room: all blocks have to go then.
   */
  predecode(page: number, offset: number, mode: number, heat: number, counted: boolean): { block: number; end: number } | undefined {
    const { space, found } = this;
    if (this.recordLives !== space.recordLives) {
      this.recordLives = space.recordLives;
      this.known.forget();
      if (this.handlers.full) this.handlers.forget();
    }
    if (this.handlers.full) return undefined;
    const entry = this.entry(space.word(page + offset, mode), mode);
    const { end, endMode } = this.find(page, offset, mode);
    if (this.handlers.incomplete) return undefined;
    let bytes = coldHeader.size + endRecord.size + (counted ? (found.length + 1) * coldRecord.fields : 0) + (entry?.handler.layout.size ?? 0);
    for (const { handler } of found) bytes += handler.layout.size;
    const block = space.allocateRecords(bytes);
    if (block === NONE) return undefined;
    const { u32 } = this.arena;
    u32[(block + coldHeader.heat) >>> 2] = heat;
    u32[(block + coldHeader.pcOffset) >>> 2] = offset;
    let at = (block + coldHeader.size) >>> 2;
    if (entry) at = this.record(at, entry, space.word(page + offset, mode), offset);
    for (let i = 0; i < found.length; i++) {
      const pcOffset = this.offsets[i]!;
      if (counted) at = this.bare(at, staticSlots.count, pcOffset);
      at = this.record(at, found[i]!, space.word(page + pcOffset, mode), pcOffset);
    }
    if (endMode === mode) {
      this.bare(at, staticSlots.end, end);
      u32[at + endRecord.link / 4] = 0;
    } else {
      if (counted) at = this.bare(at, staticSlots.count, end);
      this.bare(at, this.handlers.leaving(mode).slot, end);
    }
    return { block, end: Math.min(end, PAGE) };
  }

  /** Writes a record at word `at` of the arena; gives where the next one goes. */
  private record(at: number, known: Known, word: number, pcOffset: number): number {
    const { u32 } = this.arena;
    const { layout, slot } = known.handler;
    u32[at + coldRecord.handler / 4] = slot;
    u32[at + coldRecord.pcOffset / 4] = pcOffset;
    if (known.record !== 0) layout.copy(u32, known.record, at);
    else {
      layout.write(u32, at, word);
      known.record = at;
    }
    return at + (layout.size >>> 2);
  }

  /** The same for one without operands. */
  private bare(at: number, slot: number, pcOffset: number): number {
    const { u32 } = this.arena;
    u32[at + coldRecord.handler / 4] = slot;
    u32[at + coldRecord.pcOffset / 4] = pcOffset;
    return at + (coldRecord.fields >>> 2);
  }

  /** What the guest wants done where code is entered at `word`. */
  private entry(word: number, mode: number): Known | undefined {
    const insn = this.arch.entry?.(word, mode);
    if (insn === undefined) return undefined;
    const handler = this.handlers.ofInsn(insn, word, mode);
    if (this.handlers.incomplete) this.handlers.build();
    return { handler, record: 0 };
  }

  /** Puts the instructions up to the end of the block into `found`; gives where it ends, and the mode there. */
  private find(page: number, offset: number, mode: number): { end: number; endMode: number } {
    const { space, handlers, found, offsets, arch } = this;
    const { halfwords } = arch;
    const many = halfwords?.in(mode) ? halfwords : undefined;
    found.length = offsets.length = 0;
    let end = offset;
    let endMode = mode;
    // Where the mode is for a few instructions only, the block goes on to their end.
    while (end < PAGE && (found.length < this.options.records || endMode !== mode)) {
      if (found.length > 0 && (space.stops.has(page + end) || (many && space.straddles(page, end, endMode)))) break;
      const word = space.word(page + end, endMode);
      const known = this.known.of(word, endMode);
      found.push(known);
      offsets.push(end);
      end += bytesOf(arch, endMode, word);
      if (many) endMode = many.modeBehind(endMode, word);
      if (known.handler.ends) break;
    }
    if (endMode !== mode) handlers.leaving(mode);
    if (!handlers.incomplete) return { end, endMode };
    // A module's fixed cost is worth many handlers: those that the rest of the page will ask for come along.
    for (let at = 0; at < PAGE && !handlers.enough && !space.straddles(page, at, mode);) {
      const word = space.word(page + at, mode);
      handlers.of(word, mode);
      at += bytesOf(arch, mode, word);
    }
    handlers.build();
    const last = found.findIndex(({ handler }) => handler.ends);
    if (last < 0 || last === found.length - 1) return { end, endMode };
    // Nothing comes behind it: the mode there is nobody's.
    const next = offsets[last + 1]!;
    found.length = last + 1;
    return { end: next, endMode: mode };
  }
}
