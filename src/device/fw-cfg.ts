/**
 * QEMU's firmware configuration device on memory-mapped I/O (QEMU docs/specs/fw_cfg.rst): numbered items of bytes,
 * read as a stream or by DMA. All numbers are big-endian.
 */
import { TesseraError } from '../base/errors.ts';
import { u32, type View } from '../base/layout.ts';
import type { Log } from '../base/log.ts';
import { defineDevice, needs, registers, type InstanceOf } from './device.ts';
import type { GuestMemory } from './memory.ts';

/** Keys of items; those of files follow from FILE_FIRST. */
export const FW_CFG = {
  SIGNATURE: 0x00,
  ID: 0x01,
  NB_CPUS: 0x05,
  KERNEL_SIZE: 0x08,
  INITRD_SIZE: 0x0b,
  MAX_CPUS: 0x0f,
  KERNEL_DATA: 0x11,
  INITRD_DATA: 0x12,
  CMDLINE_SIZE: 0x14,
  CMDLINE_DATA: 0x15,
  FILE_DIR: 0x19,
  FILE_FIRST: 0x20,
} as const;
const MAX_FILE_NAME = 56;

const DMA = { ERROR: 1, READ: 2, SKIP: 4, SELECT: 8, WRITE: 0x10, descriptorBytes: 16 } as const;

export type FwCfgItems = ReadonlyMap<number, Uint8Array>;

export function littleEndian(value: number, bytes: 2 | 4): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff);
}

/** All items of a machine: those every machine has, `items` by key, and `files` by name. Throws TesseraError for a bad name. */
export function fwCfgItems(items: FwCfgItems, files: ReadonlyMap<string, Uint8Array>): FwCfgItems {
  const all = new Map<number, Uint8Array>([
    [FW_CFG.SIGNATURE, new TextEncoder().encode('QEMU')],
    [FW_CFG.ID, littleEndian(3, 4)], // the traditional interface and DMA
    ...items,
  ]);
  const names = [...files.keys()].sort();
  const directory = new Uint8Array(4 + 64 * names.length);
  const view = new DataView(directory.buffer);
  view.setUint32(0, names.length);
  names.forEach((name, i) => {
    const encoded = new TextEncoder().encode(name);
    if (encoded.length >= MAX_FILE_NAME) throw new TesseraError(`fw_cfg file name '${name}' is longer than ${MAX_FILE_NAME - 1} bytes`);
    const data = files.get(name) ?? new Uint8Array();
    view.setUint32(4 + 64 * i, data.length);
    view.setUint16(8 + 64 * i, FW_CFG.FILE_FIRST + i);
    directory.set(encoded, 12 + 64 * i);
    all.set(FW_CFG.FILE_FIRST + i, data);
  });
  return all.set(FW_CFG.FILE_DIR, directory);
}

const state = { key: u32, position: u32, dmaHigh: u32 };
type State = View<typeof state>;
interface Io {
  readonly memory: GuestMemory;
  readonly items: FwCfgItems;
  readonly log: Log;
}

const NOTHING = new Uint8Array();
const item = (s: State, io: Io): Uint8Array => io.items.get(s.key) ?? NOTHING;

function select(s: State, key: number): void {
  s.key = key & 0xffff;
  s.position = 0;
}

/** The next bytes of the stream at ascending addresses; zeros behind the item's end. */
function readData(s: State, io: Io, _offset: number, bytes: number): number {
  const data = item(s, io);
  let value = 0;
  for (let i = 0; i < bytes; i++) value |= (data[s.position + i] ?? 0) << (8 * i);
  advance(s, io, bytes);
  return value;
}

/** Never beyond the end, so that the position can't overflow. */
function advance(s: State, io: Io, bytes: number): void {
  s.position = Math.min(s.position + bytes, item(s, io).length);
}

const swap16 = (v: number): number => ((v & 0xff) << 8) | ((v >>> 8) & 0xff);
const swap32 = (v: number): number => ((swap16(v) << 16) | swap16(v >>> 16)) >>> 0;

function dma(s: State, io: Io, at: number): void {
  const bytes = io.memory.view(at, DMA.descriptorBytes);
  if (!bytes) {
    if (io.log.on('guest_errors')) io.log.write('guest_errors', `fw-cfg: DMA descriptor at 0x${at.toString(16)} is outside RAM`);
    return;
  }
  const descriptor = new DataView(bytes.buffer, bytes.byteOffset, DMA.descriptorBytes);
  const control = descriptor.getUint32(0),
    length = descriptor.getUint32(4);
  const address = Number(descriptor.getBigUint64(8));
  if (control & DMA.SELECT) select(s, control >>> 16);
  let failed = false;
  if (control & DMA.READ) failed = !transfer(s, io, address, length);
  else if (control & DMA.WRITE)
    failed = true; // no item of ours can be written
  else if (control & DMA.SKIP) advance(s, io, length);
  descriptor.setUint32(0, failed ? DMA.ERROR : 0);
  io.memory.written(at, 4);
}

function transfer(s: State, io: Io, address: number, length: number): boolean {
  if (length === 0) return true;
  const target = io.memory.view(address, length);
  if (!target) return false;
  const part = item(s, io).subarray(s.position, s.position + length);
  target.set(part);
  target.fill(0, part.length);
  advance(s, io, length);
  io.memory.written(address, length);
  return true;
}

const SIGNATURE_HIGH = 0x5145_4d55,
  SIGNATURE_LOW = 0x2043_4647; // "QEMU CFG"

const { window } = registers<State, Io>();

export const fwCfg = defineDevice({
  name: 'fw-cfg',
  doc: 'QEMU docs/specs/fw_cfg.rst',
  size: 0x18,
  needs: needs<Io>(),
  state,
  regs: {
    0x00: window('data', 8, readData, () => {}), // writes through the stream were given up long ago
    0x08: window(
      'selector',
      4,
      s => swap16(s.key),
      (s, _io, v) => select(s, swap16(v)),
    ),
    0x10: window(
      'DMA address high',
      4,
      () => swap32(SIGNATURE_HIGH),
      (s, _io, v) => {
        s.dmaHigh = swap32(v);
      },
    ),
    0x14: window(
      'DMA address low',
      4,
      () => swap32(SIGNATURE_LOW),
      (s, io, v) => {
        const high = s.dmaHigh;
        s.dmaHigh = 0;
        dma(s, io, high * 2 ** 32 + swap32(v));
      },
    ),
  },
  fdt: at => ({
    compatible: 'qemu,fw-cfg-mmio',
    reg: at.reg,
    'dma-coherent': true,
  }),
});
export type FwCfg = InstanceOf<typeof fwCfg>;
