import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseKernel, type Gunzip, type Kernel } from '../../src/boot/image.ts';
import { elf64, image } from './files.ts';

const MiB = 2 ** 20;
const gunzip: Gunzip = (data, limit) => gunzipSync(data, { maxOutputLength: limit });
const parse = (data: Uint8Array, ram = 64 * MiB): Kernel => parseKernel({ name: 'k', data }, ram, gunzip);
const ascii = (text: string): number[] => [...text].map(c => c.charCodeAt(0));
const at = (offset: number, bytes: number[], size = 1024): Uint8Array => {
  const data = Uint8Array.from({ length: size }, (_, i) => (i * 37) & 0xff);
  data.set(bytes, offset);
  return data;
};

test('C1.4 Image: header fields, memory size and the old default offset', () => {
  expect(parse(image({ textOffset: 0, imageSize: 5 * MiB }))).toMatchObject({ kind: 'linux', textOffset: 0, size: 5 * MiB });
  expect(parse(image({ textOffset: 0x80000, imageSize: 64 }))).toMatchObject({ textOffset: 0x80000, size: 4096 });
  expect(parse(image({ textOffset: 0x1234, imageSize: 0 }))).toMatchObject({ textOffset: 0x80000, size: 4096 });
});

test('C1.4 Image: packed with gzip, plain or in an EFI zboot program', () => {
  const plain = image({ textOffset: 0, imageSize: MiB });
  expect(parse(gzipSync(plain))).toMatchObject({ kind: 'linux', size: MiB });
  const payload = gzipSync(plain);
  const zboot = new Uint8Array(64 + payload.length);
  zboot.set([...ascii('MZ'), 0, 0, ...ascii('zimg'), 64, 0, 0, 0, payload.length & 255, payload.length >> 8]);
  zboot.set(ascii('gzip'), 24);
  zboot.set(payload, 64);
  expect(parse(zboot)).toMatchObject({ kind: 'linux', size: MiB });
  expect(() => parse(zboot.subarray(0, 80))).toThrow("k is cut off: its packed kernel ends behind the file's end");
  zboot.set(ascii('zstd'), 24);
  expect(() => parse(zboot)).toThrow('k holds a kernel packed with zstd; only gzip is supported');
});

test('C1.4 raw: any other program goes where a kernel without a header goes', () => {
  expect(parse(Uint8Array.of(0x14, 0, 0, 0))).toEqual({ kind: 'linux', data: Uint8Array.of(0x14, 0, 0, 0), textOffset: 0x80000, size: 4 });
});

test.each([
  ['JPEG', at(0, [0xff, 0xd8, 0xff, 0xe0]), 'k is not a kernel for this machine: it is a JPEG picture'],
  ['PNG', at(0, [0x89, ...ascii('PNG')]), 'it is a PNG picture'],
  ['text', Uint8Array.from(ascii('#!/bin/sh\necho hello\n')), 'it is a text file'],
  [
    'bzImage',
    (() => {
      const d = at(0x1fe, [0x55, 0xaa]);
      d.set(ascii('HdrS'), 0x202);
      return d;
    })(),
    'it is a kernel for x86 (bzImage)',
  ],
  ['zImage', at(0x24, [0x18, 0x28, 0x6f, 0x01]), 'it is a kernel for 32-bit ARM (zImage)'],
  ['xz', at(0, [0xfd, ...ascii('7zXZ'), 0]), 'it is packed with xz; unpack it first'],
  ['cpio', at(0, ascii('070701')), 'it is a cpio archive, which belongs to -initrd'],
  ['EFI', at(0, ascii('MZ')), 'it is a Windows or EFI program'],
  ['empty', new Uint8Array(), 'k is empty'],
  [
    'truncated gzip',
    gzipSync(image({ textOffset: 0, imageSize: MiB })).subarray(0, 40),
    'k is packed with gzip and is damaged or incomplete',
  ],
  ['gzip bomb', gzipSync(new Uint8Array(65 * MiB)), 'k is packed with gzip and unpacks to more than the machine has RAM'],
  ['too large', image({ textOffset: 0, imageSize: 100 * MiB }), 'k needs 100 MiB, but the machine has 64 MiB of RAM'],
  ['absurd header', image({ textOffset: 2 ** 52, imageSize: 2 ** 53 }), 'but the machine has 64 MiB of RAM'],
  ['x86-64 ELF', elf64([], { machine: 62 }), 'k is a program for x86-64, and this machine is AArch64'],
  ['PowerPC ELF', elf64([], { machine: 21 }), 'k is a program for 64-bit PowerPC, and this machine is AArch64'],
  ['object file', elf64([{ address: 0, bytes: [1] }], { type: 1 }), 'k is an object file or a core dump, not a program'],
  ['no segments', elf64([]), 'k is an ELF file with nothing to load'],
  ['cut ELF header', elf64([]).subarray(0, 30), 'k is cut off inside its ELF header'],
  [
    'cut ELF',
    elf64([{ address: 0x4000_0000, bytes: [1, 2, 3, 4] }]).subarray(0, 122),
    "k is cut off: a segment ends behind the file's end",
  ],
  ['cut program headers', elf64([{ address: 0x4000_0000, bytes: [1] }]).subarray(0, 100), 'k is cut off inside its program headers'],
])('bad input: %s', (_, data, message) => {
  expect(() => parse(data)).toThrow(message);
  try {
    parse(data);
  } catch (error) {
    expect(String(error)).toMatch(/^TesseraError: [^\n]+$/);
  }
});

test('C1.4 ELF: segments at their physical addresses, zeros behind the data, entry', () => {
  const kernel = parse(
    elf64(
      [
        { address: 0x4010_0000, bytes: [1, 2, 3], size: 100 },
        { address: 0x4020_0000, bytes: [4] },
      ],
      { entry: 0x4010_0000 },
    ),
  );
  expect(kernel).toEqual({
    kind: 'elf',
    entry: 0x4010_0000,
    segments: [
      { address: 0x4010_0000, data: Uint8Array.of(1, 2, 3), size: 100 },
      { address: 0x4020_0000, data: Uint8Array.of(4), size: 1 },
    ],
  });
});
