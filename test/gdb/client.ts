/** A debugger that a test plays: packets over a stream in memory, answers as they come. */
import { packet, PacketReader } from '../../src/gdb/packets.ts';
import { toBytes, toText } from '../../src/gdb/bytes.ts';
import type { ByteStream } from '../../src/gdb/index.ts';

/** Everything that is pending in the event loop's queue of promises gets its turn. */
export const settled = (): Promise<void> => new Promise(resolve => { setImmediate(resolve); });

class MemoryStream implements ByteStream {
  /** What the server wrote. */
  out = '';
  /** The part of it that `heard` hasn't seen. */
  fresh = '';
  closed = false;
  /** Writes that wait for room; `blocked` makes them. */
  blocked = false;
  waitingWrites = 0;
  wrote: () => void = () => {};
  /** Pieces that the server hasn't taken. */
  private readonly input: Uint8Array[] = [];
  private ended = false;
  private wake: (() => void) | undefined;
  private unblock: (() => void)[] = [];

  feed(bytes: Uint8Array | string): void {
    this.input.push(typeof bytes === 'string' ? toBytes(bytes) : bytes);
    this.wake?.();
  }
  /** The peer is gone. */
  end(): void {
    this.ended = true;
    this.release();
    this.wake?.();
  }
  release(): void {
    this.blocked = false;
    for (const resolve of this.unblock.splice(0)) resolve();
  }
  get untaken(): number { return this.input.length; }

  async read(): Promise<Uint8Array | undefined> {
    while (this.input.length === 0 && !this.ended && !this.closed) await new Promise<void>(resolve => { this.wake = resolve; });
    return this.closed ? undefined : this.input.shift();
  }
  async write(bytes: Uint8Array): Promise<void> {
    if (this.ended || this.closed) return;
    const text = toText(bytes);
    this.out += text;
    this.fresh += text;
    this.wrote();
    if (!this.blocked) return;
    this.waitingWrites++;
    await new Promise<void>(resolve => { this.unblock.push(resolve); });
    this.waitingWrites--;
  }
  close(): void {
    this.closed = true;
    this.release();
    this.wake?.();
  }
}

export class Client {
  readonly stream = new MemoryStream();
  /** For `wait`. */
  private readonly unread: string[] = [];

  /** Sends a packet; what came since the last look. */
  async ask(payload: string): Promise<string[]> {
    this.stream.feed(packet(payload));
    return this.heard();
  }

  /** The same, where the answer takes its time: the next packet that comes. */
  async wait(payload?: string): Promise<string> {
    if (payload !== undefined) this.stream.feed(packet(payload));
    for (;;) {
      this.unread.push(...await this.heard());
      const first = this.unread.shift();
      if (first !== undefined) return first;
      await new Promise<void>(resolve => { this.stream.wrote = resolve; });
    }
  }

  /** Acknowledgements are left out. */
  async heard(): Promise<string[]> {
    await settled();
    const text = this.stream.fresh;
    this.stream.fresh = '';
    const reader = new PacketReader();
    // Notifications are packets that begin otherwise.
    const all = text.split(/(?=[$%])/).filter(part => /^[$%]/.test(part));
    return all.map(part => {
      const [received] = [...reader.read(toBytes(part.replace(/^%/, '$')))].filter(r => r.kind === 'packet');
      return `${part.startsWith('%') ? '%' : ''}${received?.kind === 'packet' ? received.data : 'corrupt'}`;
    });
  }
}
