/** One unit, or one handler of the cold tier, from its IR to a function body. */
import { NONE } from '../ir/graph.ts';
import { isPure, pseudo } from '../ir/ops.ts';
import type { IrBuilder } from '../ir/builder.ts';
import type { Code } from '../wasm/code.ts';
import { op, VOID } from '../wasm/opcodes.ts';
import { importIndex } from './abi.ts';
import { ExitEmitter, type Linking, type UnitShape } from './exits.ts';
import { nextRecord } from './prelude.ts';

export class Lowering extends ExitEmitter {
  /** Locals of values that are assigned on two paths. */
  private merged: number[] = [];

  lowerUnit(values: IrBuilder, unit: UnitShape, linking: Linking): Code {
    this.start(values, 1, true);
    this.startAccesses(true);
    this.startExits(unit, values.tally, linking);
    this.startLoops();
    if (unit.loops) this.openLoop();
    this.prologue();
    this.body();
    this.op(op.unreachable);
    if (unit.loops) this.op(op.end, op.unreachable);
    return this.finish();
  }

  /** (cpu, record): does the instruction and goes to the record behind it, `size` bytes on; or returns an exit code. */
  lowerHandler(values: IrBuilder, size: number, ends: boolean, handlerType: number): Code {
    this.start(values, 2, false);
    this.startAccesses(false);
    this.startExits(undefined, values.tally);
    this.startLoops();
    this.body();
    if (ends) this.op(op.unreachable);
    else {
      this.addToTally(1);
      nextRecord(this.code, 1, size, handlerType);
    }
    return this.finish();
  }

  private body(): void {
    const { g } = this;
    this.merged = [];
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
        this.loadTyped(g.type[n]!, g.lo[n]!);
        return this.define(n);
      case pseudo.storeStateAt:
        this.dynamicAddress(g.a[n]!);
        this.value(g.b[n]!);
        return this.storeTyped(g.type[g.b[n]!]!, g.lo[n]!);
      case pseudo.load: return this.load(n);
      case pseudo.loadPair: return this.loadPair(n);
      case pseudo.store: case pseudo.storePair: return this.store(n);
      case pseudo.loadMasked: return this.loadMasked(n);
      case pseudo.storeMasked: return this.storeMasked(n);
      case pseudo.readable: return this.readable(n);
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
      case pseudo.else: return this.op(op.else);
      case pseudo.assign:
        this.value(g.a[n]!);
        return this.setLocal((this.merged[g.lo[n]!] ??= this.newLocal(g.type[n]!)));
      case pseudo.merged:
        this.local[n] = this.merged[g.lo[n]!]!;
        return;
      case pseudo.fence: return this.fence();
      case pseudo.endIf:
        this.depth--;
        return this.op(op.end);
      default: {
        const condition = g.a[n]!;
        if (condition === NONE) return this.leave(n, o);
        this.value(condition);
        if (this.unit?.loops) this.code.hint(o === pseudo.backEdge);
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
    else {
      this.unlikely();
      this.ifThen(() => this.leaveRaised(site));
    }
  }

  private fallback(n: number): void {
    const { g } = this;
    const type = g.type[n]!;
    this.value(g.a[n]!);
    this.likely();
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
}
