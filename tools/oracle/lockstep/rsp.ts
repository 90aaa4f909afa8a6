/**
 * A client of GDB's remote serial protocol (GDB manual, appendix E): packets with checksums, escapes and run lengths over
 * a stream. Requests may be sent ahead; answers come in order.
 */
import type { Duplex } from 'node:stream';

/** Characters that end, start or change packets, and the escape itself. */
const SPECIAL = /[#$}*]/g;
const ESCAPE = 0x7d;
const REPEAT = 0x2a;
const INTERRUPT = '\x03';

const checksum = (text: string): string => {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return (sum & 0xff).toString(16).padStart(2, '0');
};

/** A payload as it goes over the line. Characters are bytes. */
export function packet(payload: string): string {
  const escaped = payload.replace(SPECIAL, c => `}${String.fromCharCode(c.charCodeAt(0) ^ 0x20)}`);
  return `$${escaped}#${checksum(escaped)}`;
}

/** What a packet's text between `$` and `#` stands for. */
export function unescape(text: string): string {
  if (!text.includes('}') && !text.includes('*')) return text;
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === ESCAPE) out += String.fromCharCode(text.charCodeAt(++i) ^ 0x20);
    else if (c === REPEAT) out += out.slice(-1).repeat(Math.max(0, text.charCodeAt(++i) - 29));
    else out += text[i];
  }
  return out;
}

interface Waiting {
  readonly resolve: (payload: string) => void;
  readonly reject: (error: Error) => void;
}

export class RspClient {
  private readonly stream: Duplex;
  private readonly waiting: Waiting[] = [];
  private received = '';
  private failure: Error | undefined;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (bytes: Buffer) => this.receive(bytes.toString('latin1')));
    stream.on('error', error => this.fail(error));
    stream.on('close', () => this.fail(new Error('the GDB server closed the connection')));
  }

  /** The answer's payload. Rejects when the connection ends first. */
  request(payload: string): Promise<string> {
    return this.requestAll([payload]).then(([answer]) => answer!);
  }

  /** Sends several requests at once. */
  requestAll(payloads: readonly string[]): Promise<string[]> {
    if (this.failure) return Promise.reject(this.failure);
    const answers = payloads.map(() => new Promise<string>((resolve, reject) => this.waiting.push({ resolve, reject })));
    this.stream.write(payloads.map(packet).join(''), 'latin1');
    return Promise.all(answers);
  }

  /** Asks a running target to stop; the answer is that of the request that made it run. */
  interrupt(): void {
    this.stream.write(INTERRUPT, 'latin1');
  }

  close(): void {
    this.stream.destroy();
  }

  private receive(text: string): void {
    this.received += text;
    for (;;) {
      const start = this.received.indexOf('$');
      const end = this.received.indexOf('#', start + 1);
      if (start < 0 || end < 0 || this.received.length < end + 3) return;
      const body = this.received.slice(start + 1, end);
      const intact = this.received.slice(end + 1, end + 3).toLowerCase() === checksum(body);
      this.received = this.received.slice(end + 3);
      this.stream.write(intact ? '+' : '-', 'latin1');
      if (intact) this.waiting.shift()?.resolve(unescape(body));
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
