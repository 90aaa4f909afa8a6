/**
 * Kernels as they come in files: the arm64 `Image` (Linux, Documentation/arch/arm64/booting.rst), plain, in gzip or
 * in an EFI zboot program; ELF programs; anything else as a raw binary.
 */
import { TesseraError } from '../base/errors.ts';
import { loadElf, type ElfSegment } from './elf.ts';
import { isArm64Image, isEfiZboot, isElf, isGzip, knownFormat } from './formats.ts';

export interface NamedFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Unpacks gzip into at most `limit` bytes; throws when the data is damaged, incomplete or larger. */
export type Gunzip = (data: Uint8Array, limit: number) => Uint8Array;

export type Kernel =
  /** `textOffset` bytes above a 2 MiB boundary; `size` is that of the memory it uses, data included. */
  | { readonly kind: 'linux'; readonly data: Uint8Array; readonly textOffset: number; readonly size: number }
  | { readonly kind: 'elf'; readonly segments: readonly ElfSegment[]; readonly entry: number };

const MiB = 2 ** 20;
/** Where programs without a header go, and kernels older than Linux 3.17, whose text_offset can't be relied on. */
const DEFAULT_TEXT_OFFSET = 0x80000;

/** Throws a TesseraError of one line for whatever isn't a program that this machine could start. */
export function parseKernel(file: NamedFile, ramSize: number, gunzip: Gunzip): Kernel {
  const { name } = file;
  let { data } = file;
  if (data.length === 0) throw new TesseraError(`${name} is empty`);
  if (isEfiZboot(data)) data = zbootPayload(name, data);
  if (isGzip(data)) data = unpack(name, data, ramSize, gunzip);
  if (isElf(data)) return { kind: 'elf', ...loadElf(name, data) };
  if (isArm64Image(data)) return parseImage(name, data, ramSize);
  const known = knownFormat(data);
  if (known) throw new TesseraError(`${name} is not a kernel for this machine: it is ${known}`);
  return { kind: 'linux', data, textOffset: DEFAULT_TEXT_OFFSET, size: data.length };
}

function unpack(name: string, data: Uint8Array, limit: number, gunzip: Gunzip): Uint8Array {
  try {
    return gunzip(data, limit);
  } catch (error) {
    const why =
      error instanceof Error && /large|length|limit/i.test(error.message)
        ? 'unpacks to more than the machine has RAM'
        : 'is damaged or incomplete';
    throw new TesseraError(`${name} is packed with gzip and ${why}`);
  }
}

function zbootPayload(name: string, data: Uint8Array): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 64) throw new TesseraError(`${name} is cut off inside its header`);
  const at = view.getUint32(8, true),
    size = view.getUint32(12, true);
  if (at + size > data.length) throw new TesseraError(`${name} is cut off: its packed kernel ends behind the file's end`);
  const type = new TextDecoder().decode(data.slice(24, 56)).split('\0')[0];
  if (type !== 'gzip') throw new TesseraError(`${name} holds a kernel packed with ${type}; only gzip is supported`);
  return data.subarray(at, at + size);
}

function parseImage(name: string, data: Uint8Array, ramSize: number): Kernel {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const imageSize = view.getBigUint64(16, true);
  // "Where image_size is zero, text_offset can be assumed to be 0x80000."
  const textOffset = imageSize === 0n ? BigInt(DEFAULT_TEXT_OFFSET) : view.getBigUint64(8, true);
  const size = imageSize > BigInt(data.length) ? imageSize : BigInt(data.length);
  if (size + textOffset > BigInt(ramSize)) {
    throw new TesseraError(
      `${name} needs ${Math.ceil(Number(size + textOffset) / MiB)} MiB, but the machine has ${ramSize / MiB} MiB of RAM`,
    );
  }
  return { kind: 'linux', data, textOffset: Number(textOffset), size: Number(size) };
}
