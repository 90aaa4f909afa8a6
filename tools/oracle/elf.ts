/** A static ELF executable for Linux from segments (System V ABI, chapters 4 and 5). */

export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory; what `bytes` does not give is zero. */
  readonly size?: number;
  readonly flags: 'rx' | 'rw' | 'rwx';
}

/** What the executable is for: e_machine and e_flags. */
export interface Target {
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  readonly flags: number;
}

const EM_AARCH64 = 183;
const aarch64: Target = { machine: EM_AARCH64, bits: 64, bigEndian: false, flags: 0 };

const PAGE = 4096;
const PT_LOAD = 1;
const flagBits = { rx: 5, rw: 6, rwx: 7 } as const;

export function elf(segments: readonly Segment[], entry: number, target = aarch64): Uint8Array {
  const { bits, bigEndian } = target;
  const [headerBytes, entryBytes] = bits === 64 ? [64, 56] : [52, 32];
  const align = (n: number): number => Math.ceil(n / PAGE) * PAGE;
  let end = align(headerBytes + entryBytes * segments.length);
  const offsets = segments.map(s => {
    const at = end;
    end = align(end + s.bytes.length);
    return at;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  /** Writes numbers one behind the other: halves, words, and those as wide as an address. */
  const write = (at: number, values: readonly (readonly ['half' | 'word' | 'address', number])[]): void => {
    let to = at;
    for (const [type, value] of values) {
      if (type === 'half') view.setUint16(to, value, !bigEndian);
      else if (type === 'word' || bits === 32) view.setUint32(to, value, !bigEndian);
      else view.setBigUint64(to, BigInt(value), !bigEndian);
      to += type === 'half' ? 2 : type === 'word' ? 4 : bits / 8;
    }
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, bigEndian ? 2 : 1, 1]);
  write(16, [
    ['half', 2], ['half', target.machine], ['word', 1], ['address', entry], ['address', headerBytes], ['address', 0], ['word', target.flags],
    ['half', headerBytes], ['half', entryBytes], ['half', segments.length],
  ]);
  segments.forEach((s, i) => {
    const flags = ['word', flagBits[s.flags]] as const;
    write(headerBytes + entryBytes * i, [
      ['word', PT_LOAD], ...(bits === 64 ? [flags] : []), ['address', offsets[i] as number], ['address', s.address], ['address', s.address],
      ['address', s.bytes.length], ['address', s.size ?? s.bytes.length], ...(bits === 32 ? [flags] : []), ['address', PAGE],
    ]);
    file.set(s.bytes, offsets[i] as number);
  });
  return file;
}
