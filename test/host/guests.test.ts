/** Guests: archives, the cache, and the order of sources. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { TesseraError } from '../../src/base/errors.ts';
import { readAr, readTar, writeCpio } from '../../src/host/node/guests/archive.ts';
import { parseSources } from '../../src/host/node/guests/debian.ts';
import { debFiles } from '../../src/host/node/guests/deb.ts';
import { elfSymbol } from '../../src/host/node/guests/elfsymbol.ts';
import { busyboxInitrd } from '../../src/host/node/guests/initrd.ts';
import { manifest, type GuestEntry, type Source } from '../../src/host/node/guests/manifest.ts';
import { obtainGuest } from '../../src/host/node/guests/obtain.ts';
import { noProgress } from '../../src/host/node/guests/progress.ts';
import { cacheFolder, GuestStore } from '../../src/host/node/guests/store.ts';
import { temporaryFolder } from '../temporary.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);

function tarEntry(name: string, data: Uint8Array, type = '0', prefix = ''): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
  head.write(type, 156);
  head.write('ustar', 257);
  head.write(prefix, 345);
  return Buffer.concat([head, data, Buffer.alloc(-data.length & 511)]);
}

const member = (name: string, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${name.padEnd(48)}${String(data.length).padEnd(10)}\`\n`), data, Buffer.alloc(data.length & 1, '\n')]);

const ar = (...members: Buffer[]): Buffer => Buffer.concat([Buffer.from('!<arch>\n'), ...members]);
const all = (): boolean => true;

describe('tar', () => {
  it('files by name: prefixes, GNU long names, folders left out', () => {
    const long = `${'d/'.repeat(80)}file`;
    const tar = Buffer.concat([
      tarEntry('./a', bytes('1')), tarEntry('dir', new Uint8Array(), '5'), tarEntry('b', bytes('x'.repeat(600)), '0', 'some/where'),
      tarEntry('././@LongLink', bytes(`${long}\0`), 'L'), tarEntry('cut', bytes('3')), Buffer.alloc(1024),
    ]);
    const files = readTar(tar, all);
    expect([...files.keys()]).toEqual(['a', 'some/where/b', long]);
    expect(text(files.get(long))).toBe('3');
    expect(files.get('some/where/b')?.length).toBe(600);
  });

  it('one that is cut short is an error, at whatever place', () => {
    const tar = Buffer.concat([tarEntry('a', bytes('x'.repeat(600)))]);
    expect(() => readTar(tar.subarray(0, 900), all)).toThrow(TesseraError);
    for (let length = 0; length < tar.length; length += 37) {
      try { readTar(tar.subarray(0, length), all); } catch (error) { expect(error).toBeInstanceOf(TesseraError); }
    }
  });
});

describe('ar and .deb', () => {
  it('the member, behind one of odd length', () => {
    const found = readAr(ar(member('debian-binary', bytes('2.0')), member('data.tar.xz', bytes('xyz'))), 'data.tar');
    expect([found?.name, text(found?.data)]).toEqual(['data.tar.xz', 'xyz']);
  });
  it('what is none, and what is cut short, are errors', () => {
    expect(() => readAr(bytes('<html>'), 'data.tar')).toThrow(/not a .deb/);
    expect(() => readAr(ar(member('data.tar', bytes('xyz'))).subarray(0, 70), 'data.tar')).toThrow(/cut short/);
  });
  it('an uncompressed one is unpacked', async () => {
    const files = await debFiles(ar(member('data.tar', Buffer.concat([tarEntry('./bin/x', bytes('hello')), Buffer.alloc(1024)]))), all);
    expect(text(files.get('bin/x'))).toBe('hello');
  });
});

describe('initramfs', () => {
  it('every header is where Linux looks for it, and the bytes depend on nothing but the entries', () => {
    const archive = writeCpio([{ name: 'dev', mode: 0o40755 }, { name: 'dev/console', mode: 0o20600, device: [5, 1] }, { name: 'x', mode: 0o100755, data: bytes('12345') }]);
    expect(Buffer.from(archive).equals(Buffer.from(writeCpio([{ name: 'dev', mode: 0o40755 }, { name: 'dev/console', mode: 0o20600, device: [5, 1] }, { name: 'x', mode: 0o100755, data: bytes('12345') }])))).toBe(true);
    const names: string[] = [];
    const raw = Buffer.from(archive).toString('latin1');
    for (let at = 0; at < raw.length;) {
      expect(raw.slice(at, at + 6)).toBe('070701');
      const field = (n: number): number => parseInt(raw.slice(at + 6 + 8 * n, at + 14 + 8 * n), 16);
      names.push(raw.slice(at + 110, at + 110 + field(11) - 1));
      at = (at + 110 + field(11) + 3 & ~3) + field(6) + 3 & ~3;
    }
    expect(names).toEqual(['dev', 'dev/console', 'x', 'TRAILER!!!']);
  });
  it('the busybox one has an init and a shell', () => {
    const raw = gunzipSync(busyboxInitrd(bytes('BINARY'))).toString('latin1');
    for (const part of ['bin/busybox\0', 'BINARY', 'init\0', '#!/bin/busybox sh', 'bin/sh\0']) expect(raw).toContain(part);
  });
});

describe('elf', () => {
  it('what is no ELF file is an error', () => {
    expect(() => elfSymbol(bytes('hello'), 'X')).toThrow(TesseraError);
    expect(() => elfSymbol(new Uint8Array(100), 'X')).toThrow(TesseraError);
  });
});

describe('Debian sources', () => {
  it('both spellings', () => {
    expect(parseSources('# deb http://no main\ndeb [arch=amd64] http://a/debian/ stable main contrib\ndeb http://b x non-free\n')).toEqual([{ uri: 'http://a/debian', suite: 'stable' }]);
    expect(parseSources('Types: deb\n# c\nURIs: http://a/debian\nSuites: s s-updates\nComponents: main\n\nTypes: deb\nEnabled: no\nURIs: http://c\nSuites: s\nComponents: main\n\nTypes: deb-src\nURIs: http://d\nSuites: s\nComponents: main\n'))
      .toEqual([{ uri: 'http://a/debian', suite: 's' }, { uri: 'http://a/debian', suite: 's-updates' }]);
  });
});

describe('cache', () => {
  const folder = (): string => temporaryFolder('store');
  const files = { kernel: bytes('kernel'), initrd: bytes('initrd') };

  it('what was put is found, and replaced', async () => {
    const store = new GuestStore(folder());
    expect(await store.find('g')).toBeUndefined();
    await store.put('g', files, 'console', ['here']);
    expect(await store.find('g')).toMatchObject({ append: 'console', origin: ['here'] });
    await store.put('g', { ...files, kernel: bytes('newer') }, 'console', ['there']);
    const found = await store.find('g');
    expect([readFileSync(found!.kernel, 'utf8'), found!.origin]).toEqual(['newer', ['there']]);
  });

  it('nothing unfinished stays behind', async () => {
    const place = folder();
    const store = new GuestStore(place);
    await store.put('g', files, '', []);
    await store.put('g', files, '', []);
    expect(readdirSync(place)).toEqual(['g']);
  });

  it.each(['kernel', 'initrd', 'guest.json'])('a damaged %s counts as absent', async name => {
    const store = new GuestStore(folder());
    await store.put('g', files, '', []);
    writeFileSync(join(store.path('g'), name), '{"format":1}');
    expect(await store.find('g')).toBeUndefined();
  });

  it('stands where the platform wants it', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, 'linux')).toBe(join('/c', 'tessera', 'guests'));
    expect(cacheFolder({}, 'linux')).toMatch(/\.cache.tessera.guests$/);
    expect(cacheFolder({}, 'darwin')).toMatch(/Library.Caches.tessera.guests$/);
    expect(cacheFolder({ LOCALAPPDATA: 'L' }, 'win32')).toBe(join('L', 'tessera', 'guests'));
  });
});

describe('sources', () => {
  const options = (): { store: GuestStore; progress: typeof noProgress } => ({ store: new GuestStore(temporaryFolder('obtain')), progress: noProgress });
  const tried: string[] = [];
  const gives = (name: string, files: Record<string, string>): Source => ({
    name,
    fetch: async () => {
      tried.push(name);
      return Object.fromEntries(Object.entries(files).map(([part, data]) => [part, bytes(data)]));
    },
  });
  const fails = (name: string): Source => ({ name, fetch: async () => { tried.push(name); throw new TesseraError(`${name} is down`); } });
  const entry = (...parts: Source[][]): Record<string, GuestEntry> => ({ g: { doc: '', append: 'a', parts } });

  it('are asked in order, until one answers; the rest is left alone', async () => {
    tried.length = 0;
    const guest = await obtainGuest(entry([fails('one'), gives('two', { kernel: 'k' }), gives('three', { kernel: 'x' })], [gives('four', { initrd: 'i' })]), 'g', options());
    expect(tried).toEqual(['one', 'two', 'four']);
    expect(guest.origin).toEqual(['two', 'four']);
    expect([readFileSync(guest.kernel, 'utf8'), readFileSync(guest.initrd, 'utf8')]).toEqual(['k', 'i']);
  });

  it('are not asked for what is in the cache, unless it is damaged or wanted again', async () => {
    tried.length = 0;
    const where = options();
    const known = entry([gives('net', { kernel: 'k', initrd: 'i' })]);
    const guest = await obtainGuest(known, 'g', where);
    await obtainGuest(known, 'g', where);
    expect(tried).toEqual(['net']);
    writeFileSync(guest.kernel, 'broken');
    expect(readFileSync((await obtainGuest(known, 'g', where)).kernel, 'utf8')).toBe('k');
    await obtainGuest(known, 'g', { ...where, again: true });
    expect(tried).toEqual(['net', 'net', 'net']);
  });

  it('when none answers: one line with every reason and the way on', async () => {
    const attempt = obtainGuest(entry([fails('one'), fails('two')]), 'g', options());
    await expect(attempt).rejects.toThrow(/^no guest can be fetched \(one: one is down; two: two is down\).*-kernel FILE -initrd FILE$/);
    await expect(obtainGuest(manifest, 'toString', options())).rejects.toThrow(/there is no guest 'toString'/);
  });

  it('the last one for a user land is in the tree', async () => {
    const own = manifest['linux']!.parts[1]!.at(-1)!;
    const { initrd } = await own.fetch(noProgress);
    expect(gunzipSync(initrd!).toString('latin1')).toContain('\x7fELF');
  });
});
