/** Static ELF executables for PowerPC (System V ABI, chapters 4 and 5; the 64-bit ELF ABI, versions 1 and 2). */

export interface Executable {
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  /** Where execution starts, and what r2 holds then (ELFv1). */
  readonly entry: number;
  readonly toc: number;
  readonly headers: { readonly address: number; readonly size: number; readonly count: number };
  readonly segments: readonly { readonly address: number; readonly bytes: Uint8Array; readonly size: number }[];
}

const PT_LOAD = 1;
const EM_PPC = 20;
const EM_PPC64 = 21;

/** Throws an Error where the file is no static PowerPC executable. */
export function readExecutable(file: Uint8Array): Executable {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (view.getUint32(0) !== 0x7f45_4c46) throw new Error('not an ELF file');
  const bits = file[4] === 2 ? 64 : 32;
  const bigEndian = file[5] === 2;
  const half = (at: number): number => view.getUint16(at, !bigEndian);
  const word = (at: number): number => view.getUint32(at, !bigEndian);
  const native = (at: number): number => (bits === 64 ? Number(view.getBigUint64(at, !bigEndian)) : word(at));
  if (half(18) !== (bits === 64 ? EM_PPC64 : EM_PPC)) throw new Error('not a PowerPC program');
  const entry = native(24);
  const phoff = native(bits === 64 ? 32 : 28);
  const flags = word(bits === 64 ? 48 : 36);
  const [size, count] = bits === 64 ? [half(54), half(56)] : [half(42), half(44)];
  // Offsets of p_offset, p_vaddr, p_filesz and p_memsz.
  const places = bits === 64 ? [8, 16, 32, 40] as const : [4, 8, 16, 20] as const;
  const segments = Array.from({ length: count }, (_, i) => phoff + i * size).filter(at => word(at) === PT_LOAD).map(at => {
    const [offset, address, fileSize, memorySize] = places.map(place => native(at + place)) as [number, number, number, number];
    return { offset, address, bytes: file.subarray(offset, offset + fileSize), size: memorySize };
  });
  const first = segments.find(s => s.offset <= phoff && phoff < s.offset + s.bytes.length);
  const headers = { address: first ? first.address + phoff - first.offset : 0, size, count };
  if (bits === 32 || (flags & 3) === 2) return { bits, bigEndian, entry, toc: 0, headers, segments };
  // ELFv1: the entry is a descriptor's address.
  const holding = segments.find(s => s.address <= entry && entry < s.address + s.bytes.length);
  if (!holding) throw new Error('the entry descriptor lies in no segment');
  const descriptor = holding.offset + entry - holding.address;
  return { bits, bigEndian, entry: native(descriptor), toc: native(descriptor + 8), headers, segments };
}
