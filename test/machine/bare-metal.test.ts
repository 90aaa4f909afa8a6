/** A program without an operating system on the whole machine: engine, interrupt controller, devices, power-off. */
import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { QueueConsole } from '../../src/device/console.ts';
import { createMachine } from '../../src/machine/create.ts';
import { elf64 } from '../boot/files.ts';

const BASE = 0x4010_0000;

const program = [
  0xd2a12014, // mov x20, #0x09000000 // PL011
  0xd2a10015, // mov x21, #0x08000000 // GICD
  0x10003fc0, // adr x0, vectors
  0xd518c000, // msr vbar_el1, x0
  0xd5033fdf, // isb
  0xd2880001, // mov x1, #0x4000
  0xf2a14001, // movk x1, #0x0a00, lsl #16
  0xb9400022, // ldr w2, [x1] // behind the virtio slots
  0xd2a60001, // mov x1, #0x30000000
  0xf9000021, // str x1, [x1] // in the PCI window
  0xd2a40001, // mov x1, #0x20000000
  0xd63f0020, // blr x1 // no memory to run from
  0xb9401a82, // ldr w2, [x20, #0x18]
  0x3727ffe2, // tbnz w2, #4, echo // UARTFR.RXFE
  0xb9400282, // ldr w2, [x20]
  0x39000282, // strb w2, [x20]
  0x7100b85f, // cmp w2, #'.'
  0x54ffff61, // b.ne echo
  0x52800402, // mov w2, #0x20
  0xb9004682, // str w2, [x20, #0x44]
  0xb9003a82, // str w2, [x20, #0x38] // UARTIMSC.TXIM
  0x52800022, // mov w2, #1
  0xb90002a2, // str w2, [x21] // GICD_CTLR
  0x52800042, // mov w2, #2
  0xb90106a2, // str w2, [x21, #0x104] // GICD_ISENABLER1: INTID 33
  0x3200c3e2, // mov w2, #0x01010101
  0xb90822a2, // str w2, [x21, #0x820] // GICD_ITARGETSR8
  0x914042b6, // add x22, x21, #0x10000 // GICC
  0x52801fe2, // mov w2, #0xff
  0xb90006c2, // str w2, [x22, #4] // GICC_PMR
  0x52800022, // mov w2, #1
  0xb90002c2, // str w2, [x22] // GICC_CTLR
  0x52800d22, // mov w2, #'i'
  0xb9000282, // str w2, [x20] // raises the transmit interrupt
  0xd503207f, // wfi
  0xb9400ec3, // ldr w3, [x22, #0xc] // GICC_IAR
  0x11004063, // add w3, w3, #('0' - 33 + 1)
  0xb9000283, // str w3, [x20]
  0x52800100, // mov w0, #8
  0x72b08000, // movk w0, #0x8400, lsl #16 // PSCI SYSTEM_OFF
  0xd4000002, // hvc #0
];

/** At 0xa00: the vector of exceptions from the current level with SP_ELx. */
const handler = [
  0xd538520a, // mrs x10, esr_el1
  0x9240154b, // and x11, x10, #0x3f // DFSC, IFSC: 0x10 is a synchronous external abort
  0xd35afd4c, // lsr x12, x10, #26 // EC: 0x25 a data abort, 0x21 an instruction abort
  0x1100c56b, // add w11, w11, #('A' - 0x10)
  0xb900028b, // str w11, [x20]
  0x1100818c, // add w12, w12, #('A' - 0x21)
  0xb900028c, // str w12, [x20]
  0xd538402d, // mrs x13, elr_el1
  0x910011ad, // add x13, x13, #4
  0xf101059f, // cmp x12, #'A'
  0x9a8d03cd, // csel x13, x30, x13, eq
  0xd518402d, // msr elr_el1, x13
  0xd69f03e0, // eret
];

const bytes = (words: readonly number[]): number[] => words.flatMap(w => [w & 0xff, (w >>> 8) & 0xff, (w >>> 16) & 0xff, w >>> 24]);

test('C1.1, C1.2: aborts outside the devices, input by polling, an interrupt through the GIC, power-off', async () => {
  const clock = new MockClock();
  const sent: number[] = [];
  const console = new QueueConsole(byte => sent.push(byte));
  const never = (): Promise<void> => Promise.reject(new Error('the program never waits'));
  const data = elf64(
    [
      { address: BASE, bytes: bytes(program) },
      { address: BASE + 0xa00, bytes: bytes(handler) },
    ],
    { entry: BASE },
  );
  const { machine } = createMachine(
    { memory: 16 * 2 ** 20, kernel: { name: 'program', data } },
    {
      clock,
      log: silentLog,
      console,
      loop: { yield: never, sleep: never, wake: () => {} },
      random: n => new Uint8Array(n),
      gunzip: d => d,
    },
  );
  console.send([0x68, 0x69, 0x2e]); // "hi."
  expect(await machine.run()).toEqual({ kind: 'poweroff' });
  // Each abort prints A for a synchronous external abort, then E for data or A for an instruction.
  expect(String.fromCharCode(...sent)).toBe('AEAEAA' + 'hi.' + 'i1');
});
