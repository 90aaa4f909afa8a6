/** One unit, or one handler of the cold tier, from its IR to a function body: prologue, loop, exits. */
import { NONE, type Graph, type Site } from '../ir/graph.ts';
import { isFlags, isPure, pseudo } from '../ir/ops.ts';
import type { Values } from '../ir/values.ts';
import type { Bytes } from '../wasm/bytes.ts';
import { I32, op, VOID } from '../wasm/opcodes.ts';
import { coldRecord, exit, importIndex } from './abi.ts';
import { AccessEmitter } from './accesses.ts';

/** Where a unit's exits lead. */
export interface Linking {
  /** Function index, in the same module, of the unit that begins at this offset of the same page; -1 where there is none. */
  unitInModule(offset: number): number;
  /** Arena address of the cell that holds that unit's table slot once there is one. */
  cell(offset: number): number;
  /** Function index of the module's jump-cache lookup: (cpu, pc). */
  readonly lookup: number;
  /** Index of the type (cpu) → code. */
  readonly unitType: number;
}

export interface UnitShape {
  readonly entryOffset: number;
  readonly instructions: number;
  readonly loops: boolean;
  /** Instructions are counted against the budget. */
  readonly counted: boolean;
}

export class Lowering extends AccessEmitter {
  private unit: UnitShape | undefined;
  private linking!: Linking;
  /** In a loop: state that some iteration writes, by byte offset, in locals that hold its value at the loop's head. */
  private readonly carried = new Map<number, number>();
  /**
   * In a loop: flags that every iteration sets and none reads at its head. Their operands are carried, and they are
   * packed where the unit leaves; before the first iteration has set them, memory has them.
   */
  private lazyFlags: LazyFlags | undefined;
  private nodes = 0;
  private scratch = NONE;

  lowerUnit(values: Values, unit: UnitShape, linking: Linking): Bytes {
    this.unit = unit;
    this.linking = linking;
    this.start(values, 1);
    this.scratch = NONE;
    this.carried.clear();
    this.lazyFlags = undefined;
    this.nodes = values.g.count;
    this.startAccesses(true);
    if (unit.loops) this.openLoop();
    this.prologue();
    this.body();
    this.op(op.unreachable);
    if (unit.loops) this.op(op.end, op.unreachable);
    return this.finish();
  }

  /** (cpu, record) → 0 to go on with the next instruction, else an exit code. */
  lowerHandler(values: Values): Bytes {
    this.unit = undefined;
    this.start(values, 2);
    this.carried.clear();
    this.lazyFlags = undefined;
    this.nodes = values.g.count;
    this.startAccesses(false);
    this.body();
    this.constI32(0);
    return this.finish();
  }

  private openLoop(): void {
    const { g } = this;
    const types = new Map<number, number>();
    const flags = new Map<number, number>();
    for (let n = 0; n < this.nodes; n++) {
      const o = g.op[n]!;
      if (o === pseudo.regIn && this.uses[n]! > 0) this.keepAtHead(n);
      if (o !== pseudo.backEdge) continue;
      const { dirty } = g.sites[g.hi[n]!]!;
      for (let i = 0; i < dirty.length; i += 2) {
        const value = dirty[i + 1]!;
        const known = flags.get(dirty[i]!);
        flags.set(dirty[i]!, isFlags(g.op[value]!) && (known === undefined || sameFlags(g, known, value)) ? value : NONE);
        types.set(dirty[i]!, g.type[value]!);
      }
    }
    for (const [at, value] of flags) if (value !== NONE && !this.carried.has(at)) this.carryLazily(at, value);
    for (const [at, type] of types) {
      if (this.carried.has(at) || this.lazyFlags?.at === at) continue;
      const l = this.newLocal(type);
      this.cpu();
      this.loadTyped(type, at);
      this.setLocal(l);
      this.carried.set(at, l);
    }
    for (const at of [...this.carried.keys()]) if (!types.has(at)) this.carried.delete(at);
    this.op(op.loop, VOID);
    this.depth = 0;
  }

  private carryLazily(at: number, like: number): void {
    if (this.lazyFlags) return;
    const { g } = this;
    const operand = (n: number): number => {
      if (n === NONE) return NONE;
      const node = g.node(pseudo.regIn, g.type[n]!);
      this.name(node, this.newLocal(g.type[n]!));
      return node;
    };
    const [a, b, c] = [operand(g.a[like]!), operand(g.b[like]!), operand(g.c[like]!)];
    const node = g.node(g.op[like]!, I32, a, b, c, 0, g.hi[like]!);
    this.name(node, NONE);
    this.lazyFlags = { at, node, set: this.newLocal(I32) };
  }

  /** Stores the flags of the last whole iteration, if there was one. */
  private storeLazyFlags(): void {
    const { at, node, set } = this.lazyFlags!;
    this.getLocal(set);
    this.ifThen(() => {
      this.cpu();
      this.value(node);
      this.storeTyped(I32, at);
    });
  }

  private keepAtHead(n: number): void {
    const at = this.g.lo[n]!;
    const known = this.carried.get(at);
    if (known !== undefined) {
      this.local[n] = known;
      return;
    }
    this.uses[n] = 2;
    this.keep(n);
    this.carried.set(at, this.local[n]!);
  }

  private prologue(): void {
    const unit = this.unit!;
    this.cpu();
    this.memory(op.i32Load, this.at.request);
    this.ifThen(() => this.leaveAtEntry(exit.request));
    if (!unit.counted) return;
    this.cpu();
    this.memory(op.i32Load, this.at.budgetLeft);
    this.constI32(unit.instructions);
    this.op(op.i32LtU);
    this.ifThen(() => this.leaveAtEntry(exit.budget));
    this.addToBudget(-unit.instructions);
  }

  private addToBudget(n: number): void {
    if (n === 0) return;
    this.cpu();
    this.cpu();
    this.memory(op.i32Load, this.at.budgetLeft);
    this.constI32(n);
    this.op(op.i32Add);
    this.memory(op.i32Store, this.at.budgetLeft);
  }

  private leaveAtEntry(code: number): void {
    for (const [at, l] of this.carried) this.storeLocal(at, l);
    if (this.lazyFlags) this.storeLazyFlags();
    this.storePc(this.unit!.entryOffset);
    this.constI32(code);
    this.op(op.return);
  }

  private storeLocal(at: number, l: number): void {
    this.cpu();
    this.getLocal(l);
    this.storeTyped(this.typeOfLocal(l), at);
  }

  private storePc(offset: number): void {
    this.cpu();
    this.cpu();
    this.memory(op.i64Load, this.at.pcPage);
    this.constI64(offset, 0);
    this.op(op.i64Add);
    this.memory(op.i64Store, this.at.pc);
  }

  private body(): void {
    const { g } = this;
    for (let n = 0; n < this.nodes; n++) {
      const o = g.op[n]!;
      if (isPure(o)) {
        if (o !== pseudo.second) this.keep(n);
      } else this.effect(n, o);
    }
  }

  private effect(n: number, o: number): void {
    const { g } = this;
    switch (o) {
      case pseudo.loadState: case pseudo.result:
        if (this.uses[n] === 0) return;
        this.cpu();
        this.loadTyped(g.type[n]!, o === pseudo.result ? this.at.result : g.lo[n]!);
        return this.define(n);
      case pseudo.storeState:
        this.cpu();
        this.value(g.a[n]!);
        return this.storeTyped(g.type[g.a[n]!]!, g.lo[n]!);
      case pseudo.loadStateAt:
        if (this.uses[n] === 0) return;
        this.dynamicAddress(g.a[n]!);
        this.loadTyped(g.type[n]!, 0);
        return this.define(n);
      case pseudo.storeStateAt:
        this.dynamicAddress(g.a[n]!);
        this.value(g.b[n]!);
        return this.storeTyped(g.type[g.b[n]!]!, 0);
      case pseudo.load: return this.load(n);
      case pseudo.loadPair: return this.loadPair(n);
      case pseudo.store: case pseudo.storePair: return this.store(n);
      case pseudo.atomic: case pseudo.compareAndSwap: return this.atomic(n);
      case pseudo.compareAndSwapPair: return this.compareAndSwapPair(n);
      case pseudo.argument:
        this.cpu();
        this.value(g.a[n]!);
        return this.storeTyped(g.type[g.a[n]!]!, this.at.arg + 16 * g.lo[n]!);
      case pseudo.call: return this.callHelper(g.lo[n]!, g.hi[n]!);
      case pseudo.fallback: return this.fallback(n);
      case pseudo.if:
        this.value(g.a[n]!);
        this.op(op.if, VOID);
        this.depth++;
        return;
      case pseudo.endIf:
        this.depth--;
        return this.op(op.end);
      default: {
        const condition = g.a[n]!;
        if (condition === NONE) return this.leave(n, o);
        this.value(condition);
        this.ifThen(() => this.leave(n, o));
      }
    }
  }

  private dynamicAddress(offset: number): void {
    this.cpu();
    this.value(offset);
    this.op(op.i32Add);
  }

  private callHelper(id: number, site: number): void {
    this.cpu();
    this.constI32(id);
    this.op(op.call);
    this.code.uleb(importIndex.helper);
    if (site === NONE) this.op(op.drop);
    else this.ifThen(() => this.leaveRaised(site));
  }

  private fallback(n: number): void {
    const { g } = this;
    const type = g.type[n]!;
    this.value(g.a[n]!);
    this.op(op.if, type);
    this.value(g.b[n]!);
    this.op(op.else);
    this.depth++;
    const place = g.c[n]!;
    const args = g.pool[place + 1]!;
    for (let i = 0; i < args; i++) {
      const arg = g.pool[place + 2 + i]!;
      this.cpu();
      this.value(arg);
      this.storeTyped(g.type[arg]!, this.at.arg + 16 * i);
    }
    this.callHelper(g.pool[place]!, NONE);
    this.cpu();
    this.loadTyped(type, this.at.result);
    this.depth--;
    this.op(op.end);
    if (this.uses[n] === 0) this.op(op.drop);
    else this.define(n);
  }

  // ---- leaving
  private leave(n: number, o: number): void {
    const { g } = this;
    const site = g.sites[g.hi[n]!]!;
    switch (o) {
      case pseudo.exitLink: return this.leaveTo(g.lo[n]!, site);
      case pseudo.exitLookup: {
        this.writeBack(site);
        this.giveBack(site.index + 1);
        this.cpu();
        this.value(g.b[n]!);
        this.op(op.returnCall);
        this.code.uleb(this.linking.lookup);
        return;
      }
      case pseudo.exitCode:
        this.writeBack(site);
        if (this.unit !== undefined) this.giveBack(site.index);
        if (g.b[n] === NONE) this.storeSitePc(site);
        else {
          this.cpu();
          this.value(g.b[n]!);
          this.memory(op.i64Store, this.at.pc);
        }
        this.constI32(g.lo[n]!);
        return this.op(op.return);
      default:
        if (this.unit!.loops) this.nextIteration(site);
        else this.leaveTo(g.lo[n]!, site);
    }
  }

  protected leaveRaised(siteNumber: number): void {
    const site = this.g.sites[siteNumber]!;
    this.writeBack(site);
    if (this.unit !== undefined) this.giveBack(site.index);
    this.storeSitePc(site);
    this.constI32(exit.raised);
    this.op(op.return);
  }

  private storeSitePc(site: Site): void {
    if (this.unit !== undefined) return this.storePc(site.pcOffset);
    this.cpu();
    this.cpu();
    this.memory(op.i64Load, this.at.pcPage);
    this.getLocal(1);
    this.memory(op.i64Load32U, coldRecord.pcOffset);
    this.op(op.i64Add);
    this.memory(op.i64Store, this.at.pc);
  }

  /** Stores all guest state that is newer than memory. */
  private writeBack(site: Site): void {
    const { dirty } = site;
    for (let i = 0; i < dirty.length; i += 2) {
      this.cpu();
      this.value(dirty[i + 1]!);
      this.storeTyped(this.g.type[dirty[i + 1]!]!, dirty[i]!);
    }
    for (const [at, l] of this.carried) if (!isDirty(dirty, at)) this.storeLocal(at, l);
    if (this.lazyFlags && !isDirty(dirty, this.lazyFlags.at)) this.storeLazyFlags();
  }

  /** The unit's whole length was taken from the budget; what was not executed goes back. */
  private giveBack(executed: number): void {
    if (this.unit!.counted) this.addToBudget(this.unit!.instructions - executed);
  }

  private leaveTo(offset: number, site: Site): void {
    this.writeBack(site);
    this.giveBack(site.index + 1);
    const inModule = this.linking.unitInModule(offset);
    if (inModule >= 0) {
      this.cpu();
      this.op(op.returnCall);
      this.code.uleb(inModule);
      return;
    }
    if (this.scratch === NONE) this.scratch = this.newLocal(I32);
    this.constI32(0);
    this.memory(op.i32Load, this.linking.cell(offset));
    this.teeLocal(this.scratch);
    this.ifThen(() => {
      this.cpu();
      this.getLocal(this.scratch);
      this.op(op.returnCallIndirect);
      this.code.uleb(this.linking.unitType);
      this.code.u8(0);
    });
    this.cpu();
    this.cpu();
    this.memory(op.i64Load, this.at.pcPage);
    this.constI64(offset, 0);
    this.op(op.i64Add, op.returnCall);
    this.code.uleb(this.linking.lookup);
  }

  private pushFlagOperands(flags: number, targets: number[]): void {
    const { g } = this;
    const { node, set } = this.lazyFlags!;
    for (const [from, to] of [[g.a[flags], g.a[node]], [g.b[flags], g.b[node]], [g.c[flags], g.c[node]]] as const) {
      if (from === NONE) continue;
      this.value(from!);
      targets.push(this.local[to!]!);
    }
    this.constI32(1);
    targets.push(set);
  }

  private nextIteration(site: Site): void {
    const { dirty } = site;
    this.giveBack(site.index + 1);
    const targets: number[] = [];
    for (let i = 0; i < dirty.length; i += 2) {
      if (dirty[i] === this.lazyFlags?.at) this.pushFlagOperands(dirty[i + 1]!, targets);
      else {
        this.value(dirty[i + 1]!);
        targets.push(this.carried.get(dirty[i]!)!);
      }
    }
    for (const l of targets.reverse()) this.setLocal(l);
    this.op(op.br);
    this.code.uleb(this.depth);
  }
}

interface LazyFlags {
  /** Byte offset in the state. */
  readonly at: number;
  /** A flags node of the carried operands. */
  readonly node: number;
  /** Local that is not 0 once an iteration has set them. */
  readonly set: number;
}

const sameFlags = (g: Graph, x: number, y: number): boolean =>
  y !== NONE && x !== NONE && g.op[x] === g.op[y] && g.hi[x] === g.hi[y] && (g.c[x] === NONE) === (g.c[y] === NONE);

function isDirty(dirty: readonly number[], at: number): boolean {
  for (let i = 0; i < dirty.length; i += 2) if (dirty[i] === at) return true;
  return false;
}
