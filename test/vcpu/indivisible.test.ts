/** Accesses as one: any number of bytes within a block of 16, at any place in it. What crosses a page comes in such parts. */
import { expect, test } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { Indivisible } from '../../src/vcpu/indivisible.ts';

test('every size at every place of many blocks: the old value comes back, the rest stays', () => {
  const arena = new Arena(1 << 16);
  const memory = new Indivisible(arena);
  const base = arena.alloc(48, 16);
  const bytes = (): number[] => [...arena.u8.subarray(base, base + 48)];
  // Blocks of 16 bytes start at every remainder of 3, so that an odd size divides some of their addresses.
  for (let at = base; at < base + 48; at++) {
    for (let size = 1; (at & 15) + size <= 16; size++) {
      for (let i = 0; i < 48; i++) arena.u8[base + i] = 0x80 + i;
      const before = bytes();
      const old = memory.update(at, size, () => undefined);
      expect(bytes()).toEqual(before);
      const expected = before.slice(at - base, at - base + size).reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);
      expect([at, size, old]).toEqual([at, size, expected]);
      expect(memory.update(at, size, value => value ^ 1n)).toBe(expected);
      before[at - base]! ^= 1;
      expect(bytes()).toEqual(before);
    }
  }
});
