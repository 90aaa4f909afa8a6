/**
 * Places of code as keys. (variant, page, offset) is one number of up to 49 bits; a map of such numbers would box and
 * hash each as a double, so this one has a map for each variant, keyed by the small integer that is left.
 */
import { PAGE } from './abi.ts';

const PLACES = 2 ** 31;

/** The engine's own bit of a translation mode, above the guest's: code keeps the tally of what it does; it is counted, too. */
export const TALLIED = 1 << 16;

/** A translation mode, and whether its instructions are counted, as one number. */
export const variant = (mode: number, counted: boolean): number => mode * 2 + (counted ? 1 : 0);
export const VARIANTS = 2 ** 18;

/** `page` is an arena address, `offset` in bytes within it. */
export const codeKey = (page: number, offset: number, v: number): number => v * PLACES + (page / PAGE) * (PAGE / 2) + (offset >>> 1);

export class KeyMap<V> {
  size = 0;
  private readonly variants = new Map<number, Map<number, V>>();

  get(key: number): V | undefined {
    const v = Math.floor(key / PLACES);
    return this.variants.get(v)?.get(key - v * PLACES);
  }
  has(key: number): boolean { return this.get(key) !== undefined; }

  set(key: number, value: V): void {
    const v = Math.floor(key / PLACES);
    let places = this.variants.get(v);
    if (!places) {
      places = new Map();
      this.variants.set(v, places);
    }
    const before = places.size;
    places.set(key - v * PLACES, value);
    this.size += places.size - before;
  }

  delete(key: number): void {
    const v = Math.floor(key / PLACES);
    if (this.variants.get(v)?.delete(key - v * PLACES)) this.size--;
  }

  *values(): Generator<V> {
    for (const places of this.variants.values()) yield* places.values();
  }

  clear(): void {
    this.variants.clear();
    this.size = 0;
  }
}
