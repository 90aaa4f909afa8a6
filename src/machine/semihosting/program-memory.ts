/** The memory of the program that made a semihosting call: virtual, page by page, RAM only. */
import type { GuestMemory } from '../../device/memory.ts';
import { ERRNO, SemihostingError } from './files.ts';

const PAGE = 4096;

export class ProgramMemory {
  private readonly memory: GuestMemory;
  private readonly translate: (va: bigint) => number | undefined;

  /** `translate`: the physical address behind a virtual one; undefined where nothing is mapped. */
  constructor(memory: GuestMemory, translate: (va: bigint) => number | undefined) {
    this.memory = memory;
    this.translate = translate;
  }

  /** A copy. Throws EFAULT where not all of it is there. */
  read(va: bigint, bytes: number): Uint8Array {
    const copy = new Uint8Array(bytes);
    this.pages(va, bytes, (view, at) => copy.set(view, at));
    return copy;
  }

  /** Throws EFAULT where not all of it is there; what comes before that has been written. */
  write(va: bigint, data: Uint8Array): void {
    this.pages(va, data.length, (view, at, pa) => {
      view.set(data.subarray(at, at + view.length));
      this.memory.written(pa, view.length);
    });
  }

  /** Throws EFAULT. */
  check(va: bigint, bytes: number): void {
    this.pages(va, bytes, () => {});
  }

  /** Little-endian, as a program under semihosting is here. */
  words(va: bigint, count: number): bigint[] {
    const bytes = this.read(va, 8 * count);
    const view = new DataView(bytes.buffer);
    return Array.from({ length: count }, (_, i) => view.getBigUint64(8 * i, true));
  }

  putWords(va: bigint, values: readonly bigint[]): void {
    const bytes = new Uint8Array(8 * values.length);
    values.forEach((value, i) => { new DataView(bytes.buffer).setBigUint64(8 * i, value, true); });
    this.write(va, bytes);
  }

  /** Up to a zero, or `most` bytes. */
  text(va: bigint, most: number): Uint8Array {
    const bytes: number[] = [];
    while (bytes.length < most) {
      const from = BigInt.asUintN(64, va + BigInt(bytes.length));
      const part = this.read(from, Math.min(most - bytes.length, PAGE - Number(from % BigInt(PAGE))));
      const end = part.indexOf(0);
      for (const byte of end < 0 ? part : part.subarray(0, end)) bytes.push(byte);
      if (end >= 0) break;
    }
    return Uint8Array.from(bytes);
  }

  private pages(va: bigint, bytes: number, visit: (view: Uint8Array, at: number, pa: number) => void): void {
    for (let at = 0; at < bytes;) {
      const here = BigInt.asUintN(64, va + BigInt(at));
      const length = Math.min(bytes - at, PAGE - Number(here % BigInt(PAGE)));
      const pa = this.translate(here);
      const view = pa === undefined ? undefined : this.memory.view(pa, length);
      if (pa === undefined || !view) throw new SemihostingError(ERRNO.EFAULT);
      visit(view, at, pa);
      at += length;
    }
  }
}
