/**
 * The three archive formats that guests come in, as far as packages use them: tar (POSIX.1-1988 ustar with GNU long
 * names), ar (the outer layer of a .deb, deb(5)) and cpio "newc" (what Linux unpacks as initramfs,
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 */
import { TesseraError } from '../../../base/errors.ts';

const TAR_BLOCK = 512;

function text(data: Uint8Array, at: number, length: number): string {
  const field = data.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Regular files of a tar archive that `wanted` accepts, by name without a leading `./`. Throws a TesseraError where it is cut short. */
export function readTar(data: Uint8Array, wanted: (name: string) => boolean): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName = '';
  for (let at = 0; at + TAR_BLOCK <= data.length && data[at] !== 0;) {
    const size = parseInt(text(data, at + 124, 12).trim() || '0', 8);
    const type = text(data, at + 156, 1);
    const body = at + TAR_BLOCK;
    if (!(size >= 0) || body + size > data.length) throw new TesseraError('the archive is cut short');
    const prefix = text(data, at + 257, 5) === 'ustar' ? text(data, at + 345, 155) : '';
    const name = (longName || (prefix ? `${prefix}/` : '') + text(data, at, 100)).replace(/^\.\//, '');
    longName = type === 'L' ? text(data, body, size) : '';
    if ((type === '0' || type === '') && wanted(name)) files.set(name, data.subarray(body, body + size));
    at = body + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
  return files;
}

/** The first member of an ar archive whose name starts with `prefix`, with its whole name. */
export function readAr(data: Uint8Array, prefix: string): { name: string; data: Uint8Array } | undefined {
  if (text(data, 0, 8) !== '!<arch>\n') throw new TesseraError('not a .deb: it does not start as an ar archive');
  for (let at = 8; at + 60 <= data.length;) {
    const name = text(data, at, 16).trim().replace(/\/$/, '');
    const size = Number(text(data, at + 48, 10).trim());
    if (!(size >= 0) || at + 60 + size > data.length) throw new TesseraError('the .deb is cut short');
    if (name.startsWith(prefix)) return { name, data: data.subarray(at + 60, at + 60 + size) };
    at += 60 + size + (size & 1);
  }
  return undefined;
}

export interface CpioEntry {
  readonly name: string;
  /** Type and permissions as in stat(2): 0o40755 a folder, 0o100755 a program, 0o120777 a link, 0o20600 a character device. */
  readonly mode: number;
  readonly data?: Uint8Array;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

/** A newc archive; every entry belongs to root and dates from 1970, so that the same input gives the same bytes. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  let inode = 1;
  for (const entry of [...entries, { name: 'TRAILER!!!', mode: 0 } satisfies CpioEntry]) {
    const name = Buffer.from(`${entry.name}\0`);
    const data = Buffer.from(entry.data ?? []);
    const [major, minor] = entry.device ?? [0, 0];
    const words = [inode++, entry.mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
    const head = Buffer.from(`070701${words.map(word => word.toString(16).padStart(8, '0')).join('')}`);
    parts.push(head, name, padding(head.length + name.length), data, padding(data.length));
  }
  return Buffer.concat(parts);
}

const padding = (length: number): Buffer => Buffer.alloc(-length & 3);
