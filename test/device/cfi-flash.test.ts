import { expect, test } from 'vitest';
import { CfiFlash } from '../../src/device/cfi-flash.ts';
import { Arena } from '../../src/base/arena.ts';
import { r32, w32 } from './harness.ts';

const SIZE = 1 << 20,
  SECTOR = 256 * 1024;
function make(): { flash: CfiFlash; contents: Uint8Array; modes: boolean[]; written: [number, number][] } {
  const arena = new Arena(2 * SIZE, false);
  const at = arena.alloc(SIZE);
  const contents = arena.u8.subarray(at, at + SIZE).fill(0xff);
  const modes: boolean[] = [],
    written: [number, number][] = [];
  const flash = new CfiFlash(arena, at, SIZE, {
    readArray: on => {
      modes.push(on);
    },
    written: (offset, n) => {
      written.push([offset, n]);
    },
  });
  return { flash, contents, modes, written };
}
const both = (byte: number): number => (byte << 16) | byte;
const command = (flash: CfiFlash, ...bytes: number[]): void =>
  bytes.forEach(byte => {
    w32(flash, 0x100, both(byte));
  });

test('C1.1 flash: memory while it reads as an array, a device from the first command to read-array', () => {
  const { flash, modes, contents } = make();
  contents.set([1, 2, 3, 4], 8);
  expect([r32(flash, 8), flash.read(9, 1), flash.read(10, 2)]).toEqual([0x0403_0201, 2, 0x0403]);
  command(flash, 0x70);
  expect([r32(flash, 8), modes]).toEqual([both(0x80), [false]]);
  command(flash, 0xff);
  expect([r32(flash, 8), modes]).toEqual([0x0403_0201, [false, true]]);
});

test('C1.1 flash: the CFI query gives signature, command set and geometry of each chip', () => {
  const { flash } = make();
  command(flash, 0x98);
  const cfi = (i: number): number => r32(flash, 4 * i) & 0xffff;
  expect(String.fromCharCode(cfi(0x10), cfi(0x11), cfi(0x12))).toBe('QRY');
  expect(r32(flash, 4 * 0x10)).toBe(both(0x51));
  expect([cfi(0x13), 2 ** cfi(0x27)]).toEqual([1, SIZE / 2]);
  const sectors = 1 + cfi(0x2d) + (cfi(0x2e) << 8),
    size = 256 * (cfi(0x2f) + (cfi(0x30) << 8));
  expect([sectors, 2 * size]).toEqual([SIZE / SECTOR, SECTOR]);
  expect(String.fromCharCode(cfi(0x31), cfi(0x32), cfi(0x33))).toBe('PRI');
});

test('C1.1 flash: programming clears bits, erasing sets those of one sector', () => {
  const { flash, contents, written } = make();
  command(flash, 0x40);
  w32(flash, SECTOR + 4, 0x1234_5678);
  expect(r32(flash, 0)).toBe(both(0x80));
  command(flash, 0x10);
  flash.write(SECTOR + 4, 1, 0x0f);
  expect([...contents.subarray(SECTOR + 4, SECTOR + 8)]).toEqual([0x08, 0x56, 0x34, 0x12]);
  contents[0] = 0;
  w32(flash, SECTOR + 100, both(0x20));
  w32(flash, SECTOR + 100, both(0xd0));
  expect([contents[SECTOR + 4], contents[0]]).toEqual([0xff, 0]);
  expect(written).toEqual([
    [SECTOR + 4, 4],
    [SECTOR + 4, 1],
    [SECTOR, SECTOR],
  ]);
});

test('C1.1 flash: the write buffer programs when it is confirmed, and only then', () => {
  const { flash, contents } = make();
  command(flash, 0xe8, 1);
  w32(flash, 0x40, 0x1111_1111);
  w32(flash, 0x44, 0x2222_2222);
  expect(contents[0x40]).toBe(0xff);
  command(flash, 0xd0);
  expect([contents[0x40], contents[0x44], contents[0x48]]).toEqual([0x11, 0x22, 0xff]);
  command(flash, 0xe8, 0);
  w32(flash, 0x40, 0);
  command(flash, 0xff);
  expect([contents[0x40], r32(flash, 0)]).toEqual([0x11, both(0xb0)]);
});

test('C1.1 flash: sequences that are wrong set the error bits until they are cleared, and harm nothing', () => {
  const { flash, contents } = make();
  command(flash, 0x20, 0x11);
  expect(r32(flash, 0)).toBe(both(0xb0));
  command(flash, 0x50, 0x70);
  expect(r32(flash, 0)).toBe(both(0x80));
  command(flash, 0xe8, 0xffff);
  expect(r32(flash, 0)).toBe(both(0xb0));
  command(flash, 0x60, 0xd0, 0x12, 0x90);
  expect(r32(flash, 0)).toBe(both(0x89));
  expect(contents.every(b => b === 0xff)).toBe(true);
  flash.reset();
  expect(r32(flash, 0)).toBe(0xffff_ffff);
});
