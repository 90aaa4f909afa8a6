/** The `virt` board: which devices stand where. The device tree in `virt-fdt.ts` is derived from this list. */
import type { Arena } from '../base/arena.ts';
import type { Clock } from '../base/clock.ts';
import type { FdtNode } from '../base/devicetree.ts';
import type { Log } from '../base/log.ts';
import { Bus } from '../device/bus.ts';
import type { ConsoleBackend } from '../device/console.ts';
import type { Device, Line, Placement } from '../device/device.ts';
import { fwCfg, type FwCfgItems } from '../device/fw-cfg.ts';
import type { GuestMemory } from '../device/memory.ts';
import { pl011 } from '../device/pl011.ts';
import { pl031 } from '../device/pl031.ts';
import { pl061, pulse, type Pl061 } from '../device/pl061.ts';
import { virtioMmioEmpty } from '../device/virtio-mmio-empty.ts';
import { EDGE_RISING, LEVEL_HIGH, POWER_KEY_PIN, VIRTIO_SLOTS, virtioSlot } from './virt-map.ts';

/** What the board's devices are connected to. */
export interface BoardIo {
  readonly clock: Clock;
  readonly log: Log;
  readonly console: ConsoleBackend;
  readonly memory: GuestMemory;
  readonly items: FwCfgItems;
  /** The line into the interrupt controller of a shared peripheral interrupt. */
  spi(n: number): Line;
}

export interface BoardDevice {
  /** The node's name in the device tree, without its address. */
  readonly node: string;
  readonly base: number;
  readonly spi?: number;
  readonly trigger?: number;
  readonly type: {
    readonly size: number;
    readonly fdt?: (at: Placement) => FdtNode;
    create(arena: Arena, io: BoardIo & { readonly irq: Line }): Device;
  };
}

const level = (spi: number): { spi: number; trigger: number } => ({ spi, trigger: LEVEL_HIGH });

export const virtDevices: readonly BoardDevice[] = [
  { node: 'pl011', base: 0x0900_0000, ...level(1), type: pl011 },
  { node: 'pl031', base: 0x0901_0000, ...level(2), type: pl031 },
  { node: 'fw-cfg', base: 0x0902_0000, type: fwCfg },
  { node: 'pl061', base: 0x0903_0000, ...level(7), type: pl061 },
  ...Array.from({ length: VIRTIO_SLOTS }, (_, n) => ({
    node: 'virtio_mmio',
    ...virtioSlot(n),
    trigger: EDGE_RISING,
    type: virtioMmioEmpty,
  })),
];

const unconnected: Line = { set: () => {} };
const POWER_KEY_NS = 100_000_000n;

/** The devices of one board, on their bus. */
export class VirtBoard {
  readonly bus = new Bus();
  private readonly gpio: Pl061;
  /** Those of the list above: what a board adds to the bus later has nothing that is due. */
  private readonly timed: readonly Device[];

  constructor(arena: Arena, io: BoardIo) {
    let gpio: Pl061 | undefined;
    for (const { base, spi, type } of virtDevices) {
      const wired = { ...io, irq: spi === undefined ? unconnected : io.spi(spi) };
      if (type === pl061) this.bus.map(base, (gpio = pl061.create(arena, wired)));
      else this.bus.map(base, type.create(arena, wired));
    }
    this.gpio = gpio as Pl061;
    this.timed = [...this.bus.devices()];
  }

  /** As if a finger were on the power button for a tenth of a second. */
  pressPowerKey(): void {
    pulse(this.gpio, POWER_KEY_PIN, POWER_KEY_NS);
  }

  reset(): void {
    for (const device of this.bus.devices()) device.reset();
  }

  /** Does what is due in the devices; when the next thing is, in the clock's ns. */
  tick(): bigint | undefined {
    let next: bigint | undefined;
    for (const device of this.timed) {
      const due = device.tick();
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    return next;
  }
}
