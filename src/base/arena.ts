/**
 * The arena: the one WebAssembly memory in which a machine's whole state lives. It is allocated once and never
 * grows, so views of it stay valid; the host commits its pages as they are touched.
 */
import { TesseraError } from './errors.ts';

const WASM_PAGE = 65536;

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
  private end = 64; // address 0 is never handed out, so that 0 can mean "none"

  /** `bytes`: at most 4 GiB. Throws a TesseraError where the host can't reserve them. */
  constructor(bytes: number, shared = true) {
    const pages = Math.ceil(bytes / WASM_PAGE);
    if (pages > 65536) throw new TesseraError(`a machine can't use more than 4 GiB in all; ${(bytes / 2 ** 30).toFixed(1)} GiB were asked for`);
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    } catch {
      throw new TesseraError(`the host has no room for ${(bytes / 2 ** 20).toFixed(0)} MiB; give the machine less memory`);
    }
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.f16 = new Float16Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** Byte offset of `bytes` zeroed bytes, aligned to `align` (a power of two). */
  alloc(bytes: number, align = 16): number {
    const at = Math.ceil(this.end / align) * align;
    if (at + bytes > this.u8.length) throw new TesseraError(`the arena is full: ${bytes} more bytes were asked for`);
    this.end = at + bytes;
    return at;
  }
}
