/** A static ELF executable for AArch64 Linux from segments (System V ABI, chapters 4 and 5). */

export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory; what `bytes` does not give is zero. */
  readonly size?: number;
  readonly flags: 'rx' | 'rw' | 'rwx';
}

const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const PAGE = 4096;
const EM_AARCH64 = 183;
const flagBits = { rx: 5, rw: 6, rwx: 7 } as const;

export function elf(segments: readonly Segment[], entry: number): Uint8Array {
  const align = (n: number) => Math.ceil(n / PAGE) * PAGE;
  let end = align(EHDR_BYTES + PHDR_BYTES * segments.length);
  const offsets = segments.map(s => {
    const at = end;
    end = align(end + s.bytes.length);
    return at;
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, EM_AARCH64, true);
  view.setUint32(20, 1, true);
  u64(24, entry);
  u64(32, EHDR_BYTES);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, segments.length, true);
  view.setUint16(58, 64, true);
  segments.forEach((s, i) => {
    const at = EHDR_BYTES + PHDR_BYTES * i;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flagBits[s.flags], true);
    u64(at + 8, offsets[i] as number);
    u64(at + 16, s.address);
    u64(at + 24, s.address);
    u64(at + 32, s.bytes.length);
    u64(at + 40, s.size ?? s.bytes.length);
    u64(at + 48, PAGE);
    file.set(s.bytes, offsets[i] as number);
  });
  return file;
}
