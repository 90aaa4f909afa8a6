/** The guest's output, gathered so that the host is asked once per slice and not once per byte. */

const FULL = 4096;

export class OutputBuffer {
  private readonly bytes = new Uint8Array(FULL);
  private used = 0;
  private readonly sink: (bytes: Uint8Array) => void;

  constructor(sink: (bytes: Uint8Array) => void) {
    this.sink = sink;
  }

  push(byte: number): void {
    this.bytes[this.used++] = byte;
    if (this.used === FULL) this.flush();
  }

  flush(): void {
    if (this.used === 0) return;
    const { used } = this;
    this.used = 0;
    this.sink(this.bytes.slice(0, used));
  }
}
