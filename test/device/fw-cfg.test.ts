import { expect, test } from 'vitest';
import { FW_CFG, fwCfg, fwCfgItems, littleEndian, type FwCfg } from '../../src/device/fw-cfg.ts';
import { Bench, r32, w32 } from './harness.ts';

const ram = 0x4000_0000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const swap = (v: number): number => new DataView(Uint8Array.of(v >>> 24, v >>> 16, v >>> 8, v).buffer).getUint32(0, true);

function make(): { bench: Bench; device: FwCfg; memory: Uint8Array; written: [number, number][] } {
  const bench = new Bench();
  const memory = new Uint8Array(4096).fill(0xee);
  const written: [number, number][] = [];
  const items = fwCfgItems(
    new Map([[FW_CFG.NB_CPUS, littleEndian(4, 2)]]),
    new Map([
      ['opt/b', bytes('second')],
      ['opt/a', bytes('first')],
    ]),
  );
  const device = fwCfg.create(bench.arena, {
    log: bench.log,
    items,
    memory: {
      view: (pa, n) => (pa >= ram && pa + n <= ram + memory.length ? memory.subarray(pa - ram, pa - ram + n) : undefined),
      written: (pa, n) => {
        written.push([pa, n]);
      },
    },
  });
  return { bench, device, memory, written };
}
const select = (device: FwCfg, key: number): void => device.write(8, 2, ((key & 0xff) << 8) | (key >> 8));
const stream = (device: FwCfg, n: number): Uint8Array => Uint8Array.from({ length: n }, () => device.read(0, 1));
/** Runs one DMA request; the descriptor's control word afterwards. */
function dma(device: FwCfg, memory: Uint8Array, control: number, length: number, address: number): number {
  const view = new DataView(memory.buffer);
  view.setUint32(0, control);
  view.setUint32(4, length);
  view.setBigUint64(8, BigInt(address));
  w32(device, 0x10, 0);
  w32(device, 0x14, swap(ram));
  return view.getUint32(0);
}

test('C1.6 fw_cfg: signature, id and items, by bytes and by words in the order of memory', () => {
  const { device } = make();
  expect(stream(device, 4)).toEqual(bytes('QEMU'));
  select(device, 0);
  expect(r32(device, 0)).toBe(0x554d_4551);
  select(device, 1);
  expect(r32(device, 0)).toBe(3);
  select(device, 5);
  expect([device.read(0, 2), device.read(0, 2)]).toEqual([4, 0]);
  select(device, 0x777);
  expect(r32(device, 0)).toBe(0);
  expect([r32(device, 0x10), r32(device, 0x14)].map(swap)).toEqual([0x5145_4d55, 0x2043_4647]);
});

test('C1.6 fw_cfg: the directory lists files from key 0x20 in the order of their names', () => {
  const { device } = make();
  select(device, 0x19);
  const directory = stream(device, 4 + 128);
  const view = new DataView(directory.buffer);
  const name = (at: number): string => new TextDecoder().decode(directory.subarray(at, directory.indexOf(0, at)));
  expect(view.getUint32(0)).toBe(2);
  expect([view.getUint32(4), view.getUint16(8), name(12)]).toEqual([5, 0x20, 'opt/a']);
  expect([view.getUint32(68), view.getUint16(72), name(76)]).toEqual([6, 0x21, 'opt/b']);
  select(device, 0x21);
  expect(stream(device, 6)).toEqual(bytes('second'));
});

test('C1.6 fw_cfg: DMA selects, skips and reads, and fills up with zeros', () => {
  const { device, memory, written } = make();
  expect(dma(device, memory, (0x20 << 16) | 8 | 2, 7, ram + 0x100)).toBe(0);
  expect([...memory.subarray(0x100, 0x108)]).toEqual([...bytes('first'), 0, 0, 0xee]);
  expect(written).toEqual([
    [ram + 0x100, 7],
    [ram, 4],
  ]);
  expect(dma(device, memory, (0x21 << 16) | 8 | 4, 3, 0)).toBe(0);
  expect(dma(device, memory, 2, 3, ram + 0x200)).toBe(0);
  expect([...memory.subarray(0x200, 0x203)]).toEqual([...bytes('ond')]);
});

test('C1.6 fw_cfg: a hostile DMA request is an error and harms nothing', () => {
  const { bench, device, memory } = make();
  expect(dma(device, memory, (0x20 << 16) | 8 | 2, 0xffff_ffff, ram)).toBe(1);
  expect(dma(device, memory, 2, 16, 0)).toBe(1);
  expect(dma(device, memory, 0x10, 4, ram + 0x100)).toBe(1);
  expect(dma(device, memory, 4, 0xffff_ffff, 0)).toBe(0);
  expect(r32(device, 0)).toBe(0);
  w32(device, 0x10, 0xffff_ffff);
  w32(device, 0x14, 0xffff_ffff);
  expect(bench.lines.at(-1)).toMatch(/DMA descriptor at 0x\w+ is outside RAM/);
});

test('C1.6 fw_cfg: a file name that is too long is refused', () => {
  expect(() => fwCfgItems(new Map(), new Map([['n'.repeat(56), bytes('')]]))).toThrow(/longer than 55 bytes/);
});
