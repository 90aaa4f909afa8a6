/**
 * Semihosting (ARM "Semihosting for AArch32 and AArch64", release 2023Q3, chapter 6): the calls by which small
 * programs print, ask the time, and end with a status. Of files, a program gets its console only.
 */
import type { Clock } from '../base/clock.ts';
import type { ConsoleBackend } from '../device/console.ts';
import type { GuestMemory } from '../device/memory.ts';

const SYS = {
  OPEN: 0x01,
  CLOSE: 0x02,
  WRITEC: 0x03,
  WRITE0: 0x04,
  WRITE: 0x05,
  READ: 0x06,
  READC: 0x07,
  ISERROR: 0x08,
  ISTTY: 0x09,
  CLOCK: 0x10,
  TIME: 0x11,
  ERRNO: 0x13,
  GET_CMDLINE: 0x15,
  HEAPINFO: 0x16,
  EXIT: 0x18,
  EXIT_EXTENDED: 0x20,
  ELAPSED: 0x30,
  TICKFREQ: 0x31,
} as const;

const ADP_Stopped_ApplicationExit = 0x20026n;
const FAILED = -1n;
const ENOENT = 2;
const EFAULT = 14;
const ENOSYS = 38;
/** Handles 1 to 3 are the console's; a program opens it by this name. */
const CONSOLE_NAME = ':tt';
const CONSOLE = 1n;
/** No more of a program's text is taken in one call. */
const LONGEST = 2 ** 20;

export interface SemihostingIo {
  readonly console: ConsoleBackend;
  readonly clock: Clock;
  readonly commandLine: string;
  /** RAM of the machine. */
  readonly ram: { readonly base: number; readonly size: number };
  readonly memory: GuestMemory;
  /** The physical address behind a virtual one; undefined where nothing is mapped. */
  translate(va: bigint): number | undefined;
}

export type SemihostingResult = { readonly kind: 'result'; readonly value: bigint } | { readonly kind: 'exit'; readonly status: number };

const result = (value: bigint | number): SemihostingResult => ({ kind: 'result', value: BigInt.asUintN(64, BigInt(value)) });

export class Semihosting {
  private readonly io: SemihostingIo;
  private readonly start: bigint;
  private errno = 0;

  constructor(io: SemihostingIo) {
    this.io = io;
    this.start = io.clock.now();
  }

  call(operation: number, parameter: bigint): SemihostingResult {
    const { io } = this;
    switch (operation) {
      case SYS.WRITEC:
        return this.print(this.read(parameter, 1));
      case SYS.WRITE0:
        return this.print(this.text(parameter));
      case SYS.OPEN:
        return this.withBlock(parameter, 3, ([name, , length]) => {
          const bytes = this.read(name, Number(length < 256n ? length : 256n));
          return bytes && new TextDecoder().decode(bytes.slice()) === CONSOLE_NAME ? result(CONSOLE) : this.fail(ENOENT);
        });
      case SYS.CLOSE:
        return result(0);
      case SYS.WRITE:
        return this.withBlock(parameter, 3, ([, from, length]) => {
          const taken = length < BigInt(LONGEST) ? length : BigInt(LONGEST);
          const bytes = this.read(from, Number(taken));
          if (!bytes) return this.fail(EFAULT);
          this.print(bytes);
          return result(length - taken); // the number of bytes that were not written
        });
      case SYS.READ:
        return this.withBlock(parameter, 3, ([, to, length]) => this.readConsole(to, length));
      case SYS.READC:
        return result(BigInt(io.console.read() ?? -1));
      case SYS.ISERROR:
        return this.withBlock(parameter, 1, ([status]) => result(BigInt.asIntN(64, status) < 0n ? 1 : 0));
      case SYS.ISTTY:
        return result(1);
      case SYS.CLOCK:
        return result((io.clock.now() - this.start) / 10_000_000n);
      case SYS.TIME:
        return result(Math.floor(io.clock.wallSeconds()));
      case SYS.ERRNO:
        return result(this.errno);
      case SYS.GET_CMDLINE:
        return this.withBlock(parameter, 2, ([to, room]) => this.commandLine(parameter, to, room));
      case SYS.HEAPINFO:
        return this.withBlock(parameter, 1, ([to]) => this.heapInfo(to));
      case SYS.EXIT:
      case SYS.EXIT_EXTENDED:
        return this.withBlock(parameter, 2, ([reason, status]) => ({
          kind: 'exit',
          status: reason === ADP_Stopped_ApplicationExit ? Number(status & 0xffn) : 1,
        }));
      case SYS.ELAPSED:
        return this.write(parameter, words([io.clock.now() - this.start])) ? result(0) : this.fail(EFAULT);
      case SYS.TICKFREQ:
        return result(1_000_000_000);
      default:
        return this.fail(ENOSYS);
    }
  }

  /** A copy of guest-virtual memory; undefined where not all of it is mapped to RAM. */
  private read(va: bigint, bytes: number): Uint8Array | undefined {
    const copy = new Uint8Array(bytes);
    return this.pages(va, bytes, (view, at) => copy.set(view, at)) ? copy : undefined;
  }

  private write(va: bigint, data: Uint8Array): boolean {
    return this.pages(va, data.length, (view, at, pa) => {
      view.set(data.subarray(at, at + view.length));
      this.io.memory.written(pa, view.length);
    });
  }

  /** Visits a range of virtual memory page by page; whether all of it was there. */
  private pages(va: bigint, bytes: number, visit: (view: Uint8Array, at: number, pa: number) => void): boolean {
    for (let at = 0; at < bytes; ) {
      const here = BigInt.asUintN(64, va + BigInt(at));
      const length = Math.min(bytes - at, 4096 - Number(here & 4095n));
      const pa = this.io.translate(here);
      const view = pa === undefined ? undefined : this.io.memory.view(pa, length);
      if (pa === undefined || !view) return false;
      visit(view, at, pa);
      at += length;
    }
    return true;
  }

  private fail(errno: number): SemihostingResult {
    this.errno = errno;
    return result(FAILED);
  }

  /** The parameter block is `count` 64-bit words. */
  private withBlock(at: bigint, count: number, use: (block: [bigint, bigint, bigint]) => SemihostingResult): SemihostingResult {
    const bytes = this.read(at, 8 * count);
    if (!bytes) return this.fail(EFAULT);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const word = (i: number): bigint => (i < count ? view.getBigUint64(8 * i, true) : 0n);
    return use([word(0), word(1), word(2)]);
  }

  private print(bytes: Uint8Array | undefined): SemihostingResult {
    if (!bytes) return this.fail(EFAULT);
    for (const byte of bytes) this.io.console.write(byte);
    return result(0);
  }

  private text(from: bigint): Uint8Array | undefined {
    const bytes: number[] = [];
    while (bytes.length < LONGEST) {
      const byte = this.read(from + BigInt(bytes.length), 1)?.[0];
      if (byte === undefined) return undefined;
      if (byte === 0) break;
      bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }

  /** The result is the number of bytes that were not read. */
  private readConsole(to: bigint, length: bigint): SemihostingResult {
    let done = 0n;
    for (; done < length; done++) {
      if (!this.read(to + done, 1)) return this.fail(EFAULT); // before a byte of input is taken for it
      const byte = this.io.console.read();
      if (byte === undefined) break;
      this.write(to + done, Uint8Array.of(byte));
    }
    return result(length - done);
  }

  private commandLine(block: bigint, to: bigint, room: bigint): SemihostingResult {
    const bytes = new TextEncoder().encode(`${this.io.commandLine}\0`);
    if (BigInt(bytes.length) > room) return this.fail(ENOENT);
    const ok = this.write(to, bytes) && this.write(block + 8n, words([BigInt(bytes.length - 1)]));
    return ok ? result(0) : this.fail(EFAULT);
  }

  /** Heap and stack share the upper half of RAM: base and limit of the heap, then of the stack. */
  private heapInfo(to: bigint): SemihostingResult {
    const { base, size } = this.io.ram;
    const middle = BigInt(base + size / 2),
      end = BigInt(base + size);
    return this.write(to, words([middle, end, end, middle])) ? result(0) : this.fail(EFAULT);
  }
}

function words(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  values.forEach((value, i) => {
    new DataView(bytes.buffer).setBigUint64(8 * i, value, true);
  });
  return bytes;
}
