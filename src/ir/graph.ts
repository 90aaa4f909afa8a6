/**
 * The IR of one unit: nodes in flat typed arrays, in order of creation. A node's operands come before it. Constants
 * are two 32-bit halves. No object and no BigInt per node: translation has to cost about a microsecond an instruction.
 */
import { I32, I64 } from '../wasm/opcodes.ts';
import { isConst, pseudo } from './ops.ts';

export const NONE = -1;

/** What a leaving point needs: the state to write back, where the PC stands, how far the unit had come. */
export interface Site {
  /** Pairs [byte offset, node] of guest state that is newer than memory. */
  readonly dirty: readonly number[];
  /** Offset from the start of the page of the instruction that leaves. */
  readonly pcOffset: number;
  /** Instructions of the unit that were begun before it, not counting itself. */
  readonly index: number;
}

export class Graph {
  count = 0;
  op = new Uint16Array(1024);
  type = new Uint8Array(1024);
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  c = new Int32Array(1024);
  lo = new Int32Array(1024);
  hi = new Int32Array(1024);
  /** Constant vectors, shuffles and fallback argument lists. */
  pool: number[] = [];
  sites: Site[] = [];
  private readonly smallI32 = new Int32Array(64);

  constructor() { this.smallI32.fill(NONE); }

  reset(): void {
    this.count = 0;
    this.pool = [];
    this.sites = [];
    this.smallI32.fill(NONE);
  }

  /** Forgets the nodes from `count` on. */
  truncate(count: number): void {
    this.count = count;
    for (let i = 0; i < this.smallI32.length; i++) if (this.smallI32[i]! >= count) this.smallI32[i] = NONE;
  }

  private grow(): void {
    const more = <A extends Uint16Array | Uint8Array | Int32Array>(old: A): A => {
      const grown = new (old.constructor as new (n: number) => A)(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.op = more(this.op);
    this.type = more(this.type);
    this.a = more(this.a);
    this.b = more(this.b);
    this.c = more(this.c);
    this.lo = more(this.lo);
    this.hi = more(this.hi);
  }

  node(op: number, type: number, a = NONE, b = NONE, c = NONE, lo = 0, hi = 0): number {
    if (this.count === this.op.length) this.grow();
    const n = this.count++;
    this.op[n] = op;
    this.type[n] = type;
    this.a[n] = a;
    this.b[n] = b;
    this.c[n] = c;
    this.lo[n] = lo;
    this.hi[n] = hi;
    return n;
  }

  i32(value: number): number {
    const v = value | 0;
    if (v >= 0 && v < 64) {
      const known = this.smallI32[v] as number;
      if (known !== NONE) return known;
      return (this.smallI32[v] = this.node(pseudo.constI32, I32, NONE, NONE, NONE, v));
    }
    return this.node(pseudo.constI32, I32, NONE, NONE, NONE, v);
  }

  i64(lo: number, hi: number): number {
    return this.node(pseudo.constI64, I64, NONE, NONE, NONE, lo | 0, hi | 0);
  }

  isConst(n: number): boolean { return isConst(this.op[n] as number); }

  /** Whether n is the constant `value` (-2^31 .. 2^31-1), of either width. */
  isValue(n: number, value: number): boolean {
    const op = this.op[n];
    if (op === pseudo.constI32) return this.lo[n] === value;
    return op === pseudo.constI64 && this.lo[n] === value && this.hi[n] === value >> 31;
  }
}
