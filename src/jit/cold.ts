/**
 * The cold tier: code runs as predecoded records, each naming a handler. A handler is an instruction's own meaning,
 * built once for each combination of its mode fields with operands that are read from the record.
 */
import type { Arena } from '../base/arena.ts';
import type { GuestArch } from '../isa/arch.ts';
import type { Builder } from '../isa/builder.ts';
import { extract, type Insn, type RawFields } from '../isa/insn.ts';
import { IrBuilder } from '../ir/builder.ts';
import { Graph, NONE } from '../ir/graph.ts';
import { pseudo } from '../ir/ops.ts';
import { I64 } from '../wasm/opcodes.ts';
import { coldHeader, coldRecord, exit, PAGE } from './abi.ts';
import type { CodeSpace } from './code-space.ts';
import { Lowering } from './lower.ts';
import { handlerSignature, startModule } from './static.ts';

/** How many records a block has at most. */
const BLOCK_RECORDS = 64;

interface Handler {
  readonly slot: number;
  readonly size: number;
  /** Operand fields by place in the record, then derived bigints. */
  readonly operands: readonly (readonly [name: string, offset: number])[];
  readonly derived: readonly (readonly [name: string, offset: number])[];
  readonly derivedOperands: readonly (readonly [name: string, offset: number])[];
  /** The block can't go on behind it. */
  readonly ends: boolean;
}

interface Decoded { readonly insn: Insn | undefined; readonly raw: RawFields; readonly key: string }

export class ColdTier {
  private readonly arena: Arena;
  private readonly arch: GuestArch;
  private readonly space: CodeSpace;
  private readonly ir: IrBuilder;
  private readonly lowering: Lowering;
  private readonly handlers = new Map<string, Handler>();
  /** Blocks may be cut at random places (chaos mode). */
  private readonly cut: () => number;

  constructor(arena: Arena, arch: GuestArch, space: CodeSpace, cut: () => number = () => BLOCK_RECORDS) {
    this.arena = arena;
    this.arch = arch;
    this.space = space;
    this.cut = cut;
    this.ir = new IrBuilder(new Graph(), space.state, { raised: exit.raised, branched: exit.branched }, space.helpers.id);
    this.lowering = new Lowering(space.offsets);
  }

  /** Handlers that exist; for statistics. */
  get size(): number { return this.handlers.size; }

  /**
   * Predecodes the block at `offset` of the page at arena address `page` into records.
   * Gives the block's address and end offset, or undefined where the record space is full.
   */
  predecode(page: number, offset: number, mode: number, heat: number): { block: number; end: number } | undefined {
    const decoded: Decoded[] = [];
    const limit = Math.max(1, Math.min(this.cut(), BLOCK_RECORDS, (PAGE - offset) >>> 2));
    for (let i = 0; i < limit; i++) decoded.push(this.decode(this.space.word(page + offset + i * 4, mode), mode));
    const handlers = this.handlersOf(decoded, mode);
    const last = handlers.findIndex(h => h.ends);
    const count = last < 0 ? handlers.length : last + 1;
    let bytes = coldHeader.size;
    for (let i = 0; i < count; i++) bytes += handlers[i]!.size;
    const block = this.space.allocateRecords(bytes);
    if (block === NONE) return undefined;
    const { u32 } = this.arena;
    const end = offset + count * 4;
    u32[(block + coldHeader.heat) >>> 2] = heat;
    u32[(block + coldHeader.count) >>> 2] = count;
    u32[(block + coldHeader.pcOffset) >>> 2] = offset;
    u32[(block + coldHeader.endOffset) >>> 2] = end;
    let at = block + coldHeader.size;
    for (let i = 0; i < count; i++) {
      this.write(at, handlers[i]!, decoded[i]!, offset + i * 4);
      at += handlers[i]!.size;
    }
    return { block, end };
  }

  private write(at: number, handler: Handler, { insn, raw }: Decoded, pcOffset: number): void {
    const { u32, u64 } = this.arena;
    u32[(at + coldRecord.handler) >>> 2] = handler.slot;
    u32[(at + coldRecord.pcOffset) >>> 2] = pcOffset;
    u32[(at + coldRecord.size) >>> 2] = handler.size;
    if (insn === undefined) return;
    for (const [name, offset] of handler.operands) u32[(at + offset) >>> 2] = raw[name]!;
    if (handler.derived.length + handler.derivedOperands.length === 0) return;
    const derived = insn.derive(raw);
    for (const [name, offset] of handler.derivedOperands) u32[(at + offset) >>> 2] = derived[name] as number;
    for (const [name, offset] of handler.derived) u64[(at + offset) / 8] = BigInt.asUintN(64, derived[name] as bigint);
  }

  private decode(word: number, mode: number): Decoded {
    const insn = this.arch.decoder.decode(word);
    if (insn === undefined) return { insn, raw: {}, key: 'undefined' };
    if (insn.requires !== undefined && !(this.arch.requirementMet?.(mode, insn.requires) ?? true)) return { insn: undefined, raw: {}, key: 'requirement' };
    const raw = extract(insn, word);
    let key = insn.name;
    for (const f of insn.fields) if (f.mode) key += `,${raw[f.name]}`;
    return { insn, raw, key };
  }

  /** The handlers of these instructions up to the end of the block; those that are missing are built in one module. */
  private handlersOf(decoded: readonly Decoded[], mode: number): Handler[] {
    const aligned = this.arch.alignedData?.(mode) ?? false;
    const suffix = `${aligned ? '!' : ''}${this.arch.bigEndianData?.(mode) ? '^' : ''}`;
    const missing: { key: string; d: Decoded }[] = [];
    const keys: string[] = [];
    for (const d of decoded) {
      const key = d.key + suffix;
      keys.push(key);
      const known = this.handlers.get(key);
      if (known?.ends) break;
      if (!known && !missing.some(m => m.key === key)) missing.push({ key, d });
    }
    if (missing.length > 0) this.build(missing, mode);
    const found: Handler[] = [];
    for (const key of keys) {
      const handler = this.handlers.get(key)!;
      found.push(handler);
      if (handler.ends) break;
    }
    return found;
  }

  private build(missing: readonly { key: string; d: Decoded }[], mode: number): void {
    const { space } = this;
    const { module } = startModule(space.memoryImport, space.offsets);
    const slot = space.allocateSlots(missing.length);
    const functions = missing.map(({ key, d }, i) => {
      const layout = this.layoutOf(d);
      this.ir.begin();
      this.ir.setMode(this.arch.bigEndianData?.(mode) ?? false, this.arch.alignedData?.(mode) ?? false);
      this.ir.at(0, 0);
      if (d.insn === undefined) this.ir.exit(d.key === 'undefined' ? exit.undefined : exit.requirement);
      else d.insn.exec(this.ir as unknown as Builder, this.stage(d.insn, d.raw, layout) as never);
      this.handlers.set(key, { ...layout, slot: slot + i, ends: this.ir.ended });
      return module.addFunction(handlerSignature, this.lowering.lowerHandler(this.ir));
    });
    module.fillTable(slot, functions);
    space.instantiate(module.encode());
  }

  private layoutOf({ insn, raw }: Decoded): Omit<Handler, 'slot' | 'ends'> {
    let at: number = coldRecord.fields;
    const place = (size: number): number => { at = (at + size - 1) & -size; at += size; return at - size; };
    const operands = (insn?.fields ?? []).filter(f => !f.mode).map(f => [f.name, place(4)] as const);
    const constants = Object.entries(insn?.derive(raw) ?? {});
    const derivedOperands = constants.filter(([, v]) => typeof v === 'number').map(([name]) => [name, place(4)] as const);
    const derived = constants.filter(([, v]) => typeof v === 'bigint').map(([name]) => [name, place(8)] as const);
    return { operands, derivedOperands, derived, size: (at + 7) & -8 };
  }

  private stage(insn: Insn, raw: RawFields, layout: Omit<Handler, 'slot' | 'ends'>): Record<string, number> {
    const staged: Record<string, number> = {};
    for (const f of insn.fields) if (f.mode) staged[f.name] = raw[f.name]!;
    for (const [name, offset] of [...layout.operands, ...layout.derivedOperands]) staged[name] = offset;
    for (const [name, offset] of layout.derived) staged[name] = this.ir.g.node(pseudo.record, I64, NONE, NONE, NONE, offset);
    return staged;
  }
}
