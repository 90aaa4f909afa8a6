/**
 * What stands in a cold record of an instruction, and where: its operand fields, what is derived from them, and what
 * its handler would else compute from an operand each time it runs.
 */
import type { Builder } from '../isa/builder.ts';
import type { Insn, RawFields } from '../isa/insn.ts';
import type { IrBuilder, RecordFields } from '../ir/builder.ts';
import { NONE } from '../ir/graph.ts';
import { pseudo } from '../ir/ops.ts';
import { I64 } from '../wasm/opcodes.ts';
import { coldRecord } from './abi.ts';

type Place = readonly [name: string, offset: number];

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
  private readonly operands: readonly Place[];
  private readonly numbers: readonly Place[];
  private readonly bigints: readonly Place[];
  private readonly computed: Computed[] = [];
  private end: number = coldRecord.fields;

  /** `raw`: the fields of any word of the instruction; what it derives has the same shape for all. */
  constructor(insn: Insn | undefined, raw: RawFields) {
    this.insn = insn;
    this.operands = (insn?.fields ?? []).filter(f => !f.mode).map(f => [f.name, this.place(4)] as const);
    const derived = Object.entries(insn?.derive(raw) ?? {});
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

  private compute(source: number, from: number, to: number, shift: number): number {
    const same = this.computed.find(c => c.source === source && c.from === from && c.to === to && c.shift === shift);
    if (same) return same.offset;
    const offset = this.place(4);
    this.computed.push({ source, offset, from, to, shift });
    return offset;
  }

  /** Has the instruction's meaning recorded by `ir`, which was given this layout. */
  record(ir: IrBuilder, raw: RawFields): void {
    const staged: Record<string, number> = {};
    for (const f of this.insn!.fields) if (f.mode) staged[f.name] = raw[f.name]!;
    for (const [name, offset] of this.operands) staged[name] = offset;
    for (const [name, offset] of this.numbers) staged[name] = offset;
    for (const [name, offset] of this.bigints) staged[name] = ir.g.node(pseudo.record, I64, NONE, NONE, NONE, offset);
    this.insn!.exec(ir as unknown as Builder, staged as never);
  }

  /** The record's words for an instruction with these fields and this handler. */
  words(raw: RawFields, handler: number): number[] {
    const words = new Array<number>(this.size / 4).fill(0);
    words[coldRecord.handler / 4] = handler;
    if (this.insn === undefined) return words;
    for (const [name, offset] of this.operands) words[offset / 4] = raw[name]!;
    const derived = this.insn.derive(raw);
    for (const [name, offset] of this.numbers) words[offset / 4] = derived[name] as number;
    for (const [name, offset] of this.bigints) {
      const bits = BigInt.asUintN(64, derived[name] as bigint);
      words[offset / 4] = Number(bits & 0xffffffffn);
      words[offset / 4 + 1] = Number(bits >> 32n);
    }
    for (const { source, offset, from, to, shift } of this.computed) {
      const value = words[source / 4]!;
      words[offset / 4] = (value === from ? to : value) << shift;
    }
    return words;
  }
}
