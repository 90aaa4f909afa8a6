/**
 * The two ends of a serial line. The device's end pulls input when it has room for it, so that nothing typed is ever
 * lost: what the guest isn't ready for waits on the host's side.
 */

/** What `read` gives for a break condition instead of a byte: the value of DR.BE in the PL011. */
export const BREAK = 0x400;

export interface ConsoleBackend {
  write(byte: number): void;
  /** The next byte of input, or BREAK; undefined when there is none now. */
  read(): number | undefined;
  /** Called whenever there is input after there was none. One listener: the device. */
  onInput(listener: () => void): void;
}

/** A console whose other end is driven by function calls: the terminal, a script or a test. */
export class QueueConsole implements ConsoleBackend {
  private readonly output: (byte: number) => void;
  private queue: number[] = [];
  private head = 0;
  private listener: () => void = () => {};

  constructor(output: (byte: number) => void) {
    this.output = output;
  }

  /** Bytes (or BREAK) that haven't been read yet. */
  get waiting(): number {
    return this.queue.length - this.head;
  }

  send(bytes: Iterable<number>): void {
    for (const byte of bytes) this.queue.push(byte);
    if (this.waiting > 0) this.listener();
  }

  write(byte: number): void {
    this.output(byte);
  }

  read(): number | undefined {
    if (this.waiting === 0) return undefined;
    const byte = this.queue[this.head++];
    if (this.waiting === 0 || this.head > 65536) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
    return byte;
  }

  onInput(listener: () => void): void {
    this.listener = listener;
    if (this.waiting > 0) listener();
  }
}

/** Nobody at the other end. */
export const nullConsole: ConsoleBackend = { write: () => {}, read: () => undefined, onInput: () => {} };
