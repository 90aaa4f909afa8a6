/**
 * The arena: the one WebAssembly memory in which a machine's whole state lives. It is allocated once and never
 * grows, so views of it stay valid; the host commits its pages as they are touched.
 *
 * Several threads may have the same arena. Where its free part begins stands in it, so each of them may take places. What
 * belongs to all of them is made by every thread in the same order: the first one records the places that it took, the
 * others are given these again (`recording`), and find there what is there.
 */
import { TesseraError } from './errors.ts';

const WASM_PAGE = 65536;
/** Index in the i32 view of the end of what is taken, in units of 16 bytes. Address 0 is never handed out: it can mean "none". */
const END = 4;
const UNIT = 16;
const FIRST = 64 / UNIT;

/** What was taken: where, and how many bytes. */
export type ArenaPlace = readonly [at: number, bytes: number];

export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly f16: Float16Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  /** The state in it is another thread's work: whoever makes a view of it leaves it as it is. */
  readonly attached: boolean;
  private given: readonly ArenaPlace[];
  private record: ArenaPlace[] | undefined;

  /** `bytes`: at most 4 GiB. Throws a TesseraError where the host can't reserve them. */
  constructor(bytes: number, shared?: boolean);
  /** The arena of another thread; `places`: what it recorded. */
  constructor(memory: WebAssembly.Memory, places: readonly ArenaPlace[]);
  constructor(from: number | WebAssembly.Memory, how: boolean | readonly ArenaPlace[] = true) {
    this.attached = typeof from !== 'number';
    this.memory = typeof from === 'number' ? reserve(from, how === true) : from;
    this.given = typeof how === 'boolean' ? [] : how;
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.f16 = new Float16Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    if (!this.attached) this.i32[END] = FIRST;
  }

  /** Byte offset of `bytes` zeroed bytes, aligned to `align` (a power of two). Of an attached arena, the place that is next. */
  alloc(bytes: number, align = 16): number {
    if (this.attached) {
      const [place, ...rest] = this.given;
      if (place === undefined) throw new TesseraError('the thread makes more of the machine than the one that it comes from');
      this.given = rest;
      return place[0];
    }
    const place = this.allocOwn(bytes, align);
    this.record?.push([place, bytes]);
    return place;
  }

  /** The same for what only this thread uses. */
  allocOwn(bytes: number, align = 16): number {
    const step = Math.max(align, UNIT) / UNIT;
    for (;;) {
      const end = Atomics.load(this.i32, END);
      const at = Math.ceil(end / step) * step;
      const next = at + Math.ceil(bytes / UNIT);
      if (next * UNIT > this.u8.length) throw new TesseraError(`the arena is full: ${bytes} more bytes were asked for`);
      if (Atomics.compareExchange(this.i32, END, end, next) === end) return at * UNIT;
    }
  }

  /** A place that was taken before, and is used now, belongs to what is recorded. */
  note(place: ArenaPlace): void { this.record?.push(place); }

  /** Appends to `places` what `make` takes. */
  recording<T>(places: ArenaPlace[], make: () => T): T {
    const before = this.record;
    this.record = places;
    try {
      return make();
    } finally {
      this.record = before;
    }
  }
}

function reserve(bytes: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.ceil(bytes / WASM_PAGE);
  if (pages > 65536) throw new TesseraError(`a machine can't use more than 4 GiB in all; ${(bytes / 2 ** 30).toFixed(1)} GiB were asked for`);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch {
    throw new TesseraError(`the host has no room for ${(bytes / 2 ** 20).toFixed(0)} MiB; give the machine less memory`);
  }
}
