/**
 * A virtio-mmio slot with no device in it (Virtual I/O Device v1.2, section 4.2.2): the driver reads the identity,
 * finds device ID 0 and leaves it alone.
 */
import type { Log } from '../base/log.ts';
import { defineDevice, needs, registers, type InstanceOf } from './device.ts';

interface Io {
  readonly log: Log;
}
const { ro, window } = registers<object, Io>();

export const virtioMmioEmpty = defineDevice({
  name: 'virtio-mmio',
  doc: 'Virtual I/O Device (VIRTIO) v1.2, 4.2',
  size: 0x200,
  needs: needs<Io>(),
  state: {},
  regs: {
    0x000: ro('MagicValue', () => 0x7472_6976),
    0x004: ro('Version', () => 1), // an empty slot has the legacy layout, as QEMU's have
    0x008: ro('DeviceID', () => 0),
    0x00c: ro('VendorID', () => 0x554d_4551),
    0x010: window(
      'the rest of an empty slot',
      0x1f0,
      () => 0,
      () => {},
    ),
  },
  fdt: at => ({
    compatible: 'virtio,mmio',
    reg: at.reg,
    interrupts: at.interrupts,
    'dma-coherent': true,
  }),
});
export type VirtioMmioEmpty = InstanceOf<typeof virtioMmioEmpty>;
