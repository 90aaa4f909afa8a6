import { expect, test } from 'vitest';
import { sifiveTest } from '../../src/device/sifive-test.ts';
import { Bench, r32, w32 } from './harness.ts';

function finish(write: (device: Parameters<typeof w32>[0]) => void): { done: string[]; lines: string[] } {
  const bench = new Bench();
  const done: string[] = [];
  const power = { off: (status: number) => void done.push(`off ${status}`), reset: () => void done.push('reset') };
  const device = sifiveTest.create(bench.arena, { power, log: bench.log });
  write(device);
  expect(r32(device, 0)).toBe(0);
  return { done, lines: bench.lines };
}

test.each([
  ['0x5555 is success', 0x5555, 'off 0'],
  ['0x3333 is failure with the status in the high half', 0x002a_3333, 'off 42'],
  ['the high half of a status keeps its 16 bits', 0xffff_3333, 'off 65535'],
  ['0x7777 is a reset', 0x7777, 'reset'],
])('sifive-test: %s', (_, value, expected) => {
  expect(finish(device => w32(device, 0, value)).done).toEqual([expected]);
});

test('sifive-test: half a word is enough, as a store of it is one', () => {
  expect(finish(device => device.write(0, 2, 0x5555)).done).toEqual(['off 0']);
});

test('sifive-test: anything else ends nothing and is a line in the log', () => {
  const { done, lines } = finish(device => {
    w32(device, 0, 0x1234);
    w32(device, 4, 0x5555);
  });
  expect(done).toEqual([]);
  expect(lines).toEqual([
    'guest_errors: sifive-test: 0x1234 ends nothing',
    'guest_errors: sifive-test: write to no register at 0x4, 4 bytes',
  ]);
});
