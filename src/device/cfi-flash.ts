/**
 * A bank of NOR flash with Intel's command set: two 16-bit chips side by side, each seeing half of a 32-bit bus (JEDEC
 * JESD68.01, "Common Flash Interface"; Intel 28F128J3 datasheet, chapter "Command Bus Definitions").
 *
 * While the chips read as an array, guests read the contents as memory and only writes come here; in every other mode
 * the board takes the memory away, so that reads come here too.
 */
import type { Arena } from '../base/arena.ts';
import { array, defineLayout, u32, type View } from '../base/layout.ts';
import type { Device } from './device.ts';

const SECTOR = 256 * 1024;
const BUFFER = 4096;

const READ_ARRAY = 0;
const READ_STATUS = 1;
const READ_ID = 2;
const QUERY = 3;
const PROGRAM = 4;
const ERASE = 5;
const LOCK = 6;
const BUFFER_COUNT = 7;
const BUFFER_DATA = 8;
const BUFFER_CONFIRM = 9;
const STATUS_READY = 0x80;
const STATUS_SEQUENCE_ERROR = 0x30;

const layout = defineLayout({
  mode: u32,
  status: u32,
  /** Words that the program buffer still waits for. */
  left: u32,
  /** Offsets and values that were written into the program buffer. */
  filled: u32,
  offsets: array(u32, BUFFER / 4),
  values: array(u32, BUFFER / 4),
});

export interface FlashIo {
  /** Whether the contents are to be seen as memory. */
  readArray(on: boolean): void;
  /** The contents changed, at this offset. */
  written(offset: number, bytes: number): void;
}

const both = (byte: number): number => (byte | (byte << 16)) >>> 0;

export class CfiFlash implements Device {
  readonly name = 'cfi-flash';
  readonly size: number;
  private readonly bytes: Uint8Array;
  private readonly io: FlashIo;
  private readonly state: View<typeof layout.fields>;
  private readonly table: readonly number[];

  /** `contents` is an arena address of `size` bytes. */
  constructor(arena: Arena, contents: number, size: number, io: FlashIo) {
    this.size = size;
    this.bytes = arena.u8.subarray(contents, contents + size);
    this.io = io;
    this.state = layout.view(arena, arena.alloc(layout.size));
    this.table = queryTable(size);
    this.state.status = STATUS_READY;
  }

  reset(): void {
    this.state.status = STATUS_READY;
    this.enter(READ_ARRAY);
  }

  tick(): undefined {
    return undefined;
  }

  read(offset: number, width: number): number {
    const lanes = this.word(offset & ~3) >>> (8 * (offset & 3));
    return width === 4 ? lanes : (lanes & (2 ** (8 * width) - 1)) >>> 0;
  }

  private word(offset: number): number {
    const { mode, status } = this.state;
    if (mode === READ_ARRAY) return this.contents(offset);
    const index = offset >>> 2;
    if (mode === READ_ID) return both([0x89, 0x18, 0][index & 0xff] ?? 0);
    if (mode === QUERY) return both(this.table[index & 0xff] ?? 0);
    return both(status);
  }

  write(offset: number, width: number, value: number): void {
    const { state } = this;
    const command = value & 0xff;
    switch (state.mode) {
      case PROGRAM:
        this.program(offset, width, value);
        return this.enter(READ_STATUS);
      case ERASE:
        return this.erase(offset, command);
      case LOCK:
        return this.enter(READ_STATUS); // sectors are never locked
      case BUFFER_COUNT:
        state.left = (value & 0xffff) + 1;
        state.filled = 0;
        if (state.left > BUFFER / 4) return this.sequenceError();
        return this.enter(BUFFER_DATA);
      case BUFFER_DATA:
        state.offsets[state.filled] = offset & ~3;
        state.values[state.filled] = value;
        state.filled++;
        if (--state.left === 0) this.enter(BUFFER_CONFIRM);
        return;
      case BUFFER_CONFIRM:
        if (command !== 0xd0) return this.sequenceError();
        for (let i = 0; i < state.filled; i++) this.program(state.offsets[i] ?? 0, 4, state.values[i] ?? 0);
        return this.enter(READ_STATUS);
      default:
        return this.command(command);
    }
  }

  private command(command: number): void {
    switch (command) {
      case 0x10:
      case 0x40:
        return this.enter(PROGRAM);
      case 0x20:
        return this.enter(ERASE);
      case 0x60:
        return this.enter(LOCK);
      case 0x70:
        return this.enter(READ_STATUS);
      case 0x90:
        return this.enter(READ_ID);
      case 0x98:
        return this.enter(QUERY);
      case 0xe8:
        return this.enter(BUFFER_COUNT);
      case 0x50:
        this.state.status = STATUS_READY;
        return this.enter(READ_ARRAY);
      default:
        return this.enter(READ_ARRAY); // 0xff, 0xf0, and what isn't a command
    }
  }

  private enter(mode: number): void {
    const { state } = this;
    if ((state.mode === READ_ARRAY) !== (mode === READ_ARRAY)) this.io.readArray(mode === READ_ARRAY);
    state.mode = mode;
  }

  private sequenceError(): void {
    this.state.status |= STATUS_SEQUENCE_ERROR;
    this.enter(READ_STATUS);
  }

  /** Programming only ever clears bits. */
  private program(offset: number, width: number, value: number): void {
    if (offset + width > this.size) return;
    for (let i = 0; i < width; i++) this.bytes[offset + i] = (this.bytes[offset + i] ?? 0) & (value >>> (8 * i));
    this.io.written(offset, width);
  }

  private erase(offset: number, confirmation: number): void {
    if (confirmation !== 0xd0) return this.sequenceError();
    const start = offset - (offset % SECTOR);
    this.bytes.fill(0xff, start, start + SECTOR);
    this.io.written(start, SECTOR);
    this.enter(READ_STATUS);
  }

  private contents(offset: number): number {
    const { bytes } = this;
    return (
      ((bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0
    );
  }
}

/** What one chip answers to the query command, by its word address (JESD68.01, table 1 to 4). */
function queryTable(size: number): readonly number[] {
  const table = Array.from({ length: 0x40 }, () => 0);
  const put = (at: number, ...values: number[]): void =>
    values.forEach((v, i) => {
      table[at + i] = v;
    });
  const chip = size / 2,
    sector = SECTOR / 2,
    sectors = chip / sector;
  put(0x10, ...[...'QRY'].map(c => c.charCodeAt(0)), 0x01, 0x00, 0x31, 0x00); // Intel's extended command set, its table at 0x31
  put(0x1b, 0x45, 0x55, 0, 0, 7, 7, 10, 0, 4, 4, 4, 0); // supply voltage, typical and maximal times
  put(0x27, Math.log2(chip), 0x02, 0x00, Math.log2(BUFFER / 2), 0x00, 1);
  put(0x2d, (sectors - 1) & 0xff, (sectors - 1) >> 8, (sector >> 8) & 0xff, sector >> 16);
  put(0x31, ...[...'PRI10'].map(c => c.charCodeAt(0)));
  return table;
}
