/** Small kernels of each format, made for tests. */

/** A 4 KiB arm64 Image whose header says what is given (Linux, Documentation/arch/arm64/booting.rst). */
export function image({ textOffset, imageSize }: { textOffset: number; imageSize: number }): Uint8Array {
  const data = new Uint8Array(4096);
  const view = new DataView(data.buffer);
  view.setUint32(0, 0x1400_0010, true); // b .+64
  view.setBigUint64(8, BigInt(textOffset), true);
  view.setBigUint64(16, BigInt(imageSize), true);
  view.setUint32(56, 0x644d_5241, true);
  return data;
}

export interface Segment {
  readonly address: number;
  readonly bytes: readonly number[];
  readonly size?: number;
}

/** An ELF64 program; segment data follows the headers without gaps. */
export function elf64(segments: readonly Segment[], { entry = 0, machine = 183, type = 2 } = {}): Uint8Array {
  const headers = 64 + 56 * segments.length;
  const data = new Uint8Array(headers + segments.reduce((n, s) => n + s.bytes.length, 0));
  const view = new DataView(data.buffer);
  data.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  let at = headers;
  segments.forEach(({ address, bytes, size = bytes.length }, i) => {
    const header = 64 + 56 * i;
    view.setUint32(header, 1, true);
    for (const [offset, value] of [
      [8, at],
      [16, address],
      [24, address],
      [32, bytes.length],
      [40, size],
    ] as const)
      view.setBigUint64(header + offset, BigInt(value), true);
    data.set(bytes, at);
    at += bytes.length;
  });
  return data;
}
