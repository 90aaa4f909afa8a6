/** Addresses and interrupts of the `virt` board, as data (QEMU docs/system/arm/virt.rst; the figures are QEMU's). */

const KiB = 2 ** 10;
const MiB = 2 ** 20;

export interface Range {
  readonly base: number;
  readonly size: number;
}

export const virtMap = {
  flash0: { base: 0x0000_0000, size: 64 * MiB },
  flash1: { base: 0x0400_0000, size: 64 * MiB },
  gicDistributor: { base: 0x0800_0000, size: 64 * KiB },
  gicCpuInterface: { base: 0x0801_0000, size: 64 * KiB },
  gicRedistributors: { base: 0x080a_0000, size: 0xf6_0000 },
  ram: { base: 0x4000_0000 },
} as const;

/** Interrupt specifier cells of the GIC's binding. */
export const GIC_SPI = 0;
export const GIC_PPI = 1;
export const EDGE_RISING = 1;
export const LEVEL_HIGH = 4;

/** INTIDs: 32 private ones and 256 shared ones. */
export const VIRT_IRQS = 288;
export const firstSpi = 32;

/** Private interrupts, numbered from INTID 16 as the binding has them: secure, non-secure, virtual and hypervisor timer. */
export const timerPpis = [13, 14, 11, 10] as const;
export const pmuPpi = 7;

export const VIRTIO_SLOTS = 32;
export const virtioSlot = (n: number): { readonly base: number; readonly spi: number } => ({ base: 0x0a00_0000 + n * 0x200, spi: 16 + n });

/** The pin of the PL061 that the power key is at, and the key's Linux input code. */
export const POWER_KEY_PIN = 3;
export const KEY_POWER = 116;
