import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { QueueConsole } from '../../src/device/console.ts';
import type { SemihostingFiles } from '../../src/machine/index.ts';
import { Semihosting } from '../../src/machine/semihosting/calls.ts';

const KiB = 1024;
function make(files?: SemihostingFiles): {
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
    files,
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

/** Puts a text into memory and gives its place and length. */
const text = ({ memory }: ReturnType<typeof make>, at: number, words: string): [number, number] => {
  memory.set(new TextEncoder().encode(`${words}\0`), (at - 0x10000) ^ 0x1000);
  return [at, words.length];
};

test('the console is opened as standard input, output or error; other names only with files', () => {
  const rig = make();
  const open = (name: string, mode: number): unknown => {
    const [at, length] = text(rig, 0x10800, name);
    rig.put(0x10000, at, mode, length);
    return rig.call(0x01, 0x10000);
  };
  expect([0, 3, 4, 8, 11].map(mode => open(':tt', mode))).toEqual([1, 1, 2, 3, 3].map(value));
  expect(open(':tt', 12)).toEqual(value(-1));
  expect(rig.call(0x13, 0)).toEqual(value(22));
  expect(open('file', 0)).toEqual(value(-1));
  expect(rig.call(0x13, 0)).toEqual(value(2));
  rig.put(0x10000, 2);
  expect(rig.call(0x09, 0x10000)).toEqual(value(1));
  expect(rig.call(0x0c, 0x10000)).toEqual(value(0));
  expect(rig.call(0x0a, 0x10000)).toEqual(value(-1));
  expect(rig.call(0x02, 0x10000)).toEqual(value(0));
});

test('which extensions there are is a file', () => {
  const rig = make();
  const [at, length] = text(rig, 0x10800, ':semihosting-features');
  rig.put(0x10000, at, 4, length);
  expect(rig.call(0x01, 0x10000)).toEqual(value(-1));
  rig.put(0x10000, at, 0, length);
  expect(rig.call(0x01, 0x10000)).toEqual(value(4));
  rig.put(0x10000, 4, 0x10900, 100);
  expect(rig.call(0x0c, 0x10000)).toEqual(value(5));
  expect(rig.call(0x09, 0x10000)).toEqual(value(0));
  expect(rig.call(0x06, 0x10000)).toEqual(value(95));
  expect([...rig.memory.subarray(0x1900, 0x1905)]).toEqual([0x53, 0x48, 0x46, 0x42, 3]);
  expect(rig.call(0x05, 0x10000)).toEqual(value(-1));
  expect(rig.call(0x13, 0)).toEqual(value(9));
  rig.put(0x10000, 4, 2);
  expect(rig.call(0x0a, 0x10000)).toEqual(value(0));
  rig.put(0x10000, 4, 0x10900, 2);
  expect(rig.call(0x06, 0x10000)).toEqual(value(0));
  expect([...rig.memory.subarray(0x1900, 0x1902)]).toEqual([0x46, 0x42]);
  expect(rig.call(0x02, 0x10000)).toEqual(value(0));
  expect(rig.call(0x02, 0x10000)).toEqual(value(-1));
});

test('handles that are none, and too many of them', () => {
  const rig = make();
  for (const handle of [0, 4, 2 ** 31, 2 ** 40]) {
    rig.put(0x10000, handle, 0x10900, 1);
    for (const operation of [0x02, 0x05, 0x06, 0x09, 0x0a, 0x0c]) expect(rig.call(operation, 0x10000)).toEqual(value(-1));
  }
  const [at, length] = text(rig, 0x10800, ':semihosting-features');
  rig.put(0x10000, at, 0, length);
  for (let n = 0; n < 64; n++) expect(rig.call(0x01, 0x10000)).toEqual(value(4 + n));
  expect(rig.call(0x01, 0x10000)).toEqual(value(-1));
  expect(rig.call(0x13, 0)).toEqual(value(24));
});

test('SYS_SYSTEM is refused, as are names without files', () => {
  const rig = make();
  const [at, length] = text(rig, 0x10800, 'ls');
  rig.put(0x10000, at, length, at, length);
  expect(rig.call(0x12, 0x10000)).toEqual(value(-1));
  expect(rig.call(0x13, 0)).toEqual(value(13));
  for (const operation of [0x0d, 0x0e, 0x0f]) expect(rig.call(operation, 0x10000)).toEqual(value(-1));
});
