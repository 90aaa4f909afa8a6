/**
 * What a unit stores before it accesses memory. Every access can leave, and has to leave memory true: a value that is
 * newer than memory would be written back at each place behind it. It is stored once instead, before the first access
 * that could leave with it. Not in loops, where state stays in locals from one iteration to the next; nor flags, which
 * are seldom wanted and dear to pack.
 */
import { NONE, type Graph } from '../ir/graph.ts';
import { hasSite, isFlags, pseudo } from '../ir/ops.ts';

export class Settler {
  /** By word of guest state: the node whose value a store of ours has put there. */
  private readonly stored: Int32Array;
  private touched: number[] = [];

  /** `stateBytes`: size of a CPU's state. */
  constructor(stateBytes: number) { this.stored = new Int32Array(stateBytes >>> 2).fill(NONE); }

  /** Divides what the sites of `g` have to write back: see Site. */
  settle(g: Graph): void {
    const { stored } = this;
    for (const at of this.touched) stored[at >>> 2] = NONE;
    this.touched = [];
    let depth = 0;
    let settled = NONE;
    for (let n = 0; n < g.count; n++) {
      const o = g.op[n]!;
      if (o < pseudo.storeState) continue;
      if (o === pseudo.if) depth++;
      else if (o === pseudo.endIf) depth--;
      else if (o === pseudo.storeState) stored[g.lo[n]! >>> 2] = NONE;
      // An instruction's accesses may share a site: it is the first one's.
      else if (hasSite(o) && g.hi[n]! > settled) {
        settled = g.hi[n]!;
        this.divide(g, n, depth === 0 && o < pseudo.exitLink);
      }
    }
  }

  private divide(g: Graph, n: number, early: boolean): void {
    const { stored } = this;
    const site = g.sites[g.hi[n]!]!;
    const { dirty } = site;
    let left = 0;
    for (let i = 0; i < dirty.length; i += 2) {
      const at = dirty[i]!;
      const value = dirty[i + 1]!;
      if (stored[at >>> 2] === value) continue;
      if (early && !isFlags(g.op[value]!)) {
        site.early.push(at, value);
        stored[at >>> 2] = value;
        this.touched.push(at);
      } else {
        dirty[left++] = at;
        dirty[left++] = value;
      }
    }
    dirty.length = left;
    site.first = n;
  }
}
