/** The `bare` board: what it is, and programs that end it. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { parseFdt } from '../../src/boot/fdt.ts';
import { QueueConsole } from '../../src/device/console.ts';
import { createMachine, type CreatedMachine } from '../../src/machine/create.ts';
import { flatten } from './tree.ts';

function machine(words: readonly number[]): CreatedMachine & { text(): string } {
  const sent: number[] = [];
  const never = (): Promise<void> => Promise.reject(new Error('the program never waits'));
  const data = new Uint8Array(Uint32Array.from(words).buffer);
  const made = createMachine(
    { board: 'bare', memory: 2 ** 24, kernel: { name: 'program', data } },
    {
      clock: new MockClock(),
      log: createLog(new Set(), () => {}),
      console: new QueueConsole(byte => sent.push(byte)),
      loop: { yield: never, sleep: never, wake: () => {} },
      random: n => new Uint8Array(n),
      gunzip: d => d,
    },
  );
  return { ...made, text: () => String.fromCharCode(...sent) };
}

const print = [
  0xd2a12000, // mov x0, #0x9000000
  0x52800d21, // mov w1, #'i'
  0xb9000001, // str w1, [x0]
  0xd2a00200, // mov x0, #0x100000
];

test('bare: a program prints and ends the machine with its status', async () => {
  const { machine: m, text } = machine([
    ...print,
    0x52866661, // mov w1, #0x3333
    0x72a000e1, // movk w1, #7, lsl #16
    0xb9000001, // str w1, [x0]
    0x14000000, // b .
  ]);
  expect(await m.run()).toEqual({ kind: 'exit', status: 7 });
  expect(text()).toBe('i');
});

test('bare: a reset starts the program over, and the store that asked for it is done with', async () => {
  const { machine: m, text } = machine([
    ...print,
    0xd2a80002, // mov x2, #0x40000000
    0xb9401043, // ldr w3, [x2, #16]: RAM survives a reset
    0x11000463, // add w3, w3, #1
    0xb9001043, // str w3, [x2, #16]
    0x528eeee1, // mov w1, #0x7777
    0x52866664, // mov w4, #0x3333
    0xf100147f, // cmp x3, #5
    0x1a843021, // csel w1, w1, w4, lo
    0xb9000001, // str w1, [x0]
    0x14000000, // b .
  ]);
  expect(await m.run()).toEqual({ kind: 'exit', status: 0 });
  expect(text()).toBe('iiiii');
});

test('bare: the tree says what is there, and dtc has nothing against it', () => {
  const { dtb } = machine(print).machine;
  const tree = flatten(parseFdt(dtb));
  expect(
    Object.keys(tree)
      .filter(path => /@[^/]*$/.test(path))
      .toSorted(),
  ).toEqual(['/cpus/cpu@0', '/intc@8000000', '/memory@40000000', '/pl011@9000000', '/test@100000']);
  expect(tree['/test@100000/poweroff']).toEqual({ compatible: 'syscon-poweroff', offset: '00000000', value: '00005555' });
  expect(tree['/chosen']?.['stdout-path']).toBe('/pl011@9000000');
  const { stderr } = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-o', '/dev/null', '-'], { input: dtb });
  expect(
    stderr
      .toString()
      .split('\n')
      .filter(line => line !== '' && !/simple_bus_reg|avoid_unnecessary_addr_size/.test(line)),
  ).toEqual([]);
});

test('bare: there is no flash for firmware', () => {
  const request = { board: 'bare', bios: { name: 'fw', data: new Uint8Array(4) } } as const;
  expect(() => createMachine(request, {} as never)).toThrow('fw is firmware, but the machine has no flash; give a program with -kernel');
});
