import { expect, test } from 'vitest';
import { pl061, pulse, setPin, type Pl061 } from '../../src/device/pl061.ts';
import { Bench, ids, r32, w32 } from './harness.ts';

const DIR = 0x400,
  IS = 0x404,
  IBE = 0x408,
  IEV = 0x40c,
  IE = 0x410,
  RIS = 0x414,
  MIS = 0x418,
  IC = 0x41c;
const data = (mask: number): number => mask << 2;
function make(): { bench: Bench; gpio: Pl061 } {
  const bench = new Bench();
  return { bench, gpio: pl061.create(bench.arena, bench) };
}

test('C1.6 PL061: the address says which pins an access is about', () => {
  const { gpio } = make();
  expect(ids(gpio)).toEqual([0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
  w32(gpio, DIR, 0xf0);
  w32(gpio, data(0xff), 0xff);
  expect(r32(gpio, data(0xff))).toBe(0xf0);
  w32(gpio, data(0x30), 0x10);
  expect(r32(gpio, data(0xff))).toBe(0xd0);
  expect(r32(gpio, data(0x40))).toBe(0x40);
  setPin(gpio, 2, true);
  expect(r32(gpio, data(0xff))).toBe(0xd4);
});

test.each([
  ['rising edge', 0, 0x08, [true, false]],
  ['falling edge', 0, 0x00, [false, true]],
  ['both edges', 0x08, 0x00, [true, true]],
] as const)('C1.6 PL061: %s', (_, both, rising, expected) => {
  const { bench, gpio } = make();
  w32(gpio, IBE, both);
  w32(gpio, IEV, rising);
  w32(gpio, IE, 0x08);
  const seen = [true, false].map(level => {
    w32(gpio, IC, 0xff);
    setPin(gpio, 3, level);
    return bench.level;
  });
  expect(seen).toEqual(expected);
});

test('C1.6 PL061: a level interrupt follows its pin and is not cleared by GPIOIC', () => {
  const { bench, gpio } = make();
  w32(gpio, IS, 1);
  w32(gpio, IEV, 1);
  w32(gpio, IE, 1);
  setPin(gpio, 0, true);
  w32(gpio, IC, 1);
  expect([bench.level, r32(gpio, RIS), r32(gpio, MIS)]).toEqual([true, 1, 1]);
  setPin(gpio, 0, false);
  expect([bench.level, r32(gpio, RIS)]).toEqual([false, 0]);
});

test('C1.6 PL061: the power key is a pulse on pin 3, high for its time', () => {
  const { bench, gpio } = make();
  w32(gpio, IBE, 8);
  w32(gpio, IE, 8);
  pulse(gpio, 3, 100_000_000n);
  expect([bench.level, r32(gpio, data(8))]).toEqual([true, 8]);
  w32(gpio, IC, 8);
  bench.advance(gpio, 99_999_999n);
  expect([bench.level, r32(gpio, data(8))]).toEqual([false, 8]);
  bench.advance(gpio, 1n);
  expect([bench.level, r32(gpio, data(8)), gpio.tick()]).toEqual([true, 0, undefined]);
});
