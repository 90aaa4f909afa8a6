import { expect, test } from 'vitest';
import { u32, type View } from '../../src/base/layout.ts';
import type { Log } from '../../src/base/log.ts';
import { Bus } from '../../src/device/bus.ts';
import { defineDevice, needs, registers } from '../../src/device/device.ts';
import { Bench, r32, w32 } from './harness.ts';

const state = { value: u32, kept: u32, reads: u32 };
const { ro, rw, wo, port } = registers<View<typeof state>, { log: Log }>();
const example = defineDevice({
  name: 'example',
  doc: 'this test',
  size: 0x100,
  needs: needs<{ log: Log }>(),
  state,
  keep: ['kept'],
  regs: {
    0x00: rw(
      'VALUE',
      s => s.value,
      (s, _io, v) => {
        s.value = v;
      },
    ),
    0x04: ro('CONST', () => 0x1122_3344),
    0x08: wo('CLEAR', (s, _io, v) => {
      s.value &= ~v;
    }),
    0x0c: port(
      'FIFO',
      s => ++s.reads,
      (s, _io, v) => {
        s.kept = v;
      },
    ),
  },
  reset(s) {
    s.value = 7;
  },
});
const make = (): { bench: Bench; device: ReturnType<typeof example.create> } => {
  const bench = new Bench();
  return { bench, device: example.create(bench.arena, { log: bench.log }) };
};

test('narrow reads see their lanes of a register', () => {
  const { device } = make();
  expect(device.read(4, 1)).toBe(0x44);
  expect(device.read(7, 1)).toBe(0x11);
  expect(device.read(6, 2)).toBe(0x1122);
  expect(device.read(4, 4)).toBe(0x1122_3344);
});

test('narrow writes keep the rest of a register that holds its value', () => {
  const { device } = make();
  w32(device, 0, 0xaabb_ccdd);
  device.write(1, 1, 0x12);
  expect(r32(device, 0)).toBe(0xaabb_12dd);
  device.write(2, 2, 0x3456);
  expect(r32(device, 0)).toBe(0x3456_12dd);
});

test('narrow writes to other registers leave the other bits 0 and read nothing', () => {
  const { device } = make();
  w32(device, 0, 0xffff_ffff);
  device.write(9, 1, 0x0f);
  expect(r32(device, 0)).toBe(0xffff_f0ff);
  device.write(0xc, 1, 0x55);
  expect(device.state.kept).toBe(0x55);
  expect(device.state.reads).toBe(0);
});

test('no register there: reads as zero, writes are ignored, both are logged', () => {
  const { bench, device } = make();
  expect(r32(device, 0x40)).toBe(0);
  w32(device, 0x40, 1);
  w32(device, 4, 1);
  expect(r32(device, 8)).toBe(0);
  expect(device.read(2, 4)).toBe(0);
  expect(bench.lines).toEqual([
    'guest_errors: example: read of no register at 0x40, 4 bytes',
    'guest_errors: example: write to no register at 0x40, 4 bytes',
    "guest_errors: example: write to CONST, which can't be written so at 0x4, 4 bytes",
    "guest_errors: example: read of CLEAR, which can't be read so at 0x8, 4 bytes",
    "guest_errors: example: read of VALUE, which can't be read so at 0x2, 4 bytes",
  ]);
});

test('reset clears all state but what is kept', () => {
  const { device } = make();
  w32(device, 0, 99);
  w32(device, 0xc, 5);
  r32(device, 0xc);
  device.reset();
  expect([device.state.value, device.state.kept, device.state.reads]).toEqual([7, 5, 0]);
});

test('registers that overlap or lie outside are refused when the device is defined', () => {
  const define = (regs: Record<number, ReturnType<typeof ro>>) => () =>
    defineDevice({ name: 'x', doc: '', size: 8, needs: needs<{ log: Log }>(), state, regs });
  expect(define({ 8: ro('OUT', () => 0) })).toThrow(/OUT/);
  expect(define({ 2: ro('ODD', () => 0) })).toThrow(/ODD/);
  expect(define({ 0: { ...ro('WIDE', () => 0), span: 8 }, 4: ro('IN', () => 0) })).toThrow(/IN/);
});

test('bus: finds devices by address, refuses overlaps, splits wide and unaligned accesses', () => {
  const { bench, device } = make();
  const second = example.create(bench.arena, { log: bench.log });
  const bus = new Bus();
  bus.map(0x2000, second);
  bus.map(0x1000, device);
  expect(() => bus.map(0x10ff, second)).toThrow('example at 0x10ff overlaps example at 0x1000');
  expect(bus.find(0x10ff)).toBe(device);
  expect(bus.find(0x2000)).toBe(second);
  expect([bus.find(0xfff), bus.find(0x1100), bus.find(0x3000)]).toEqual([undefined, undefined, undefined]);

  const data = new Uint8Array(8);
  expect(bus.access(0x1000, data, 8, false)).toBe(true);
  expect([...data]).toEqual([7, 0, 0, 0, 0x44, 0x33, 0x22, 0x11]);
  data.set([1, 2, 3, 4, 5]);
  expect(bus.access(0x2000, data, 4, true)).toBe(true);
  expect(second.state.value).toBe(0x0403_0201);
  expect(bus.access(0x1001, data, 4, false)).toBe(true);
  expect([...data.subarray(0, 4)]).toEqual([0, 0, 0, 0x44]);
  expect(bus.access(0x10fe, data, 4, false)).toBe(false);
  expect(bus.access(0x4000, data, 1, true)).toBe(false);
});

test('device state lies in the arena', () => {
  const { bench, device } = make();
  w32(device, 0, 0xdead_beef);
  expect(bench.arena.u32.includes(0xdead_beef)).toBe(true);
});
