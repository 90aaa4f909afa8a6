/**
 * The Builder that records IR, for a translated unit (constants, guest state cached in nodes, direct branches) or for
 * one handler of the cold tier (`RecordSource`: operands come from a predecoded record, state stays in memory).
 */
import type { Field } from '../base/layout.ts';
import { sizeOf } from '../base/layout.ts';
import type { Meaning } from '../isa/arch.ts';
import type { Helper } from '../isa/call.ts';
import { I32, I64, op, V128 } from '../wasm/opcodes.ts';
import { NONE, type Graph, type Site } from './graph.ts';
import { MemoryValues } from './memory.ts';
import { isFlags, pseudo } from './ops.ts';
import type { StateMap } from './state-map.ts';
import type { Node } from './values.ts';

/** Where a direct branch may go on inside the unit. */
export type Continuation = 'exit' | 'follow' | 'loop';

/** Further words of a cold record, computed when it is made; each call gives the byte offset of one. */
export interface RecordFields {
  /** What is at `source`, or `to` where that is `from`. */
  replaced(source: number, from: number, to: number): number;
  /** What is at `source`, shifted left. */
  scaled(source: number, shift: number): number;
  /** Where the instruction branches to: 0 until somebody sets it. */
  link(): number;
}

/** Guest state in nodes: what is newer than memory, and what is known at all. */
interface KnownState {
  readonly dirty: number[];
  readonly touched: number[];
  readonly values: readonly Node[];
}

export class IrBuilder extends MemoryValues {
  /** Offset from the start of its page of the instruction that is being recorded. */
  pcOffset = 0;
  /** The unit has been left on every path. */
  ended = false;
  /** Of the instruction that is being recorded. */
  private bytes = 4;
  /** In-page offset at which the unit goes on after an unconditional branch, or NONE. */
  followed = NONE;
  /** Some state was written behind the cache's back, so a loop may not keep it in locals. */
  loops = true;
  private readonly state: StateMap;
  private readonly raised: number;
  private readonly helperId: (h: Helper) => number;
  private readonly continuation: ((target: number) => Continuation) | undefined;
  private readonly current: Int32Array;
  private touched: number[] = [];
  private dirty: number[] = [];
  /** Made before anything else, so that it is known on every path. */
  private page = NONE;
  private lastSite = NONE;
  private stores = false;
  private unchanged: KnownState | undefined;
  /** Of `when`. */
  private depth = 0;
  /** Of `under`: how many there are in the unit. */
  private merges = 0;
  /** Values that were seen to be multiples of so many bytes. */
  private readonly aligned = new Map<Node, number>();
  private recordFields: RecordFields | undefined;
  mode = 0;

  /** `raised`: exit code after a helper that always raises. Without `continuation` this records a cold handler. */
  constructor(graph: Graph, state: StateMap, raised: number, helperId: (h: Helper) => number, continuation?: (target: number) => Continuation) {
    super(graph);
    this.state = state;
    this.raised = raised;
    this.helperId = helperId;
    this.continuation = continuation;
    this.current = new Int32Array(state.size >>> 2).fill(NONE);
  }

  /** `record`: where a cold handler's operands are. `loops`: state stays in nodes from its first use to where the unit is left. */
  begin(record?: RecordFields, loops = false): void {
    this.recordFields = record;
    this.stores = !this.cold && !loops;
    this.depth = 0;
    this.merges = 0;
    this.unchanged = undefined;
    this.g.reset();
    for (const at of this.touched) this.current[at >>> 2] = NONE;
    this.touched = [];
    this.dirty = [];
    this.aligned.clear();
    this.page = this.g.node(pseudo.pcPage, I64);
    this.lastSite = NONE;
    this.ended = false;
    this.followed = NONE;
    this.loops = true;
  }

  inMode<T>(mode: number, body: () => T): T {
    const around = this.mode;
    this.mode = mode;
    const result = body();
    this.mode = around;
    return result;
  }

  /** What data accesses that say nothing else are like in the mode that is translated for, and what meanings may know of it. */
  setMode({ bigEndianData, alignedData, staged }: Meaning): void {
    this.mode = staged;
    this.bigEndianData = bigEndianData;
    this.alignedData = alignedData;
  }

  /** `bytes`: of the instruction. */
  at(pcOffset: number, index: number, bytes = 4): void {
    this.pcOffset = pcOffset;
    this.index = index;
    this.bytes = bytes;
    this.followed = NONE;
    this.lastSite = NONE;
  }

  private get cold(): boolean { return this.continuation === undefined; }

  operand(o: number): Node { return this.cold ? this.g.node(pseudo.record, I32, NONE, NONE, NONE, o) : this.g.i32(o); }
  replaced(o: number, from: number, to: number): Node {
    if (this.cold) return this.operand(this.recordFields!.replaced(o, from, to));
    return this.g.i32(o === from ? to : o);
  }

  // ---- guest state
  get(field: Field): Node { return this.read(field.offset, this.state.typeOf(field)); }
  set(field: Field, value: Node): void { this.write(field.offset, value); }

  getAt(field: Field, index: Node): Node {
    const { g } = this;
    const type = this.state.typeOf(field);
    if (g.isConst(index)) return this.read(field.offset + g.lo[index]! * sizeOf[field.type], type);
    if (this.state.cached(field.offset)) this.flush();
    return g.node(pseudo.loadStateAt, type, this.slotOffset(field, index), NONE, NONE, field.offset);
  }

  setAt(field: Field, index: Node, value: Node): void {
    const { g } = this;
    if (g.isConst(index)) return this.write(field.offset + g.lo[index]! * sizeOf[field.type], value);
    if (this.state.cached(field.offset)) this.forget();
    g.node(pseudo.storeStateAt, g.type[value]!, this.slotOffset(field, index), value, NONE, field.offset);
  }

  private slotOffset(field: Field, index: Node): Node {
    const { g } = this;
    const shift = Math.log2(sizeOf[field.type]);
    if (g.op[index] === pseudo.record) return this.operand(this.recordFields!.scaled(g.lo[index]!, shift));
    return this.shl(index, this.i32(shift));
  }

  private read(at: number, type: number): Node {
    const { g } = this;
    if (this.cold || !this.state.cached(at)) return g.node(pseudo.loadState, type, NONE, NONE, NONE, at);
    if (this.state.zero(at)) return this.i64(0);
    const known = this.current[at >>> 2]!;
    if (known !== NONE) return known;
    const node = g.node(this.loops ? pseudo.regIn : pseudo.loadState, type, NONE, NONE, NONE, at);
    this.current[at >>> 2] = node;
    this.touched.push(at);
    return node;
  }

  private write(at: number, value: Node): void {
    if (this.cold || !this.state.cached(at)) {
      this.g.node(pseudo.storeState, this.g.type[value]!, value, NONE, NONE, at);
      return;
    }
    if (this.state.sink(at)) return;
    this.beforeChange();
    this.current[at >>> 2] = value;
    this.touched.push(at);
    if (!this.dirty.includes(at)) this.dirty.push(at);
    this.lastSite = NONE;
  }

  /** Under a condition: what is known of the state now is what will be known where the condition doesn't hold. */
  private beforeChange(): void {
    if (this.depth === 0 || this.unchanged !== undefined || this.cold) return;
    this.unchanged = this.known();
  }

  private restore({ dirty, touched, values }: KnownState): void {
    for (const at of this.touched) this.current[at >>> 2] = NONE;
    touched.forEach((at, i) => { this.current[at >>> 2] = values[i]!; });
    this.dirty = dirty;
    this.touched = touched;
    this.lastSite = NONE;
  }

  /** Writes all newer state back to memory. */
  private flush(): void {
    this.beforeChange();
    for (const at of this.dirty) {
      const value = this.current[at >>> 2]!;
      this.g.node(pseudo.storeState, this.g.type[value]!, value, NONE, NONE, at);
    }
    if (this.dirty.length > 0) this.loops = false;
    this.dirty = [];
    this.lastSite = NONE;
  }

  /** The same, and reads it again when it is next asked for. */
  private forget(): void {
    this.flush();
    for (const at of this.touched) this.current[at >>> 2] = NONE;
    this.touched = [];
    if (!this.cold) this.loops = false;
  }

  /**
   * State that is newer than memory would have to be written back at every place behind that may leave: it is stored
   * once, before the first. Not flags, which are seldom wanted and dear to pack.
   */
  private storeEarly(): void {
    const { g, dirty } = this;
    let flags = 0;
    for (let i = 0; i < dirty.length; i++) {
      const at = dirty[i]!;
      const value = this.current[at >>> 2]!;
      if (isFlags(g.op[value]!)) dirty[flags++] = at;
      else g.node(pseudo.storeState, g.type[value]!, value, NONE, NONE, at);
    }
    if (flags !== dirty.length) dirty.length = flags;
  }

  /** Of something that may leave or not. */
  protected accessSite(): number {
    if (this.lastSite === NONE && this.stores && this.depth === 0) this.storeEarly();
    return this.site();
  }

  private site(): number {
    if (this.lastSite === NONE) {
      const dirty: number[] = [];
      for (const at of this.dirty) dirty.push(at, this.current[at >>> 2]!);
      this.lastSite = this.g.sites.push({ dirty, pcOffset: this.pcOffset, index: this.index } satisfies Site) - 1;
    }
    return this.lastSite;
  }

  // ---- helpers
  private resultType(h: Helper): number { return h.result === 'i32' ? I32 : h.result === 'i64' ? I64 : V128; }

  /** Makes memory true where the helper looks, and the cache where it writes. */
  private beforeHelper(h: Helper): void {
    if (h.touches === 'none') return;
    if (h.touches === 'all') {
      this.forget();
      return;
    }
    for (const field of h.touches) if (this.state.cached(field.offset)) this.forgetField(field);
  }

  private forgetField(field: Field): void {
    const end = field.offset + field.count * sizeOf[field.type];
    const within = (at: number): boolean => at >= field.offset && at < end;
    this.beforeChange();
    for (const at of this.dirty.filter(within)) {
      const value = this.current[at >>> 2]!;
      this.g.node(pseudo.storeState, this.g.type[value]!, value, NONE, NONE, at);
    }
    this.dirty = this.dirty.filter(at => !within(at));
    for (let at = field.offset; at < end; at += 4) this.current[at >>> 2] = NONE;
    this.lastSite = NONE;
    if (!this.cold) this.loops = false;
  }

  call(h: Helper, ...args: Node[]): Node {
    const { g } = this;
    this.beforeHelper(h);
    if (h.touches === 'all') g.node(pseudo.storeState, I64, this.pc(), NONE, NONE, this.state.pc);
    args.forEach((value, i) => { this.argument(i, value); });
    g.node(pseudo.call, I32, NONE, NONE, NONE, this.helperId(h), h.raises ? this.accessSite() : NONE);
    if (h.raises === 'always') {
      g.node(pseudo.exitCode, I32, NONE, NONE, NONE, this.raised, this.site());
      this.ended = true;
    }
    return h.result === 'void' ? NONE : g.node(pseudo.result, this.resultType(h));
  }

  fallback(h: Helper, args: Node[], fast: () => [Node, Node]): Node {
    const { g } = this;
    this.beforeHelper(h);
    const [ok, value] = fast();
    if (g.isValue(ok, 1)) return value;
    const at = g.pool.length;
    g.pool.push(this.helperId(h), args.length, ...args);
    return g.node(pseudo.fallback, this.resultType(h), ok, value, at);
  }

  when(c: Node, body: () => void): void {
    const { g } = this;
    if (g.isConst(c)) {
      if (!g.isValue(c, 0)) body();
      return;
    }
    const before = this.touched.length;
    const { ended, unchanged } = this;
    const aligned = this.aligned.size;
    g.node(pseudo.if, I32, c);
    this.depth++;
    this.ended = false;
    this.unchanged = undefined;
    body();
    this.depth--;
    if (this.aligned.size !== aligned) this.aligned.clear();
    g.node(pseudo.endIf, I32);
    if (this.unchanged) {
      if (!this.ended) throw new Error('guest state is changed under a condition, and the unit goes on: use select, or a helper that always raises');
      this.restore(this.unchanged);
    }
    this.unchanged = unchanged;
    this.ended = ended;
    // What was first read inside is not known outside.
    for (const at of this.touched.splice(before)) this.current[at >>> 2] = NONE;
  }

  /** State that differs behind `body` is a node of its own afterwards, which either path assigns. */
  under(c: Node, body: () => void): void {
    const { g } = this;
    if (g.isConst(c)) {
      if (!g.isValue(c, 0)) body();
      return;
    }
    const before = this.known();
    const { ended, unchanged } = this;
    g.node(pseudo.if, I32, c);
    this.depth++;
    this.ended = false;
    this.unchanged = before;
    this.aligned.clear();
    body();
    this.depth--;
    this.aligned.clear();
    if (this.ended || this.cold) {
      g.node(pseudo.endIf, I32);
      this.restore(before);
    } else {
      this.merge(before);
    }
    this.ended = ended;
    this.unchanged = unchanged;
  }

  private known(): KnownState {
    return { dirty: this.dirty.slice(), touched: this.touched.slice(), values: this.touched.map(at => this.current[at >>> 2]!) };
  }

  /** Ends the path on which state is what it is now, and the one on which it is as `before`. */
  private merge(before: KnownState): void {
    const { g, current } = this;
    const was = new Map<number, Node>(before.touched.map((at, i) => [at, before.values[i]!]));
    const merged: [at: number, type: number, number: number][] = [];
    const inMemory: number[] = [];
    for (const at of new Set([...this.touched, ...before.touched])) {
      const old = was.get(at) ?? NONE;
      const now = current[at >>> 2]!;
      if (now === old) continue;
      if (!this.dirty.includes(at) && !before.dirty.includes(at)) {
        inMemory.push(at);
        continue;
      }
      const type = g.type[now === NONE ? old : now]!;
      const number = this.merges++;
      g.node(pseudo.assign, type, now === NONE ? g.node(pseudo.loadState, type, NONE, NONE, NONE, at) : now, NONE, NONE, number);
      merged.push([at, type, number]);
    }
    g.node(pseudo.else, I32);
    this.restore(before);
    for (const [at, type, number] of merged) {
      const old = was.get(at) ?? NONE;
      g.node(pseudo.assign, type, old === NONE ? g.node(this.loops ? pseudo.regIn : pseudo.loadState, type, NONE, NONE, NONE, at) : old, NONE, NONE, number);
    }
    g.node(pseudo.endIf, I32);
    for (const at of inMemory) current[at >>> 2] = NONE;
    for (const [at, type, number] of merged) {
      current[at >>> 2] = g.node(pseudo.merged, type, NONE, NONE, NONE, number);
      this.touched.push(at);
      if (!this.dirty.includes(at)) this.dirty.push(at);
    }
    this.lastSite = NONE;
  }

  requireAligned(x: Node, bytes: number, helper: Helper): void {
    const { g } = this;
    const base = this.withoutOffset(x, bytes);
    if (g.isConst(base) ? (g.lo[base]! & (bytes - 1)) === 0 : (this.aligned.get(base) ?? 0) >= bytes) return;
    this.when(this.and(this.wrap(base), this.i32(bytes - 1)), () => { this.call(helper); });
    if (!this.cold) this.aligned.set(base, bytes);
  }

  /** What x is a sum of with a multiple of `bytes`. */
  private withoutOffset(x: Node, bytes: number): Node {
    const { g } = this;
    let base = x;
    while ((g.op[base] === op.i64Add || g.op[base] === op.i64Sub) && g.isConst(g.b[base]!) && (g.lo[g.b[base]!]! & (bytes - 1)) === 0) base = g.a[base]!;
    return base;
  }

  // ---- control
  pc(): Node { return this.add(this.page, this.cold ? this.extU(this.operand(this.state.recordPc)) : this.i64(this.pcOffset)); }

  branch(offset: Node): void {
    this.tally?.branch(this.index);
    this.jump(NONE, offset);
  }
  branchIf(c: Node, offset: Node): void {
    this.tally?.branch(this.index);
    if (!this.g.isConst(c)) this.jump(c, offset);
    else if (!this.g.isValue(c, 0)) this.jump(NONE, offset);
  }

  private jump(c: Node, offset: Node): void {
    const { g } = this;
    if (this.continuation === undefined) {
      g.node(pseudo.exitLookup, I32, c, this.add(this.pc(), this.extS(offset)), NONE, this.recordFields!.link(), this.site());
      this.ended ||= c === NONE;
      return;
    }
    const target = this.pcOffset + g.lo[offset]!;
    if (target < 0 || target >= 4096) {
      g.node(pseudo.exitLookup, I32, c, this.add(this.page, this.i64(target)), NONE, 0, this.site());
      this.ended ||= c === NONE;
      return;
    }
    const how = this.continuation(target);
    if (how === 'loop') g.node(pseudo.backEdge, I32, c, NONE, NONE, target, this.site());
    else if (how === 'follow' && c === NONE && this.depth === 0) { this.followed = target; return; }
    else g.node(pseudo.exitLink, I32, c, NONE, NONE, target, this.site());
    this.ended ||= c === NONE;
  }

  branchTo(target: Node, kind: 'jump' | 'call' | 'return' | 'exception'): void {
    if (kind !== 'exception') this.tally?.jump(this.index, kind === 'return');
    this.g.node(pseudo.exitLookup, I32, NONE, target, NONE, 0, this.site());
    this.ended = true;
  }

  fence(): void { this.g.node(pseudo.fence, I32, NONE, NONE, NONE); }

  synchronize(): void {
    if (!this.ended) this.branchTo(this.add(this.pc(), this.i64(this.bytes)), 'exception');
  }

  // ---- ends that are no instruction's
  /** Leaves with a code, PC at the current instruction. */
  exit(code: number): void {
    this.g.node(pseudo.exitCode, I32, NONE, NONE, NONE, code, this.site());
    this.ended = true;
  }
  /** Goes on at the instruction `offset` of the page, which another unit begins with. */
  continueAt(offset: number): void {
    if (offset < 4096) this.g.node(pseudo.exitLink, I32, NONE, NONE, NONE, offset, this.site());
    else this.g.node(pseudo.exitLookup, I32, NONE, this.add(this.page, this.i64(offset)), NONE, 0, this.site());
    this.ended = true;
  }
}
