/** A growable run of bytes with WebAssembly's number encodings (core specification, 5.2). */
export class Bytes {
  private data: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 1024) { this.data = new Uint8Array(capacity); }

  private room(n: number): void {
    if (this.length + n <= this.data.length) return;
    const grown = new Uint8Array(Math.max(this.data.length * 2, this.length + n));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  reset(): void { this.length = 0; }

  u8(byte: number): void {
    if (this.length === this.data.length) this.room(1);
    this.data[this.length++] = byte;
  }

  /** An opcode and its immediate, unsigned LEB128 of a 32-bit number: what most of a function is made of. */
  withUleb(opcode: number, immediate: number): void {
    const at = this.length;
    if (at + 1 >= this.data.length) this.room(2);
    this.data[at] = opcode;
    if (immediate >>> 0 < 128) {
      this.data[at + 1] = immediate;
      this.length = at + 2;
      return;
    }
    this.length = at + 1;
    this.uleb(immediate);
  }

  /** The same of two immediates that are less than 128 and 16384. */
  withTwo(opcode: number, first: number, second: number): void {
    const at = this.length;
    if (at + 3 >= this.data.length) this.room(4);
    const { data } = this;
    data[at] = opcode;
    data[at + 1] = first;
    if (second < 128) {
      data[at + 2] = second;
      this.length = at + 3;
    } else {
      data[at + 2] = (second & 127) | 128;
      data[at + 3] = second >>> 7;
      this.length = at + 4;
    }
  }

  /** Unsigned LEB128 of a 32-bit number. */
  uleb(value: number): void {
    let v = value >>> 0;
    while (v > 127) { this.u8((v & 127) | 128); v >>>= 7; }
    this.u8(v);
  }

  /** Signed LEB128 of a 32-bit number. */
  sleb(value: number): void {
    let v = value | 0;
    if (v >= -64 && v < 64) { this.u8(v & 127); return; }
    for (;;) {
      const byte = v & 127;
      v >>= 7;
      if ((v === 0 && !(byte & 64)) || (v === -1 && (byte & 64))) { this.u8(byte); return; }
      this.u8(byte | 128);
    }
  }

  /** Signed LEB128 of the 64-bit number hi:lo. */
  sleb64(lo: number, hi: number): void {
    if (hi === lo >> 31) { this.sleb(lo); return; }
    let low = lo | 0;
    let high = hi | 0;
    for (;;) {
      const byte = low & 127;
      low = (low >>> 7) | (high << 25);
      high >>= 7;
      const done = (low === 0 && high === 0 && !(byte & 64)) || (low === -1 && high === -1 && (byte & 64) !== 0);
      if (done) { this.u8(byte); return; }
      this.u8(byte | 128);
    }
  }

  u32le(value: number): void {
    this.u8(value & 255); this.u8((value >>> 8) & 255); this.u8((value >>> 16) & 255); this.u8(value >>> 24);
  }

  bytes(other: Bytes | Uint8Array): void {
    const source = other instanceof Bytes ? other.view() : other;
    this.room(source.length);
    this.data.set(source, this.length);
    this.length += source.length;
  }

  /** The same for a few bytes, where calling the host costs more than a loop. */
  few(source: readonly number[]): void {
    const { length } = source;
    this.room(length);
    const { data } = this;
    const at = this.length;
    for (let i = 0; i < length; i++) data[at + i] = source[i]!;
    this.length = at + length;
  }

  /** Length-prefixed. */
  block(other: Bytes): void {
    this.uleb(other.length);
    this.bytes(other);
  }

  /** A name of ASCII characters. */
  name(text: string): void {
    this.uleb(text.length);
    for (let i = 0; i < text.length; i++) this.u8(text.charCodeAt(i) & 127);
  }

  /** What was written; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> { return this.data.subarray(0, this.length); }
}
