/**
 * Semihosting (ARM "Semihosting for AArch32 and AArch64", release 2023Q3, chapter 6): the calls by which small programs print, read
 * and write files, ask the time, and end with a status. SYS_SYSTEM is refused: no guest runs commands on the host.
 */
import type { Clock } from '../../base/clock.ts';
import type { ConsoleBackend } from '../../device/console.ts';
import type { GuestMemory } from '../../device/memory.ts';
import { ERRNO, SemihostingError, type SemihostingFiles } from './files.ts';
import { Handles } from './handles.ts';
import { ProgramMemory } from './program-memory.ts';

const ADP_Stopped_ApplicationExit = 0x20026n;
const FAILED = -1;
/** Bytes of one read or write; the program hears that the rest wasn't done. */
const LONGEST = 2 ** 26;
/** They are done in parts of this size. */
const PIECE = 2 ** 16;
const LONGEST_TEXT = 2 ** 20;
const LONGEST_NAME = 4096n;
const NS_PER_CENTISECOND = 10_000_000n;

export interface SemihostingIo {
  readonly console: ConsoleBackend;
  readonly clock: Clock;
  readonly commandLine: string;
  /** RAM of the machine. */
  readonly ram: { readonly base: number; readonly size: number };
  readonly memory: GuestMemory;
  /** Without them a program gets its console only. */
  readonly files?: SemihostingFiles | undefined;
  /** The physical address behind a virtual one; undefined where nothing is mapped. */
  translate(va: bigint): number | undefined;
}

export type SemihostingResult = { readonly kind: 'result'; readonly value: bigint } | { readonly kind: 'exit'; readonly status: number };

/** What a call gives back: a number, or the program's end. */
type Outcome = number | bigint | { readonly status: number };
type Call = (self: Semihosting, parameter: bigint) => Outcome;

export class Semihosting {
  readonly io: SemihostingIo;
  readonly memory: ProgramMemory;
  readonly handles: Handles;
  readonly start: bigint;
  errno = 0;

  constructor(io: SemihostingIo) {
    this.io = io;
    this.start = io.clock.now();
    this.memory = new ProgramMemory(io.memory, va => io.translate(va));
    this.handles = new Handles(io.console, io.files);
  }

  /** `operation` and `parameter` as in W0 and X1. */
  call(operation: number, parameter: bigint): SemihostingResult {
    const outcome = this.attempt(operation, parameter);
    if (typeof outcome === 'object') return { kind: 'exit', status: outcome.status };
    return { kind: 'result', value: BigInt.asUintN(64, BigInt(outcome)) };
  }

  /** Closes what the program left open. */
  close(): void { this.handles.closeAll(); }

  private attempt(operation: number, parameter: bigint): Outcome {
    try {
      const call = calls.get(operation);
      if (!call) throw new SemihostingError(ERRNO.ENOSYS);
      return call(this, parameter);
    } catch (error) {
      if (!(error instanceof SemihostingError)) throw error;
      this.errno = error.errno;
      return FAILED;
    }
  }
}

/** A name by its place and length. */
function nameAt({ memory }: Semihosting, at: bigint, length: bigint): string {
  if (length > LONGEST_NAME) throw new SemihostingError(ERRNO.ENOENT);
  return new TextDecoder().decode(memory.read(at, Number(length)));
}

const files = ({ io }: Semihosting): SemihostingFiles => {
  if (!io.files) throw new SemihostingError(ERRNO.ENOENT);
  return io.files;
};

/** As long as `transfer` moves whole parts; the number of bytes that were left. */
function inParts(length: bigint, transfer: (at: bigint, bytes: number) => number): bigint {
  const wanted = length < BigInt(LONGEST) ? Number(length) : LONGEST;
  let done = 0;
  while (done < wanted) {
    const piece = Math.min(PIECE, wanted - done);
    const moved = transfer(BigInt(done), piece);
    done += moved;
    if (moved < piece) break;
  }
  return length - BigInt(done);
}

function write(self: Semihosting, parameter: bigint): Outcome {
  const [handle, from, length] = self.memory.words(parameter, 3) as [bigint, bigint, bigint];
  const file = self.handles.get(handle);
  return inParts(length, (at, bytes) => file.write(self.memory.read(from + at, bytes)));
}

function read(self: Semihosting, parameter: bigint): Outcome {
  const [handle, to, length] = self.memory.words(parameter, 3) as [bigint, bigint, bigint];
  const file = self.handles.get(handle);
  return inParts(length, (at, bytes) => {
    // Before anything of the console's input is taken for it.
    self.memory.check(to + at, bytes);
    const piece = new Uint8Array(bytes);
    const count = file.read(piece);
    self.memory.write(to + at, piece.subarray(0, count));
    return count;
  });
}

function print(self: Semihosting, bytes: Uint8Array): Outcome {
  for (const byte of bytes) self.io.console.write(byte);
  return 0;
}

function commandLine({ memory, io }: Semihosting, block: bigint): Outcome {
  const [to, room] = memory.words(block, 2) as [bigint, bigint];
  const bytes = new TextEncoder().encode(`${io.commandLine}\0`);
  if (BigInt(bytes.length) > room) throw new SemihostingError(ERRNO.EINVAL);
  memory.write(to, bytes);
  memory.putWords(block + 8n, [BigInt(bytes.length - 1)]);
  return 0;
}

/** Heap and stack share the upper half of RAM: base and limit of the heap, then of the stack. */
function heapInfo({ memory, io: { ram } }: Semihosting, parameter: bigint): Outcome {
  const [to] = memory.words(parameter, 1) as [bigint];
  const middle = BigInt(ram.base + ram.size / 2);
  const end = BigInt(ram.base + ram.size);
  memory.putWords(to, [middle, end, end, middle]);
  return 0;
}

/** A name for a temporary file, as good as any in a folder of the program's own. */
function temporaryName(self: Semihosting, parameter: bigint): Outcome {
  const [to, id, room] = self.memory.words(parameter, 3) as [bigint, bigint, bigint];
  files(self);
  const bytes = new TextEncoder().encode(`semihosting-${(id & 0xffn).toString(16).padStart(2, '0')}.tmp\0`);
  if (id > 0xffn || BigInt(bytes.length) > room) throw new SemihostingError(ERRNO.EINVAL);
  self.memory.write(to, bytes);
  return 0;
}

function exit(self: Semihosting, parameter: bigint): Outcome {
  const [reason, status] = self.memory.words(parameter, 2) as [bigint, bigint];
  return { status: reason === ADP_Stopped_ApplicationExit ? Number(status & 0xffn) : 1 };
}

const SYS: Readonly<Record<string, readonly [number: number, Call]>> = {
  OPEN: [0x01, (self, parameter) => {
    const [name, mode, length] = self.memory.words(parameter, 3) as [bigint, bigint, bigint];
    return self.handles.openFile(nameAt(self, name, length), mode < 12n ? Number(mode) : 12);
  }],
  CLOSE: [0x02, (self, parameter) => {
    self.handles.close(self.memory.words(parameter, 1)[0]!);
    return 0;
  }],
  WRITEC: [0x03, (self, parameter) => print(self, self.memory.read(parameter, 1))],
  WRITE0: [0x04, (self, parameter) => print(self, self.memory.text(parameter, LONGEST_TEXT))],
  WRITE: [0x05, write],
  READ: [0x06, read],
  READC: [0x07, ({ io }) => io.console.read() ?? FAILED],
  ISERROR: [0x08, ({ memory }, parameter) => (BigInt.asIntN(64, memory.words(parameter, 1)[0]!) < 0n ? 1 : 0)],
  ISTTY: [0x09, ({ memory, handles }, parameter) => (handles.get(memory.words(parameter, 1)[0]!).interactive ? 1 : 0)],
  SEEK: [0x0a, ({ memory, handles }, parameter) => {
    const [handle, position] = memory.words(parameter, 2) as [bigint, bigint];
    if (position > BigInt(Number.MAX_SAFE_INTEGER)) throw new SemihostingError(ERRNO.EINVAL);
    handles.get(handle).seek(Number(position));
    return 0;
  }],
  FLEN: [0x0c, ({ memory, handles }, parameter) => handles.get(memory.words(parameter, 1)[0]!).length()],
  TMPNAM: [0x0d, temporaryName],
  REMOVE: [0x0e, (self, parameter) => {
    const [name, length] = self.memory.words(parameter, 2) as [bigint, bigint];
    files(self).remove(nameAt(self, name, length));
    return 0;
  }],
  RENAME: [0x0f, (self, parameter) => {
    const [from, fromLength, to, toLength] = self.memory.words(parameter, 4) as [bigint, bigint, bigint, bigint];
    files(self).rename(nameAt(self, from, fromLength), nameAt(self, to, toLength));
    return 0;
  }],
  CLOCK: [0x10, ({ io, start }) => (io.clock.now() - start) / NS_PER_CENTISECOND],
  TIME: [0x11, ({ io }) => Math.floor(io.clock.wallSeconds())],
  SYSTEM: [0x12, () => {
    throw new SemihostingError(ERRNO.EACCES);
  }],
  ERRNO: [0x13, ({ errno }) => errno],
  GET_CMDLINE: [0x15, commandLine],
  HEAPINFO: [0x16, heapInfo],
  EXIT: [0x18, exit],
  EXIT_EXTENDED: [0x20, exit],
  ELAPSED: [0x30, ({ memory, io, start }, parameter) => {
    memory.putWords(parameter, [io.clock.now() - start]);
    return 0;
  }],
  TICKFREQ: [0x31, () => 1_000_000_000],
};

const calls: ReadonlyMap<number, Call> = new Map(Object.values(SYS));
