/**
 * What stands in a cold record of an instruction, and where: its operand fields, what is derived from them, and what
 * its handler would else compute from an operand each time it runs.
 */
import type { Builder } from '../isa/builder.ts';
import { reader, type Insn, type RawFields } from '../isa/insn.ts';
import type { IrBuilder, RecordFields } from '../ir/builder.ts';
import { NONE } from '../ir/graph.ts';
import { pseudo } from '../ir/ops.ts';
import { I64 } from '../wasm/opcodes.ts';
import { coldRecord } from './abi.ts';

type Place = readonly [name: string, offset: number];

/** An operand field: where it is in the instruction, and in the record. */
interface OperandPlace { readonly name: string; readonly lo: number; readonly ones: number; readonly offset: number }

/** A word that follows from another one: the same but for one value, times a power of two. */
interface Computed {
  readonly source: number;
  readonly offset: number;
  readonly from: number;
  readonly to: number;
  readonly shift: number;
}

export class RecordLayout implements RecordFields {
  private readonly insn: Insn | undefined;
  private readonly read: (word: number) => RawFields;
  private readonly operands: readonly OperandPlace[];
  private readonly numbers: readonly Place[];
  private readonly bigints: readonly Place[];
  private readonly computed: Computed[] = [];
  private linkOffset: number = NONE;
  private end: number = coldRecord.fields;

  /** `word`: any of the instruction's; what it derives has the same shape for all. */
  constructor(insn: Insn | undefined, word: number) {
    this.insn = insn;
    this.read = insn ? reader(insn) : () => ({});
    this.operands = (insn?.fields ?? []).filter(f => !f.mode).map(f => ({ name: f.name, lo: f.lo, ones: 2 ** f.width - 1, offset: this.place(4) }));
    const derived = Object.entries(insn?.derive(this.read(word)) ?? {});
    this.numbers = derived.filter(([, v]) => typeof v === 'number').map(([name]) => [name, this.place(4)] as const);
    this.bigints = derived.filter(([, v]) => typeof v === 'bigint').map(([name]) => [name, this.place(8)] as const);
  }

  /** Bytes of the record. */
  get size(): number { return (this.end + 7) & -8; }

  private place(bytes: number): number {
    this.end = ((this.end + bytes - 1) & -bytes) + bytes;
    return this.end - bytes;
  }

  replaced(source: number, from: number, to: number): number { return this.compute(source, from, to, 0); }
  scaled(source: number, shift: number): number { return this.compute(source, NONE, NONE, shift); }

  link(): number {
    if (this.linkOffset === NONE) this.linkOffset = this.place(4);
    return this.linkOffset;
  }

  private compute(source: number, from: number, to: number, shift: number): number {
    const same = this.computed.find(c => c.source === source && c.from === from && c.to === to && c.shift === shift);
    if (same) return same.offset;
    const offset = this.place(4);
    this.computed.push({ source, offset, from, to, shift });
    return offset;
  }

  /** Has the instruction's meaning recorded by `ir`, which was given this layout. */
  record(ir: IrBuilder, word: number): void {
    const raw = this.read(word);
    const staged: Record<string, number> = {};
    for (const f of this.insn!.fields) if (f.mode) staged[f.name] = raw[f.name]!;
    for (const { name, offset } of this.operands) staged[name] = offset;
    for (const [name, offset] of this.numbers) staged[name] = offset;
    for (const [name, offset] of this.bigints) staged[name] = ir.g.node(pseudo.record, I64, NONE, NONE, NONE, offset);
    this.insn!.exec(ir as unknown as Builder, staged as never);
  }

  /** Writes what the handler reads into the record at word `at`. */
  write(u32: Uint32Array, at: number, word: number): void {
    if (this.linkOffset !== NONE) u32[at + (this.linkOffset >>> 2)] = 0;
    for (const { lo, ones, offset } of this.operands) u32[at + (offset >>> 2)] = (word >>> lo) & ones;
    if (this.numbers.length + this.bigints.length > 0) this.writeDerived(u32, at, word);
    for (const { source, offset, from, to, shift } of this.computed) {
      const value = u32[at + (source >>> 2)]!;
      u32[at + (offset >>> 2)] = (value === from ? to : value) << shift;
    }
  }

  /** The same from one that was made of the same word, at word `from`. */
  copy(u32: Uint32Array, from: number, at: number): void {
    const words = this.size >>> 2;
    for (let i = coldRecord.fields >>> 2; i < words; i++) u32[at + i] = u32[from + i]!;
    if (this.linkOffset !== NONE) u32[at + (this.linkOffset >>> 2)] = 0;
  }

  private writeDerived(u32: Uint32Array, at: number, word: number): void {
    const derived = this.insn!.derive(this.read(word));
    for (const [name, offset] of this.numbers) u32[at + (offset >>> 2)] = derived[name] as number;
    for (const [name, offset] of this.bigints) {
      const bits = derived[name] as bigint;
      u32[at + (offset >>> 2)] = Number(bits & 0xffffffffn);
      u32[at + (offset >>> 2) + 1] = Number((bits >> 32n) & 0xffffffffn);
    }
  }
}
