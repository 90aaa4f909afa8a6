/**
 * An instruction whose first halfword ends a page is run from a copy, behind which its second one can lie: the two pages need not be
 * neighbours in memory. It is looked for anew each time, as either page may change.
 */
import type { Arena } from '../base/arena.ts';
import { PAGE } from '../jit/abi.ts';
import type { CodeCache } from '../jit/code-cache.ts';

export class Straddling {
  private readonly arena: Arena;
  private readonly cache: CodeCache;
  /** Arena address of two pages in a row. */
  private readonly page: number;

  constructor(arena: Arena, cache: CodeCache) {
    this.arena = arena;
    this.cache = cache;
    this.page = arena.allocOwn(2 * PAGE, PAGE);
  }

  /** Arena address of a page that ends as `page` does, before one that begins as `next` does. */
  copy(page: number, next: number): number {
    const { u16 } = this.arena;
    const at = (this.page + PAGE - 2) >>> 1;
    const first = u16[(page + PAGE - 2) >>> 1]!;
    const second = u16[next >>> 1]!;
    if (u16[at] !== first || u16[at + 1] !== second) {
      u16[at] = first;
      u16[at + 1] = second;
      this.cache.written(this.page + PAGE - 2, 2);
    }
    return this.page;
  }
}
