import { expect, test } from 'vitest';
import { virtioMmioEmpty } from '../../src/device/virtio-mmio-empty.ts';
import { Bench, r32, w32 } from './harness.ts';

test('C1.6 virtio-mmio: an empty slot has an identity, device ID 0, and nothing else', () => {
  const bench = new Bench();
  const slot = virtioMmioEmpty.create(bench.arena, bench);
  w32(slot, 0x70, 0xf);
  expect([0, 4, 8, 0xc, 0x10, 0x70, 0x100].map(at => r32(slot, at))).toEqual([0x7472_6976, 1, 0, 0x554d_4551, 0, 0, 0]);
  expect(slot.read(0x1ff, 1)).toBe(0);
  expect(bench.lines).toEqual([]);
});
