import { expect, test } from 'vitest';
import { pl031, type Pl031 } from '../../src/device/pl031.ts';
import { Bench, ids, r32, w32 } from './harness.ts';

const DR = 0,
  MR = 4,
  LR = 8,
  CR = 0xc,
  IMSC = 0x10,
  RIS = 0x14,
  MIS = 0x18,
  ICR = 0x1c;
const SECOND = 1_000_000_000n;
function make(): { bench: Bench; rtc: Pl031 } {
  const bench = new Bench();
  return { bench, rtc: pl031.create(bench.arena, bench) };
}

test('C1.6 PL031: tells the time of the clock and can be set', () => {
  const { bench, rtc } = make();
  expect(ids(rtc)).toEqual([0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
  expect(r32(rtc, DR)).toBe(1_600_000_000);
  bench.clock.advance(5n * SECOND);
  expect(r32(rtc, DR)).toBe(1_600_000_005);
  w32(rtc, LR, 100);
  bench.clock.advance(2n * SECOND);
  expect([r32(rtc, DR), r32(rtc, LR), r32(rtc, CR)]).toEqual([102, 100, 1]);
});

test('C1.6 PL031: interrupts when the counter reaches the match register, once', () => {
  const { bench, rtc } = make();
  w32(rtc, IMSC, 1);
  w32(rtc, MR, 1_600_000_003);
  bench.advance(rtc, 3n * SECOND - 1n);
  expect([bench.level, r32(rtc, RIS)]).toEqual([false, 0]);
  bench.advance(rtc, 50_000_000n);
  expect([bench.level, r32(rtc, RIS), r32(rtc, MIS)]).toEqual([true, 1, 1]);
  w32(rtc, ICR, 1);
  expect(bench.level).toBe(false);
  bench.advance(rtc, 10n * SECOND);
  expect([bench.level, rtc.tick()]).toEqual([false, undefined]);
});

test('C1.6 PL031: a masked match is raw only; a match in the past never comes', () => {
  const { bench, rtc } = make();
  w32(rtc, MR, 1_600_000_000);
  expect([bench.level, r32(rtc, RIS), r32(rtc, MIS)]).toEqual([false, 1, 0]);
  w32(rtc, IMSC, 1);
  expect(bench.level).toBe(true);
  w32(rtc, ICR, 1);
  w32(rtc, MR, 1_599_999_999);
  expect(rtc.tick()).toBe(undefined);
});

test('C1.6 PL031: time goes on through a reset, the interrupt does not', () => {
  const { bench, rtc } = make();
  w32(rtc, LR, 50);
  w32(rtc, IMSC, 1);
  w32(rtc, MR, 50);
  expect(bench.level).toBe(true);
  rtc.reset();
  expect([bench.level, r32(rtc, DR), r32(rtc, MR)]).toEqual([false, 50, 0]);
});
