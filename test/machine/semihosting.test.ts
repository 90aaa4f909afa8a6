import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { QueueConsole } from '../../src/device/console.ts';
import { Semihosting } from '../../src/machine/semihosting.ts';

const KiB = 1024;
function make(): {
  call(operation: number, parameter: number): unknown;
  memory: Uint8Array;
  sent: number[];
  console: QueueConsole;
  clock: MockClock;
  put(at: number, ...words: number[]): void;
} {
  const memory = new Uint8Array(16 * KiB);
  const sent: number[] = [];
  const console = new QueueConsole(byte => sent.push(byte));
  const clock = new MockClock();
  const semihosting = new Semihosting({
    console,
    clock,
    commandLine: 'prog arg',
    ram: { base: 0, size: 16 * KiB },
    // Two pages, mapped in the other order.
    translate: va => (va >= 0x10000n && va < 0x12000n ? Number((va - 0x10000n) ^ 0x1000n) : undefined),
    memory: { view: (pa, n) => (pa + n <= memory.length ? memory.subarray(pa, pa + n) : undefined), written: () => {} },
  });
  const at = (va: number): number => (va - 0x10000) ^ 0x1000;
  return {
    memory,
    sent,
    console,
    clock,
    call: (operation, parameter) => semihosting.call(operation, BigInt(parameter)),
    put: (va, ...words) =>
      words.forEach((word, i) => {
        new DataView(memory.buffer).setBigUint64(at(va + 8 * i), BigInt(word), true);
      }),
  };
}
const value = (v: bigint | number): object => ({ kind: 'result', value: BigInt.asUintN(64, BigInt(v)) });

test('characters and blocks go to the console, across pages that lie apart', () => {
  const { call, memory, sent, put } = make();
  memory.set(new TextEncoder().encode('ab'), 0x1ffe);
  memory.set(new TextEncoder().encode('cd\0'), 0x0000);
  expect(call(0x04, 0x10ffe)).toEqual(value(0));
  put(0x11100, 1, 0x10ffe, 4);
  expect(call(0x05, 0x11100)).toEqual(value(0));
  call(0x03, 0x10ffe);
  expect(String.fromCharCode(...sent)).toBe('abcdabcda');
});

test('addresses that are not mapped are refused, with EFAULT in SYS_ERRNO', () => {
  const { call, put } = make();
  for (const operation of [0x03, 0x04, 0x05, 0x06, 0x15, 0x16, 0x18])
    expect(call(operation, 0x12000), `operation ${operation}`).toEqual(value(-1));
  expect(call(0x13, 0)).toEqual(value(14));
  put(0x10000, 1, 0x10ff0, 2 ** 40);
  expect(call(0x05, 0x10000)).toEqual(value(-1));
  expect(call(0x77, 0)).toEqual(value(-1));
  expect(call(0x13, 0)).toEqual(value(38));
});

test('input is read as far as there is any, and none is lost to a bad address', () => {
  const { call, memory, console, put } = make();
  console.send([1, 2, 3]);
  put(0x10000, 1, 0x99999, 2);
  expect(call(0x06, 0x10000)).toEqual(value(-1));
  put(0x10000, 1, 0x10100, 2);
  expect(call(0x06, 0x10000)).toEqual(value(0));
  put(0x10000, 1, 0x10200, 10);
  expect(call(0x06, 0x10000)).toEqual(value(9));
  expect([memory[0x1100], memory[0x1101], memory[0x1200]]).toEqual([1, 2, 3]);
  expect(call(0x07, 0)).toEqual(value(-1));
});

test('time, command line, heap', () => {
  const { call, clock, memory, put } = make();
  clock.advance(1_230_000_000);
  expect(call(0x10, 0)).toEqual(value(123));
  expect(call(0x11, 0)).toEqual(value(1_600_000_001));
  expect(call(0x31, 0)).toEqual(value(1_000_000_000));
  expect(call(0x30, 0x10800)).toEqual(value(0));
  expect(new DataView(memory.buffer).getBigUint64(0x1800, true)).toBe(1_230_000_000n);
  put(0x10000, 0x10100, 80);
  expect(call(0x15, 0x10000)).toEqual(value(0));
  expect(new TextDecoder().decode(memory.subarray(0x1100, 0x1109))).toBe('prog arg\0');
  expect(memory[0x1008]).toBe(8);
  put(0x10000, 0x10300);
  expect(call(0x16, 0x10000)).toEqual(value(0));
  expect([0, 8, 16, 24].map(i => Number(new DataView(memory.buffer).getBigUint64(0x1300 + i, true)))).toEqual([8192, 16384, 16384, 8192]);
});

test("the exit status is the program's, or 1 when it did not end by itself", () => {
  const { call, put } = make();
  put(0x10000, 0x20026, 7);
  expect(call(0x18, 0x10000)).toEqual({ kind: 'exit', status: 7 });
  put(0x10000, 0x20023, 0);
  expect(call(0x20, 0x10000)).toEqual({ kind: 'exit', status: 1 });
});
