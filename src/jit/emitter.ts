/**
 * From IR to the body of a WebAssembly function: which values get locals, and how each pure one is computed.
 * A value that is used once is computed where it is used; flags are recomputed at each use.
 */
import { packedFlags } from '../ir/flags.ts';
import { NONE, type Graph } from '../ir/graph.ts';
import { hasSite, isConst, isFlags, isPure, pseudo, repeatsOperands, SIMD, TRUNC } from '../ir/ops.ts';
import type { Values } from '../ir/values.ts';
import { Code } from '../wasm/code.ts';
import { I64, op, simd, V128, VOID } from '../wasm/opcodes.ts';
import type { StateOffsets } from './abi.ts';
import { prelude } from './prelude.ts';

const CPU = 0;

/** Operations that name their operands several times, or in an order of their own. */
const usesTwice = (o: number): boolean =>
  repeatsOperands(o) || o === pseudo.store || o === pseudo.storePair || o === pseudo.atomic || o === pseudo.compareAndSwap
  || o === pseudo.loadMasked || o === pseudo.storeMasked;
const droppable = (o: number): boolean => isPure(o) || o === pseudo.loadState || o === pseudo.loadStateAt || o === pseudo.result;

export abstract class Emitter {
  protected readonly code = new Code();
  private readonly whole = new Code();
  protected g!: Graph;
  private values!: Values;
  protected readonly at: StateOffsets;
  protected local = new Int32Array(1024);
  protected uses = new Int32Array(1024);
  private localTypes = new Uint8Array(256);
  private locals = 0;
  private firstLocal = 1;
  private compact = false;

  constructor(at: StateOffsets) { this.at = at; }

  /** `compact`: flags are packed by calls. */
  protected start(values: Values, params: number, compact: boolean): void {
    this.compact = compact;
    this.g = values.g;
    this.values = values;
    this.code.reset();
    this.locals = 0;
    this.firstLocal = params;
    const { count } = this.g;
    if (this.local.length < count) {
      this.local = new Int32Array(count * 2);
      this.uses = new Int32Array(count * 2);
    }
    this.local.fill(NONE, 0, count);
    this.uses.fill(0, 0, count);
    this.countUses();
  }

  /** Local declarations, code and `end`; valid until the next function. */
  protected finish(): Code {
    const { whole: body, localTypes, locals } = this;
    const runStarts = (i: number): boolean => i === 0 || localTypes[i] !== localTypes[i - 1];
    let runs = 0;
    for (let i = 0; i < locals; i++) if (runStarts(i)) runs++;
    body.reset();
    body.uleb(runs);
    for (let from = 0; from < locals;) {
      let to = from + 1;
      while (to < locals && !runStarts(to)) to++;
      body.uleb(to - from);
      body.u8(localTypes[from]!);
      from = to;
    }
    body.part(this.code);
    body.u8(op.end);
    return body;
  }

  /** Gives a node that was made after the count a local, or NONE. */
  protected name(n: number, l: number): void {
    if (this.local.length <= n) this.local = extended(this.local, n * 2);
    if (this.uses.length <= n) this.uses = extended(this.uses, n * 2);
    this.local[n] = l;
  }

  private countUses(): void {
    const { g, uses } = this;
    const use = (n: number, times: number): void => { if (n !== NONE) uses[n] = uses[n]! + times; };
    for (let n = g.count - 1; n >= 0; n--) {
      const o = g.op[n]!;
      if (uses[n] === 0 && droppable(o)) continue;
      const times = usesTwice(o) ? 2 : 1;
      use(g.a[n]!, times);
      use(g.b[n]!, times);
      if (o === pseudo.fallback) {
        const place = g.c[n]!;
        const args = g.pool[place + 1]!;
        for (let i = 0; i < args; i++) use(g.pool[place + 2 + i]!, 1);
      } else if (o !== pseudo.constV) use(g.c[n]!, times);
      if (hasSite(o) && g.hi[n] !== NONE) {
        const { dirty } = g.sites[g.hi[n]!]!;
        for (let i = 1; i < dirty.length; i += 2) use(dirty[i]!, 1);
      }
    }
  }

  protected typeOfLocal(l: number): number { return this.localTypes[l - this.firstLocal]!; }
  protected newLocal(type: number): number {
    if (this.locals === this.localTypes.length) {
      const grown = new Uint8Array(this.locals * 2);
      grown.set(this.localTypes);
      this.localTypes = grown;
    }
    this.localTypes[this.locals] = type;
    return this.firstLocal + this.locals++;
  }

  /** Up to four bytes. */
  protected op(a: number, b?: number, c?: number, d?: number): void {
    const { code } = this;
    code.u8(a);
    if (b === undefined) return;
    code.u8(b);
    if (c === undefined) return;
    code.u8(c);
    if (d !== undefined) code.u8(d);
  }
  protected getLocal(n: number): void { this.code.withUleb(op.localGet, n); }
  protected setLocal(n: number): void { this.code.withUleb(op.localSet, n); }
  protected teeLocal(n: number): void { this.code.withUleb(op.localTee, n); }
  protected constI32(v: number): void { this.code.u8(op.i32Const); this.code.sleb(v); }
  protected constI64(lo: number, hi: number): void { this.code.u8(op.i64Const); this.code.sleb64(lo, hi); }
  protected cpu(): void { this.getLocal(CPU); }

  /** A load or store instruction's immediate; alignment hints say nothing. */
  protected memory(opcode: number, offset: number): void {
    if (offset < 16384) this.code.withTwo(opcode, 0, offset);
    else {
      this.code.u8(opcode);
      this.code.withUleb(0, offset);
    }
  }
  protected simdLane(n: number, lane?: number): void { this.code.u8(0xfd); this.code.uleb(n); if (lane !== undefined) this.code.u8(lane); }
  protected simdMemory(n: number, offset: number): void { this.code.u8(0xfd); this.code.uleb(n); this.code.u8(0); this.code.uleb(offset); }

  protected loadTyped(type: number, offset: number): void {
    if (type === V128) this.simdMemory(simd.load, offset);
    else this.memory(type === I64 ? op.i64Load : op.i32Load, offset);
  }
  protected storeTyped(type: number, offset: number): void {
    if (type === V128) this.simdMemory(simd.store, offset);
    else this.memory(type === I64 ? op.i64Store : op.i32Store, offset);
  }

  /** Pushes the value of a node. */
  protected value(n: number): void {
    const known = this.local[n]!;
    if (n < this.local.length && known >= 0) this.getLocal(known);
    else this.compute(n);
  }

  /** Computes a pure node now and keeps it, where that is due. */
  protected keep(n: number): void {
    const o = this.g.op[n]!;
    if (this.uses[n] === 0 || isConst(o) || o === pseudo.constV || isFlags(o)) return;
    if (this.uses[n] === 1 && o !== pseudo.regIn) return;
    if (this.local[n] !== NONE) return;
    this.compute(n);
    this.define(n);
  }

  /** Pops the value of n into a new local of it. */
  protected define(n: number): void {
    const l = this.newLocal(this.g.type[n]!);
    this.local[n] = l;
    this.setLocal(l);
  }

  private compute(n: number): void {
    const { g } = this;
    const o = g.op[n]!;
    if (o < SIMD) { this.plain(n, o); return; }
    if (o < TRUNC) { this.vector(n, o - SIMD); return; }
    if (o < pseudo.constI32) {
      this.value(g.a[n]!);
      this.op(0xfc, o - TRUNC);
      return;
    }
    switch (o) {
      case pseudo.constI32: this.constI32(g.lo[n]!); return;
      case pseudo.constI64: this.constI64(g.lo[n]!, g.hi[n]!); return;
      case pseudo.constV:
        this.op(0xfd, simd.const);
        for (let i = 0; i < 4; i++) this.code.u32le(g.pool[g.lo[n]! + i]!);
        return;
      case pseudo.pcPage: this.cpu(); this.memory(op.i64Load, this.at.pcPage); return;
      case pseudo.record: this.getLocal(1); this.loadTyped(g.type[n]!, g.lo[n]!); return;
      case pseudo.regIn: this.cpu(); this.loadTyped(g.type[n]!, g.lo[n]!); return;
      case pseudo.divS: case pseudo.divU: this.divide(n, o === pseudo.divS); return;
      case pseudo.shuffle:
        this.value(g.a[n]!);
        this.value(g.b[n]!);
        this.op(0xfd, simd.shuffle);
        for (let i = 0; i < 16; i++) this.code.u8(g.pool[g.lo[n]! + i]!);
        return;
      default:
        if (!isFlags(o)) throw new Error(`IR operation 0x${o.toString(16)} is not a value`);
        this.flags(n);
    }
  }

  private plain(n: number, o: number): void {
    const { g } = this;
    this.value(g.a[n]!);
    if (g.b[n] !== NONE) this.value(g.b[n]!);
    if (g.c[n] !== NONE) this.value(g.c[n]!);
    if (o === op.select && g.type[n] === V128) this.op(op.selectTyped, 1, V128);
    else this.code.u8(o);
  }

  private vector(n: number, number: number): void {
    const { g } = this;
    this.value(g.a[n]!);
    if (g.b[n] !== NONE) this.value(g.b[n]!);
    if (g.c[n] !== NONE) this.value(g.c[n]!);
    this.code.u8(0xfd);
    this.code.uleb(number);
    if (number >= 21 && number <= 34) this.code.u8(g.lo[n]!);
  }

  /** Division that is total: WebAssembly's traps on 0 and on overflow. */
  private divide(n: number, signed: boolean): void {
    const { g } = this;
    const wide = g.hi[n] === 64;
    const type = g.type[n]!;
    const zero = (): void => { if (wide) this.constI64(0, 0); else this.constI32(0); };
    this.value(g.b[n]!);
    this.op(wide ? op.i64Eqz : op.i32Eqz, op.if, type);
    zero();
    this.op(op.else);
    if (signed) {
      this.value(g.b[n]!);
      if (wide) this.constI64(-1, -1); else this.constI32(-1);
      this.op(wide ? op.i64Eq : op.i32Eq, op.if, type);
      zero();
      this.value(g.a[n]!);
      this.op(wide ? op.i64Sub : op.i32Sub, op.else);
    }
    this.value(g.a[n]!);
    this.value(g.b[n]!);
    this.op(wide ? (signed ? op.i64DivS : op.i64DivU) : signed ? op.i32DivS : op.i32DivU);
    if (signed) this.op(op.end);
    this.op(op.end);
  }

  /**
   * The packed form. A handler's is inline; a unit is left far more seldom than it is run, and calls. What has no
   * function is made of nodes beyond those that were counted: each is computed where it stands.
   */
  private flags(n: number): void {
    const { g } = this;
    const o = g.op[n]!;
    if (this.compact && (o === pseudo.flagsAdd || o === pseudo.flagsSub)) {
      this.value(g.a[n]!);
      this.value(g.b[n]!);
      const wide = g.hi[n] === 64;
      const subtract = o === pseudo.flagsSub;
      return this.code.withUleb(op.call, subtract ? (wide ? prelude.packSub64 : prelude.packSub32) : wide ? prelude.packAdd64 : prelude.packAdd32);
    }
    const before = g.count;
    const packed = packedFlags(this.values, n);
    if (this.local.length < this.g.count) this.local = extended(this.local, this.g.count * 2);
    if (this.uses.length < this.g.count) this.uses = extended(this.uses, this.g.count * 2);
    this.local.fill(NONE, before, this.g.count);
    this.value(packed);
    this.g.truncate(before);
  }

  /** The `if` or `br_if` that comes next. */
  protected likely(): void { this.code.hint(true); }
  protected unlikely(): void { this.code.hint(false); }

  protected ifThen(body: () => void): void {
    this.op(op.if, VOID);
    this.depth++;
    body();
    this.depth--;
    this.op(op.end);
  }
  /** Blocks that are open around the current place. */
  protected depth = 0;
}

function extended(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(old);
  return grown;
}

