import { expect, test } from 'vitest';
import { BREAK } from '../../src/device/console.ts';
import { pl011, type Pl011 } from '../../src/device/pl011.ts';
import { Bench, ids, r32, w32 } from './harness.ts';

const DR = 0x00,
  RSR = 0x04,
  FR = 0x18,
  IBRD = 0x24,
  FBRD = 0x28,
  LCRH = 0x2c,
  CR = 0x30,
  IFLS = 0x34,
  IMSC = 0x38,
  RIS = 0x3c,
  MIS = 0x40,
  ICR = 0x44;
const RX = 0x10,
  TX = 0x20,
  RT = 0x40,
  BE = 0x200,
  OE = 0x400;
const RXFE = 0x10,
  RXFF = 0x40;

function make(): { bench: Bench; uart: Pl011 } {
  const bench = new Bench();
  return { bench, uart: pl011.create(bench.arena, bench) };
}
/** As Linux's driver leaves it: FIFOs on, 115200 baud, receive interrupts on. */
function started(): { bench: Bench; uart: Pl011 } {
  const made = make();
  const { uart } = made;
  w32(uart, IBRD, 13);
  w32(uart, FBRD, 1);
  w32(uart, LCRH, 0x70);
  w32(uart, CR, 0x301);
  w32(uart, IMSC, RX | RT);
  return made;
}
const drain = (uart: Pl011): string => {
  let text = '';
  while (!(r32(uart, FR) & RXFE)) text += String.fromCharCode(r32(uart, DR));
  return text;
};

test('C1.6 PL011: reset values and identification', () => {
  const { uart } = make();
  expect(ids(uart)).toEqual([0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
  expect([CR, IFLS, IMSC, RIS, LCRH, IBRD, FR].map(o => r32(uart, o))).toEqual([0x300, 0x12, 0, 0, 0, 0, 0x90]);
});

test('C1.6 PL011: what is sent comes out, with a transmit interrupt for each character', () => {
  const { bench, uart } = started();
  w32(uart, IMSC, TX);
  expect(bench.level).toBe(false);
  uart.write(DR, 1, 0x48);
  w32(uart, DR, 0x100 | 0x69);
  expect(bench.text).toBe('Hi');
  expect([bench.level, r32(uart, MIS)]).toEqual([true, TX]);
  w32(uart, ICR, TX);
  expect([bench.level, r32(uart, RIS)]).toEqual([false, 0]);
});

test('C1.6 PL011: a disabled UART sends all the same and says so', () => {
  const { bench, uart } = make();
  w32(uart, DR, 0x21);
  expect(bench.text).toBe('!');
  expect(bench.lines).toHaveLength(1);
});

test.each([
  [0, 2],
  [1, 4],
  [2, 8],
  [3, 12],
  [4, 14],
])('C1.6 PL011: IFLS %i raises the receive interrupt at %i characters', (select, level) => {
  const { bench, uart } = started();
  w32(uart, IFLS, select << 3);
  w32(uart, IMSC, RX);
  bench.type('x'.repeat(level - 1));
  expect([bench.level, r32(uart, RIS) & RX]).toEqual([false, 0]);
  bench.type('y');
  expect([bench.level, r32(uart, RIS) & RX]).toEqual([true, RX]);
  r32(uart, DR);
  expect([bench.level, r32(uart, RIS) & RX]).toEqual([false, 0]);
});

test('C1.6 PL011: fewer characters than the trigger time out after 32 bit periods', () => {
  const { bench, uart } = started();
  bench.type('a');
  const bits32 = BigInt(Math.ceil((32 * 16 * (13 + 1 / 64) * 1e9) / 24e6));
  bench.advance(uart, bits32 - 1n);
  expect(bench.level).toBe(false);
  bench.advance(uart, 1n);
  expect([bench.level, r32(uart, MIS)]).toEqual([true, RT]);
  expect(r32(uart, DR)).toBe(0x61);
  expect([bench.level, r32(uart, RIS)]).toEqual([false, 0]);
  expect(uart.tick()).toBe(undefined);
});

test('C1.6 PL011: clearing the timeout without reading starts it again', () => {
  const { bench, uart } = started();
  bench.type('a');
  bench.advance(uart, 1_000_000n);
  w32(uart, ICR, RT);
  expect(bench.level).toBe(false);
  bench.advance(uart, 1_000_000n);
  expect(bench.level).toBe(true);
});

test('C1.6 PL011: the FIFO holds 16, the rest waits outside and nothing is lost', () => {
  const { bench, uart } = started();
  const text = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(0x21 + (i % 90))).join('');
  bench.type(text);
  expect(bench.console.waiting).toBe(1000 - 16);
  expect(r32(uart, FR) & (RXFE | RXFF)).toBe(RXFF);
  expect(drain(uart)).toBe(text);
  expect(r32(uart, FR) & (RXFE | RXFF)).toBe(RXFE);
});

test('C1.6 PL011: without FIFOs there is room for one, and it interrupts at once', () => {
  const { bench, uart } = started();
  w32(uart, LCRH, 0x60);
  bench.type('ab');
  expect(r32(uart, FR) & (RXFE | RXFF)).toBe(RXFF);
  expect([bench.level, r32(uart, RIS) & RX]).toEqual([true, RX]);
  expect(drain(uart)).toBe('ab');
});

test('C1.6 PL011: input typed during boot survives a driver that prints, then empties the FIFO as it starts', () => {
  const { bench, uart } = make();
  bench.type('typed early\n');
  w32(uart, CR, 0x301);
  for (let i = 0; i < 100; i++) {
    // a console that polls for room before and after each character
    r32(uart, FR);
    w32(uart, DR, 0x2e);
    r32(uart, FR);
  }
  w32(uart, LCRH, 0x70);
  w32(uart, CR, 0xb01);
  w32(uart, ICR, RX | RT);
  for (let i = 0; i < 32 && !(r32(uart, FR) & RXFE); i++) r32(uart, DR);
  w32(uart, IMSC, RX | RT);
  expect(bench.level).toBe(true);
  expect(drain(uart)).toBe('typed early\n');
});

test('C1.6 PL011: a program that polls gets its input without any set-up', () => {
  const { bench, uart } = make();
  bench.type('ok');
  let text = '';
  for (let i = 0; i < 100; i++) if (!(r32(uart, FR) & RXFE)) text += String.fromCharCode(uart.read(DR, 1));
  expect(text).toBe('ok');
});

test('C1.6 PL011: a break is a null character with its error bit, in UARTRSR until it is cleared', () => {
  const { bench, uart } = started();
  bench.console.send([BREAK, 0x68]);
  expect(r32(uart, RIS) & BE).toBe(BE);
  expect(r32(uart, DR)).toBe(0x400);
  expect(r32(uart, RSR)).toBe(4);
  w32(uart, RSR, 0);
  expect(r32(uart, RSR)).toBe(0);
  expect(r32(uart, DR)).toBe(0x68);
});

test('C1.6 PL011: loop-back receives what is sent, overruns, and shows the modem outputs', () => {
  const { bench, uart } = started();
  w32(uart, CR, 0x381 | 0x0c00);
  expect(r32(uart, FR) & 0x107).toBe(3);
  expect(r32(uart, RIS) & 0xf).toBe(0xa);
  for (let i = 0; i < 17; i++) w32(uart, DR, i);
  expect(bench.sent).toEqual([]);
  expect(r32(uart, RIS) & OE).toBe(OE);
  for (let i = 0; i < 15; i++) expect(r32(uart, DR)).toBe(i);
  expect(r32(uart, DR)).toBe(0x800 | 15);
  expect(r32(uart, RSR)).toBe(8);
});

test('C1.6 PL011: reset drops its interrupt and its FIFO', () => {
  const { bench, uart } = started();
  bench.type('abcdefgh');
  expect(bench.level).toBe(true);
  uart.reset();
  expect([bench.level, r32(uart, FR) & RXFE, r32(uart, CR)]).toEqual([false, RXFE, 0x300]);
});
