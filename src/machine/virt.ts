/** The `virt` board (QEMU docs/system/arm/virt.rst; addresses and interrupts are QEMU's). */
import { fwCfg } from '../device/fw-cfg.ts';
import { pl011 } from '../device/pl011.ts';
import { pl031 } from '../device/pl031.ts';
import { pl061 } from '../device/pl061.ts';
import { virtioMmioEmpty } from '../device/virtio-mmio-empty.ts';
import { EDGE_RISING, level, type Board } from './board.ts';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const VIRTIO_SLOTS = 32;

export const virt: Board = {
  model: 'linux,dummy-virt',
  map: {
    flash: [
      { base: 0x0000_0000, size: 64 * MiB },
      { base: 0x0400_0000, size: 64 * MiB },
    ],
    gicDistributor: { base: 0x0800_0000, size: 64 * KiB },
    gicCpuInterface: { base: 0x0801_0000, size: 64 * KiB },
    its: { base: 0x0808_0000, size: 128 * KiB },
    gicRedistributors: { base: 0x080a_0000, size: 0xf6_0000 },
    ram: { base: 0x4000_0000 },
  },
  devices: [
    { node: 'pl011', base: 0x0900_0000, ...level(1), type: pl011 },
    { node: 'pl031', base: 0x0901_0000, ...level(2), type: pl031 },
    { node: 'fw-cfg', base: 0x0902_0000, type: fwCfg },
    { node: 'pl061', base: 0x0903_0000, ...level(7), type: pl061 },
    ...Array.from({ length: VIRTIO_SLOTS }, (_, n) => ({
      node: 'virtio_mmio',
      base: 0x0a00_0000 + n * 0x200,
      spi: 16 + n,
      trigger: EDGE_RISING,
      type: virtioMmioEmpty,
    })),
  ],
  console: 'pl011',
  powerKeyPin: 3,
};
