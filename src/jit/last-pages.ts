/**
 * The pages that a loop's accesses were in the last time, in locals of its unit: as long as an access stays in its page it
 * needs no look at the TLB. Accesses that differ by a constant share a page. Nothing takes an entry from the TLB while a
 * unit runs but what the unit calls: others' requests wait until it has left.
 */
import { ACCESS_UNPRIVILEGED, ACCESS_WRITE, isConst, pseudo } from '../ir/ops.ts';
import type { Graph } from '../ir/graph.ts';
import { op } from '../wasm/opcodes.ts';

/** Each takes two of the host's registers. */
const LIMIT = 4;

export interface LastPage {
  /** Local with what the TLB's tag was, i64; odd: none. */
  tag: number;
  /** Local with the addend, i32. */
  addend: number;
}

export class LastPages {
  private readonly byBase = new Map<number, LastPage>();
  private g: Graph | undefined;

  get all(): Iterable<LastPage> { return this.byBase.values(); }

  clear(): void { this.byBase.clear(); }

  /** Those of the first accesses of a unit; they have no locals yet. */
  choose(g: Graph): Iterable<LastPage> {
    this.g = g;
    for (let n = 0; n < g.count && this.byBase.size < LIMIT; n++) {
      const o = g.op[n]!;
      if (o !== pseudo.load && o !== pseudo.loadPair && o !== pseudo.store && o !== pseudo.storePair) continue;
      const base = baseOf(g, n);
      if (!this.byBase.has(base)) this.byBase.set(base, { tag: -1, addend: -1 });
    }
    return this.all;
  }

  of(n: number): LastPage | undefined {
    return this.byBase.size === 0 ? undefined : this.byBase.get(baseOf(this.g!, n));
  }
}

/** The address without its constants, and the kind of the access. */
function baseOf(g: Graph, n: number): number {
  let base = g.a[n]!;
  while (g.op[base] === op.i64Add && isConst(g.op[g.b[base]!]!)) base = g.a[base]!;
  const d = g.lo[n]!;
  return base * 4 + (d & ACCESS_WRITE ? 2 : 0) + (d & ACCESS_UNPRIVILEGED ? 1 : 0);
}
