/** Files out of a .deb (deb(5)): an ar archive whose member data.tar.* holds the installed files. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { TesseraError } from '../../../base/errors.ts';
import { readAr, readTar } from './archive.ts';

export async function debFiles(deb: Uint8Array, wanted: (name: string) => boolean): Promise<Map<string, Uint8Array>> {
  const member = readAr(deb, 'data.tar');
  if (!member) throw new TesseraError('the .deb holds no data.tar');
  return readTar(await decompress(member.name, member.data), wanted);
}

async function decompress(name: string, data: Uint8Array): Promise<Uint8Array> {
  if (name.endsWith('.xz')) return unxz(data);
  if (name.endsWith('.zst')) return zstdDecompressSync(data);
  return name.endsWith('.gz') ? gunzipSync(data) : data;
}

async function unxz(data: Uint8Array): Promise<Uint8Array> {
  const module = await import('xz-decompress').catch(() => undefined);
  if (!module) throw new TesseraError('the optional package xz-decompress is not installed');
  // The package is CommonJS: depending on how its exports are detected they are on the default export only.
  const { XzReadableStream } = (module as unknown as { default?: typeof module }).default ?? module;
  const packed = Readable.toWeb(Readable.from([data])) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return buffer(new XzReadableStream(packed) as Parameters<typeof buffer>[0]);
}
