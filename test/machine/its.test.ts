/** A program without an operating system that has the ITS send it an interrupt: reference C1.1, C1.5 on the whole machine. */
import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { createLog, type LogTopic } from '../../src/base/log.ts';
import { QueueConsole } from '../../src/device/console.ts';
import { createMachine } from '../../src/machine/create.ts';
import { elf64 } from '../boot/files.ts';

const BASE = 0x4010_0000;

const program = [
  0xd2a12014, // mov x20, #0x9000000 // PL011
  0xd2a10015, // mov x21, #0x8000000 // GICD
  0xd2a10156, // mov x22, #0x80a0000 // GICR
  0xd2a10117, // mov x23, #0x8080000 // ITS
  0x10003f80, // adr x0, start + 0x800 // vectors
  0xd518c000, // msr vbar_el1, x0
  0x52800040, // mov w0, #0x2
  0xb90002a0, // str w0, [x21] // GICD_CTLR.EnableGrp1
  0xd2a80418, // mov x24, #0x40200000 // the property table, and what follows it
  0x52801420, // mov w0, #0xa1
  0x39000300, // strb w0, [x24]
  0xb2400f01, // orr x1, x24, #0xf
  0xf9003ac1, // str x1, [x22, #112] // GICR_PROPBASER
  0x91404301, // add x1, x24, #0x10, lsl #12
  0xf9003ec1, // str x1, [x22, #120] // GICR_PENDBASER
  0x52800020, // mov w0, #0x1
  0xb90002c0, // str w0, [x22] // GICR_CTLR.EnableLPIs
  0xd2f00002, // mov x2, #0x8000000000000000
  0x91408319, // add x25, x24, #0x20, lsl #12
  0xaa020321, // orr x1, x25, x2
  0xf90042e1, // str x1, [x23, #128] // GITS_CBASER
  0x9140c301, // add x1, x24, #0x30, lsl #12
  0xaa020021, // orr x1, x1, x2
  0xf90082e1, // str x1, [x23, #256] // GITS_BASER0: devices
  0x91410301, // add x1, x24, #0x40, lsl #12
  0xaa020021, // orr x1, x1, x2
  0xf90086e1, // str x1, [x23, #264] // GITS_BASER1: collections
  0xb90002e0, // str w0, [x23] // GITS_CTLR.Enabled
  0xd2800120, // mov x0, #0x9 // MAPC: collection 0 to this CPU
  0xa8817f20, // stp x0, xzr, [x25], #16
  0xa8817f22, // stp x2, xzr, [x25], #16
  0xd28000a3, // mov x3, #0x5
  0xd3607c63, // lsl x3, x3, #32
  0xb27d0060, // orr x0, x3, #0x8 // MAPD: device 5, 32 events
  0xd2800081, // mov x1, #0x4
  0xa8810720, // stp x0, x1, [x25], #16
  0x91414301, // add x1, x24, #0x50, lsl #12
  0xaa020021, // orr x1, x1, x2
  0xa8817f21, // stp x1, xzr, [x25], #16
  0x91002860, // add x0, x3, #0xa // MAPTI: event 3 is LPI 8192
  0xd2800061, // mov x1, #0x3
  0xb2530021, // orr x1, x1, #0x200000000000
  0xa8810720, // stp x0, x1, [x25], #16
  0xa8817f3f, // stp xzr, xzr, [x25], #16
  0x91000c60, // add x0, x3, #0x3 // INT
  0xd2800061, // mov x1, #0x3
  0xa9000720, // stp x0, x1, [x25]
  0xa9017f3f, // stp xzr, xzr, [x25, #16]
  0x52801004, // mov w4, #0x80
  0xf90046e4, // str x4, [x23, #136] // GITS_CWRITER
  0xb94092e5, // ldr w5, [x23, #144] // GITS_CREADR
  0x6b0400bf, // cmp w5, w4
  0x54ffffc1, // b.ne the load
  0xd2801fe0, // mov x0, #0xff
  0xd5184600, // msr icc_pmr_el1, x0
  0xd2800020, // mov x0, #0x1
  0xd518cce0, // msr icc_igrpen1_el1, x0
  0xd5033fdf, // isb
  0xd503207f, // wfi // does not wait: it is pending
  0xd538cc06, // mrs x6, icc_iar1_el1
  0x514008c7, // sub w7, w6, #0x2, lsl #12
  0x1100c0e7, // add w7, w7, #0x30
  0xb9000287, // str w7, [x20]
  0xd518cc26, // msr icc_eoir1_el1, x6
  0x91000c60, // add x0, x3, #0x3 // INT
  0xd2800061, // mov x1, #0x3
  0xa9020720, // stp x0, x1, [x25, #32]
  0xa9037f3f, // stp xzr, xzr, [x25, #48]
  0xd50342ff, // msr daifclr, #0x2
  0x52801404, // mov w4, #0xa0
  0xf90046e4, // str x4, [x23, #136] // GITS_CWRITER
  0xd5033fdf, // isb
  0x528005c7, // mov w7, #0x2e
  0xb9000287, // str w7, [x20]
  0x52800100, // mov w0, #0x8
  0x72b08000, // movk w0, #0x8400, lsl #16
  0xd4000002, // hvc #0x0 // PSCI SYSTEM_OFF
];

/** IRQ from the current level with SP_ELx. */
const handler = [
  0x52800987, // mov w7, #0x4c
  0xb9000287, // str w7, [x20]
  0xd538cc06, // mrs x6, icc_iar1_el1
  0x514008c7, // sub w7, w6, #0x2, lsl #12
  0x1100c4e7, // add w7, w7, #0x31
  0xb9000287, // str w7, [x20]
  0xd518cc26, // msr icc_eoir1_el1, x6
  0xd538cc06, // mrs x6, icc_iar1_el1
  0x710ffcdf, // cmp w6, #0x3ff
  0x1a9f17e7, // cset w7, eq
  0x110104e7, // add w7, w7, #0x41
  0xb9000287, // str w7, [x20]
  0xd69f03e0, // eret
];

const bytes = (words: readonly number[]): number[] => words.flatMap(w => [w & 0xff, (w >>> 8) & 0xff, (w >>> 16) & 0xff, w >>> 24]);

test('C1.5 LPIs through the ITS: polled, then by the vector; its=off has no ITS', async () => {
  const run = async (its: boolean): Promise<{ readonly sent: string; readonly logged: string[]; readonly ending: string }> => {
    const sent: number[] = [];
    const logged: string[] = [];
    const never = (): Promise<void> => Promise.reject(new Error('the program waits'));
    const data = elf64([{ address: BASE, bytes: bytes(program) }, { address: BASE + 0xa80, bytes: bytes(handler) }], { entry: BASE });
    const { machine } = createMachine(
      { memory: 16 * 2 ** 20, gicVersion: 3, its, kernel: { name: 'program', data } },
      {
        clock: new MockClock(), log: createLog(new Set<LogTopic>(['unimp', 'guest_errors']), line => { if (!line.includes('pl011')) logged.push(line); }),
        console: new QueueConsole(byte => sent.push(byte)), loop: { yield: never, sleep: never, wake: () => {} },
        random: n => new Uint8Array(n), gunzip: d => d,
      },
    );
    const [vcpu] = machine.parts.vcpus;
    if (!its) {
      expect(vcpu!.run()).toMatchObject({ phys_addr: 0x0808_0080, is_write: true });
      return { sent: '', logged, ending: 'exit' };
    }
    const ending = await machine.run();
    return { sent: String.fromCharCode(...sent), logged, ending: ending.kind };
  };
  // LPI 8192 is printed as 0 where it is polled, as 1 by the handler, which then finds no more (1023: B).
  expect(await run(true)).toEqual({ sent: '0L1B.', logged: [], ending: 'poweroff' });
  expect(await run(false)).toEqual({ sent: '', logged: [], ending: 'exit' });
});
