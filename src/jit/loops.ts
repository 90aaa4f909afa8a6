/**
 * Loops of a unit: guest state that lives in locals from iteration to iteration, and what has to be stored where one
 * is left.
 */
import { NONE, type Graph, type Site } from '../ir/graph.ts';
import { isFlags, pseudo } from '../ir/ops.ts';
import { I32, op, VOID } from '../wasm/opcodes.ts';
import { MaskedEmitter } from './masked.ts';

interface LazyFlags {
  /** Byte offset in the state. */
  readonly at: number;
  /** A flags node of the carried operands. */
  readonly node: number;
  /** Local that is not 0 once an iteration has set them. */
  readonly set: number;
}

export abstract class LoopEmitter extends MaskedEmitter {
  /** In a loop: state that some iteration writes, by byte offset, in locals that hold its value at the loop's head. */
  private readonly carried = new Map<number, number>();
  /**
   * In a loop: flags that every iteration sets and none reads at its head. Their operands are carried, and they are
   * packed where the unit leaves; before the first iteration has set them, memory has them.
   */
  private lazyFlags: LazyFlags | undefined;
  /** Nodes of the unit; what lowering adds comes behind them. */
  protected nodes = 0;

  protected startLoops(): void {
    this.carried.clear();
    this.lazyFlags = undefined;
    this.nodes = this.g.count;
  }

  protected openLoop(): void {
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

  private storeLocal(at: number, l: number): void {
    this.cpu();
    this.getLocal(l);
    this.storeTyped(this.typeOfLocal(l), at);
  }

  /** Stores what the iterations so far have left. */
  protected storeCarried(): void {
    for (const [at, l] of this.carried) this.storeLocal(at, l);
    if (this.lazyFlags) this.storeLazyFlags();
  }

  /** Stores all guest state that is newer than memory. */
  protected writeBack(site: Site): void {
    const { dirty } = site;
    for (let i = 0; i < dirty.length; i += 2) {
      this.cpu();
      this.value(dirty[i + 1]!);
      this.storeTyped(this.g.type[dirty[i + 1]!]!, dirty[i]!);
    }
    for (const [at, l] of this.carried) if (!isDirty(dirty, at)) this.storeLocal(at, l);
    if (this.lazyFlags && !isDirty(dirty, this.lazyFlags.at)) this.storeLazyFlags();
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

  /** Gives what is carried its values for the next iteration, all at once, and goes to the loop's head. */
  protected nextIteration(site: Site): void {
    const { dirty } = site;
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

const sameFlags = (g: Graph, x: number, y: number): boolean =>
  y !== NONE && x !== NONE && g.op[x] === g.op[y] && g.hi[x] === g.hi[y]
  && (g.b[x] === NONE) === (g.b[y] === NONE) && (g.c[x] === NONE) === (g.c[y] === NONE);

function isDirty(dirty: readonly number[], at: number): boolean {
  for (let i = 0; i < dirty.length; i += 2) if (dirty[i] === at) return true;
  return false;
}
