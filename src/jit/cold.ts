/**
 * The cold tier: code runs as predecoded records, each naming a handler. A handler is an instruction's own meaning,
 * built once for each combination of its mode fields with operands that are read from the record.
 */
import type { Arena } from '../base/arena.ts';
import type { GuestArch } from '../isa/arch.ts';
import { extract, type Insn, type RawFields } from '../isa/insn.ts';
import { IrBuilder } from '../ir/builder.ts';
import { Graph, NONE } from '../ir/graph.ts';
import { coldHeader, coldRecord, exit, PAGE, staticSlots } from './abi.ts';
import type { CodeSpace } from './code-space.ts';
import { Lowering } from './lower.ts';
import { RecordLayout } from './record-layout.ts';
import { startModule } from './shared.ts';
import { handlerSignature } from './static.ts';

/** Words whose records are kept for the next time, for each mode. */
const REMEMBERED_WORDS = 1 << 16;
/** How many words behind a block with a missing handler are searched for others. */
const LOOK_AHEAD = 256;

export interface ColdOptions {
  /** Records in a block at most. */
  readonly records: number;
}
export const defaultColdOptions: ColdOptions = { records: 24 };

interface Handler {
  readonly slot: number;
  readonly layout: RecordLayout;
  /** The block can't go on behind it. */
  readonly ends: boolean;
}

interface Decoded {
  readonly word: number;
  readonly insn: Insn | undefined;
  readonly raw: RawFields;
  /** Of the handler: the instruction, its mode fields, and what the mode changes about accesses. */
  readonly key: string;
}

/** A record but for its place, and whether the block ends with it. */
interface Prepared { readonly words: readonly number[]; readonly ends: boolean }
const UNKNOWN: Prepared = { words: [], ends: false };

export class ColdTier {
  private readonly arena: Arena;
  private readonly arch: GuestArch;
  private readonly space: CodeSpace;
  private readonly options: ColdOptions;
  private readonly ir: IrBuilder;
  private readonly lowering: Lowering;
  private readonly handlers = new Map<string, Handler>();
  private readonly prepared = new Map<number, Map<number, Prepared>>();

  constructor(arena: Arena, arch: GuestArch, space: CodeSpace, options: ColdOptions = defaultColdOptions) {
    this.arena = arena;
    this.arch = arch;
    this.space = space;
    this.options = options;
    this.ir = new IrBuilder(new Graph(), space.state, exit.raised, space.helpers.id);
    this.lowering = new Lowering(space.offsets);
  }

  /** Handlers that exist; for statistics. */
  get size(): number { return this.handlers.size; }

  /**
   * Predecodes the block at `offset` of the page at arena address `page` into records.
   * Gives the block's address and end offset, or undefined where the record space is full.
   */
  predecode(page: number, offset: number, mode: number, heat: number, counted: boolean): { block: number; end: number } | undefined {
    const records = this.prepare(page, offset, mode);
    const entry = this.entry(this.space.word(page + offset, mode), mode);
    let bytes = coldHeader.size + coldRecord.fields + (counted ? records.length * coldRecord.fields : 0) + (entry?.length ?? 0) * 4;
    for (const { words } of records) bytes += words.length * 4;
    const block = this.space.allocateRecords(bytes);
    if (block === NONE) return undefined;
    const { u32 } = this.arena;
    const end = offset + records.length * 4;
    u32[(block + coldHeader.heat) >>> 2] = heat;
    u32[(block + coldHeader.pcOffset) >>> 2] = offset;
    let at = (block + coldHeader.size) >>> 2;
    let pcOffset = offset;
    const put = (slot: number): void => {
      u32[at + coldRecord.handler / 4] = slot;
      u32[at + coldRecord.pcOffset / 4] = pcOffset;
      at += coldRecord.fields / 4;
    };
    const copy = (words: readonly number[]): void => {
      for (let i = 0; i < words.length; i++) u32[at + i] = words[i]!;
      u32[at + coldRecord.pcOffset / 4] = pcOffset;
      at += words.length;
    };
    if (entry) copy(entry);
    for (const { words } of records) {
      if (counted) put(staticSlots.count);
      copy(words);
      pcOffset += 4;
    }
    put(staticSlots.end);
    return { block, end };
  }

  /** What the guest wants done where code is entered at `word`. */
  private entry(word: number, mode: number): readonly number[] | undefined {
    const insn = this.arch.entry?.(word, mode);
    if (insn === undefined) return undefined;
    const decoded = this.decoded(insn, word, mode);
    if (!this.handlers.has(decoded.key)) this.build([decoded], mode);
    const { layout, slot } = this.handlers.get(decoded.key)!;
    return layout.words(decoded.raw, slot);
  }

  /** The records of the instructions up to the end of the block; handlers that are missing are built in one module. */
  private prepare(page: number, offset: number, mode: number): Prepared[] {
    const known = this.preparedFor(mode);
    const limit = Math.min(this.options.records, (PAGE - offset) >>> 2);
    const records: Prepared[] = [];
    const fresh: { readonly decoded: Decoded; readonly place: number }[] = [];
    const missing = new Map<string, Decoded>();
    for (let i = 0; i < limit; i++) {
      const word = this.space.word(page + offset + i * 4, mode);
      const prepared = known.get(word | 0);
      if (prepared !== undefined) {
        records.push(prepared);
        if (prepared.ends) break;
        continue;
      }
      const decoded = this.decode(word, mode);
      const handler = this.handlers.get(decoded.key);
      fresh.push({ decoded, place: records.push(UNKNOWN) - 1 });
      if (handler?.ends) break;
      if (!handler) missing.set(decoded.key, decoded);
    }
    if (missing.size > 0) {
      this.lookAhead(page, offset + limit * 4, mode, missing);
      this.build([...missing.values()], mode);
    }
    for (const { decoded, place } of fresh) {
      const handler = this.handlers.get(decoded.key)!;
      const prepared = { words: handler.layout.words(decoded.raw, handler.slot), ends: handler.ends };
      known.set(decoded.word | 0, prepared);
      records[place] = prepared;
    }
    const last = missing.size > 0 ? records.findIndex(r => r.ends) : -1;
    return last < 0 ? records : records.slice(0, last + 1);
  }

  /** Adds what the code behind the block will ask for: a module's fixed cost is worth many handlers. */
  private lookAhead(page: number, offset: number, mode: number, missing: Map<string, Decoded>): void {
    for (let at = offset; at < Math.min(PAGE, offset + LOOK_AHEAD * 4); at += 4) {
      const decoded = this.decode(this.space.word(page + at, mode), mode);
      if (!this.handlers.has(decoded.key) && !missing.has(decoded.key)) missing.set(decoded.key, decoded);
    }
  }

  /** Records by instruction word (as a signed number, which a map takes without boxing): the same words come again and again. */
  private preparedFor(mode: number): Map<number, Prepared> {
    let known = this.prepared.get(mode);
    if (known === undefined || known.size > REMEMBERED_WORDS) {
      known = new Map();
      this.prepared.set(mode, known);
    }
    return known;
  }

  private decode(word: number, mode: number): Decoded {
    const { arch } = this;
    const insn = arch.decoder.decode(word);
    if (insn === undefined) return { word, insn, raw: {}, key: 'undefined' };
    if (insn.requires !== undefined && !(arch.requirementMet?.(mode, insn.requires) ?? true)) return { word, insn: undefined, raw: {}, key: 'requirement' };
    return this.decoded(insn, word, mode);
  }

  private decoded(insn: Insn, word: number, mode: number): Decoded {
    const { arch } = this;
    const raw = extract(insn, word);
    let key = insn.name;
    for (const f of insn.fields) if (f.mode) key += `,${raw[f.name]}`;
    if (arch.alignedData?.(mode)) key += '!';
    if (arch.bigEndianData?.(mode)) key += '^';
    if (arch.stagedMode) key += `@${arch.stagedMode(mode)}`;
    return { word, insn, raw, key };
  }

  private build(missing: readonly Decoded[], mode: number): void {
    const { space } = this;
    const { module } = startModule(space.memoryImport, space.offsets);
    const handlerType = module.type(handlerSignature);
    const slot = space.allocateSlots(missing.length);
    const functions = missing.map((d, i) => {
      const layout = new RecordLayout(d.insn, d.raw);
      this.ir.begin(layout);
      this.ir.setMode(this.arch.bigEndianData?.(mode) ?? false, this.arch.alignedData?.(mode) ?? false, this.arch.stagedMode?.(mode) ?? 0);
      this.ir.at(0, 0);
      if (d.insn === undefined) this.ir.exit(d.key === 'undefined' ? exit.undefined : exit.requirement);
      else layout.record(this.ir, d.raw);
      this.handlers.set(d.key, { layout, slot: slot + i, ends: this.ir.ended });
      return module.addFunction(handlerSignature, this.lowering.lowerHandler(this.ir, layout.size, this.ir.ended, handlerType));
    });
    module.fillTable(slot, functions);
    space.instantiate(module.encode());
  }
}
