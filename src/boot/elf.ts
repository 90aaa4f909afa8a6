/** ELF programs for AArch64: their loadable segments (System V ABI, "Object Files"; ELF for the Arm 64-bit Architecture). */
import { TesseraError } from '../base/errors.ts';

export interface ElfSegment {
  /** Physical address. */
  readonly address: number;
  readonly data: Uint8Array;
  /** Bytes of memory; those behind `data` are zero. */
  readonly size: number;
}

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const EM_AARCH64 = 183;
const PT_LOAD = 1;
const EHDR = 64;
const PHDR = 56;

const machines: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'x86',
  8: 'MIPS',
  20: 'PowerPC',
  21: '64-bit PowerPC',
  22: 's390',
  40: '32-bit ARM',
  62: 'x86-64',
  243: 'RISC-V',
};

/** Throws a TesseraError of one line for a program that is damaged or isn't for AArch64. */
export function loadElf(name: string, file: Uint8Array): { segments: ElfSegment[]; entry: number } {
  if (file.length < EHDR) throw new TesseraError(`${name} is cut off inside its ELF header`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = file[5] === ELFDATA2LSB;
  const machine = view.getUint16(18, little);
  if (machine !== EM_AARCH64) {
    throw new TesseraError(`${name} is a program for ${machines[machine] ?? `machine type ${machine}`}, and this machine is AArch64`);
  }
  if (file[4] !== ELFCLASS64 || !little) throw new TesseraError(`${name} is not a 64-bit little-endian program`);
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) throw new TesseraError(`${name} is an object file or a core dump, not a program`);

  const entry = number(view, 24, name);
  const headersAt = number(view, 32, name);
  const headerSize = view.getUint16(54, true),
    count = view.getUint16(56, true);
  if (count > 0 && (headerSize < PHDR || headersAt + headerSize * count > file.length))
    throw new TesseraError(`${name} is cut off inside its program headers`);

  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = headersAt + i * headerSize;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const offset = number(view, at + 8, name),
      address = number(view, at + 24, name);
    const fileSize = number(view, at + 32, name),
      size = number(view, at + 40, name);
    if (size === 0) continue;
    if (offset + fileSize > file.length || fileSize > size)
      throw new TesseraError(`${name} is cut off: a segment ends behind the file's end`);
    segments.push({ address, data: file.subarray(offset, offset + fileSize), size });
  }
  if (segments.length === 0) throw new TesseraError(`${name} is an ELF file with nothing to load`);
  return { segments, entry };
}

/** A 64-bit field; no address or size of a real program is beyond 2^53. */
function number(view: DataView, at: number, name: string): number {
  const value = view.getBigUint64(at, true);
  if (value >= 1n << 53n)
    throw new TesseraError(`${name} has an address of 0x${value.toString(16)}, which is in no machine's physical memory`);
  return Number(value);
}
