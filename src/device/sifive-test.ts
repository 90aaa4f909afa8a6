/**
 * SiFive's test finisher, as QEMU's boards for RISC-V have it (QEMU docs/system/riscv/virt.rst): one register with
 * which a program ends the machine, with a status. Linux's syscon-poweroff and syscon-reboot know how to use it
 * (Documentation/devicetree/bindings/power/reset/syscon-poweroff.yaml and syscon-reboot.yaml).
 */
import type { Log } from '../base/log.ts';
import { defineDevice, needs, registers, type InstanceOf } from './device.ts';

/** The machine's power, in the hands of a device. */
export interface Power {
  /** `status`: as processes have it. */
  off(status: number): void;
  reset(): void;
}

interface Io {
  readonly power: Power;
  readonly log: Log;
}

const FAIL = 0x3333;
const PASS = 0x5555;
const RESET = 0x7777;

/** What is to happen is in the low half, the status of a failure in the high half. */
function finish(io: Io, value: number): void {
  switch (value & 0xffff) {
    case PASS:
      return io.power.off(0);
    case FAIL:
      return io.power.off(value >>> 16);
    case RESET:
      return io.power.reset();
    default:
      if (io.log.on('guest_errors')) io.log.write('guest_errors', `sifive-test: 0x${value.toString(16)} ends nothing`);
  }
}

const { port } = registers<object, Io>();

export const sifiveTest = defineDevice({
  name: 'sifive-test',
  doc: 'QEMU docs/system/riscv/virt.rst',
  size: 0x1000,
  needs: needs<Io>(),
  state: {},
  regs: {
    0x000: port(
      'FINISHER',
      () => 0,
      (_, io, value) => finish(io, value),
    ),
  },
  fdt: at => ({
    compatible: ['sifive,test1', 'sifive,test0', 'syscon', 'simple-mfd'],
    reg: at.reg,
    poweroff: { compatible: 'syscon-poweroff', offset: 0, value: PASS },
    reboot: { compatible: 'syscon-reboot', offset: 0, value: RESET },
  }),
});
export type SifiveTest = InstanceOf<typeof sifiveTest>;
