/**
 * Packets of the remote serial protocol: `$data#checksum`, acknowledgements, and the byte that interrupts (GDB manual, appendix
 * "GDB Remote Serial Protocol", "Overview").
 */
import { toBytes, toText } from './bytes.ts';

/** The longest payload that is taken, as `PacketSize` tells the peer. */
export const PACKET_SIZE = 0x4000;

export type Received =
  | { readonly kind: 'packet'; readonly data: string }
  /** The checksum is wrong. */
  | { readonly kind: 'corrupt' }
  /** Longer than PACKET_SIZE: it wasn't kept. */
  | { readonly kind: 'long' }
  | { readonly kind: 'ack' | 'nak' | 'interrupt' };

const [DOLLAR, HASH, STAR, ESCAPE, PLUS, MINUS, INTERRUPT] = [0x24, 0x23, 0x2a, 0x7d, 0x2b, 0x2d, 0x03];
const ESCAPED = 0x20;
/** A run's length is the character behind the star minus this. */
const RUN_BASE = 29;
const SHORTEST_RUN = 3;

type State = 'between' | 'data' | 'escaped' | 'run' | 'checksum' | 'checksum2';

/** Takes a stream apart. What is between packets is passed over. */
export class PacketReader {
  private readonly buffer = new Uint8Array(PACKET_SIZE);
  private state: State = 'between';
  private length = 0;
  private tooLong = false;
  private malformed = false;
  private sum = 0;
  private expected = 0;

  *read(bytes: Uint8Array): Iterable<Received> {
    for (const byte of bytes) {
      const received = this.take(byte);
      if (received) yield received;
    }
  }

  private take(byte: number): Received | undefined {
    switch (this.state) {
      case 'between': return this.outside(byte);
      case 'data': this.inside(byte); return undefined;
      case 'escaped':
        this.add(byte);
        this.put(byte ^ ESCAPED);
        this.state = 'data';
        return undefined;
      case 'run':
        this.add(byte);
        this.repeat(byte - RUN_BASE);
        this.state = 'data';
        return undefined;
      case 'checksum':
        this.expected = digit(byte) << 4;
        this.state = 'checksum2';
        return undefined;
      case 'checksum2':
        this.expected |= digit(byte);
        this.state = 'between';
        return this.finish();
    }
  }

  private outside(byte: number): Received | undefined {
    switch (byte) {
      case DOLLAR: this.begin(); return undefined;
      case PLUS: return { kind: 'ack' };
      case MINUS: return { kind: 'nak' };
      case INTERRUPT: return { kind: 'interrupt' };
      default: return undefined;
    }
  }

  private begin(): void {
    this.state = 'data';
    this.length = 0;
    this.sum = 0;
    this.tooLong = false;
    this.malformed = false;
  }

  private inside(byte: number): void {
    // The end of the packet before was lost.
    if (byte === DOLLAR) { this.begin(); return; }
    if (byte === HASH) { this.state = 'checksum'; return; }
    this.add(byte);
    if (byte === ESCAPE) this.state = 'escaped';
    else if (byte === STAR) this.state = 'run';
    else this.put(byte);
  }

  private add(byte: number): void { this.sum = (this.sum + byte) & 0xff; }

  private put(byte: number): void {
    if (this.length === PACKET_SIZE) this.tooLong = true;
    else this.buffer[this.length++] = byte;
  }

  private repeat(count: number): void {
    const last = this.buffer[this.length - 1];
    // Nothing to repeat, or no length: whatever was meant, it isn't this.
    if (last === undefined || this.length === 0 || count < SHORTEST_RUN) this.malformed = true;
    else for (let i = 0; i < count; i++) this.put(last);
  }

  private finish(): Received {
    if (this.sum !== this.expected || this.malformed) return { kind: 'corrupt' };
    return this.tooLong ? { kind: 'long' } : { kind: 'packet', data: toText(this.buffer.subarray(0, this.length)) };
  }
}

/** A hexadecimal digit's value; for anything else one that no checksum has. */
function digit(byte: number): number {
  const value = parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 0x100 : value;
}

const NEEDS_ESCAPE = /[#$}*]/g;

/** A payload as it is sent. `%` instead of `$` begins a notification. */
export function packet(payload: string, begin: '$' | '%' = '$'): Uint8Array {
  const data = payload.replace(NEEDS_ESCAPE, c => `}${String.fromCharCode(c.charCodeAt(0) ^ ESCAPED)}`);
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum = (sum + data.charCodeAt(i)) & 0xff;
  return toBytes(`${begin}${data}#${sum.toString(16).padStart(2, '0')}`);
}
