/**
 * Which blocks (translations larger than a page) and tagged addresses a CPU translated since it forgot everything.
 * The engine caches a block in pieces of a page, and TLBI by any address of a block has to reach them all (ARM DDI 0487,
 * D8.14.5: it applies to every entry that translates the address).
 */
import type { TableWalker } from './walk.ts';

/** Beyond that many different blocks, all of memory counts as one. */
const LIMIT = 4096;
const EVERYTHING = 64;

export class BlockMap {
  /** An address whose top byte was ignored was translated. */
  taggedSeen = false;
  private readonly starts = new Map<number, Set<number>>();
  private count = 0;

  seen(vaHigh: number, vaLow: number, walker: TableWalker): void {
    const upper = (vaHigh >>> 23) & 1;
    if (vaHigh >>> 24 !== (upper ? 0xff : 0)) this.taggedSeen = true;
    const { pageBits } = walker;
    if (pageBits <= (walker.controls.halves[upper] as { granule: number }).granule || this.count > LIMIT) return;
    const block = blockOf((vaHigh & 0xff_ffff) * 2 ** 20 + (vaLow >>> 12), pageBits);
    let starts = this.starts.get(pageBits);
    if (!starts) this.starts.set(pageBits, (starts = new Set()));
    if (starts.has(block)) return;
    starts.add(block);
    this.count++;
  }

  /** log2 of the bytes of the largest block around `va` (0 for none). */
  covering(va: bigint): number {
    if (this.count > LIMIT) return EVERYTHING;
    const page = Number((va >> 12n) & 0xfff_ffff_ffffn);
    let largest = 0;
    for (const [pageBits, starts] of this.starts) if (pageBits > largest && starts.has(blockOf(page, pageBits))) largest = pageBits;
    return largest;
  }

  clear(): void {
    this.taggedSeen = false;
    this.starts.clear();
    this.count = 0;
  }
}

/** `page`: bits 55..12 of an address. */
const blockOf = (page: number, pageBits: number): number => Math.floor(page / 2 ** (pageBits - 12));
