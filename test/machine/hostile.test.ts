/** Whatever a guest does to the devices, the machine stays whole. */
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { CfiFlash } from '../../src/device/cfi-flash.ts';
import { fwCfgItems } from '../../src/device/fw-cfg.ts';
import { BoardDevices } from '../../src/machine/board.ts';
import { virt } from '../../src/machine/virt.ts';
import { Bench } from '../device/harness.ts';

/** Numbers of 32 bits (xorshift), the same for the same seed. */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

test.each([1, 2, 3])('random accesses of every size to every device are all answered (seed %i)', seed => {
  const bench = new Bench();
  const ram = new Uint8Array(65536);
  const board = new BoardDevices(virt, bench.arena, {
    clock: bench.clock,
    log: silentLog,
    console: bench.console,
    items: fwCfgItems(new Map(), new Map([['opt/x', new Uint8Array(1000)]])),
    memory: { view: (pa, n) => (pa + n <= ram.length ? ram.subarray(pa, pa + n) : undefined), written: () => {} },
    power: { off: () => {}, reset: () => {} },
    spi: () => ({ set: () => {} }),
  });
  const next = numbers(seed);
  const data = new Uint8Array(8);
  let answered = 0;
  for (let i = 0; i < 30_000; i++) {
    const { base, type } = virt.devices[next() % virt.devices.length] ?? { base: 0, type: { size: 1 } };
    const size = [1, 2, 4, 8][next() % 4] ?? 1;
    // Half of them hit the first registers, where most of the state is.
    const offset = next() % (next() % 2 === 0 ? Math.min(type.size, 0x60) : type.size);
    data.fill(next() & 0xff, 0, 4).fill(next() & 0xff, 4);
    answered += Number(board.bus.access(base + offset, data, size, next() % 2 === 0));
    if (i % 64 === 0) {
      bench.console.send([next() & 0xff]);
      bench.clock.advance(next() % 1_000_000);
      board.tick();
    }
    if (i % 5000 === 4999) board.reset();
  }
  expect(answered).toBeGreaterThan(29_000);
});

test('random writes to flash never leave it, and it reads as an array again when told to', () => {
  const bench = new Bench();
  const SIZE = 32768;
  const at = bench.arena.alloc(SIZE);
  const after = bench.arena.alloc(16);
  const flash = new CfiFlash(bench.arena, at, SIZE, { readArray: () => {}, written: () => {} });
  const next = numbers(7);
  const commands = [0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98, 0xd0, 0xe8, 0xff, 3, 1023];
  for (let i = 0; i < 100_000; i++) {
    flash.write(next() % SIZE, [1, 2, 4][next() % 3] ?? 1, commands[next() % commands.length] ?? 0);
    flash.read(next() % SIZE, 4);
  }
  expect([...bench.arena.u8.subarray(after, after + 16)]).toEqual(Array.from({ length: 16 }, () => 0));
  flash.reset();
  expect(flash.read(0, 1)).toBe(bench.arena.u8[at]);
});
