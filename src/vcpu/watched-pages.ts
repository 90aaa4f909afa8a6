/** Pages of which the guest's debugging watches something (GuestDebugging.watched): none of them is in the TLB. */
import { PAGE } from '../jit/abi.ts';

/** Bits 51..12 of an address count: what a guest has above them (tags, signs) makes more pages slow at worst. */
const NUMBERS = 2 ** 40;
const HIGH = NUMBERS / 2 ** 20 - 1;

export class WatchedPages {
  /** Numbers of first and last pages, in turn. */
  private bounds: readonly number[] = [];

  get any(): boolean { return this.bounds.length > 0; }

  set(ranges: readonly (readonly [first: bigint, bytes: bigint])[]): void {
    const number = (address: bigint): number => Number(address / BigInt(PAGE) % BigInt(NUMBERS));
    this.bounds = ranges.flatMap(([first, bytes]) => {
      const [from, to] = [number(first), number(first + bytes - 1n)];
      // One that goes round is in all of them.
      return from <= to ? [from, to] : [0, NUMBERS - 1];
    });
  }

  /** Whether one of the bytes (fewer than a page) from this address on is in one. */
  touches(lo: number, hi: number, bytes: number): boolean {
    const { bounds } = this;
    if (bounds.length === 0) return false;
    const first = (hi & HIGH) * 2 ** 20 + (lo >>> 12);
    const last = (lo & (PAGE - 1)) + bytes > PAGE ? first + 1 : first;
    for (let n = 0; n < bounds.length; n += 2) if (first <= bounds[n + 1]! && last >= bounds[n]!) return true;
    return false;
  }
}
