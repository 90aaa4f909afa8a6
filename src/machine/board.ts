/** What a board is, as data, and its devices when they are made. The device tree in `board-fdt.ts` is derived from the same data. */
import type { Arena } from '../base/arena.ts';
import type { Clock } from '../base/clock.ts';
import type { FdtNode } from '../base/devicetree.ts';
import type { Log } from '../base/log.ts';
import { Bus } from '../device/bus.ts';
import type { ConsoleBackend } from '../device/console.ts';
import type { Device, Line, Placement } from '../device/device.ts';
import type { FwCfgItems } from '../device/fw-cfg.ts';
import type { GuestMemory } from '../device/memory.ts';
import { pl061, pulse, type Pl061 } from '../device/pl061.ts';
import type { Power } from '../device/sifive-test.ts';

export interface Range {
  readonly base: number;
  readonly size: number;
}

/** Trigger cells of the interrupt controller's binding. */
export const EDGE_RISING = 1;
export const LEVEL_HIGH = 4;

/** INTIDs of every board: 32 private ones and 256 shared ones. */
export const BOARD_IRQS = 288;
export const firstSpi = 32;
export const firstPpi = 16;

/** Private interrupts, numbered from INTID 16 as the binding has them: secure, non-secure, virtual and hypervisor timer. */
export const timerPpis = [13, 14, 11, 10] as const;
export const pmuPpi = 7;

/** What a board's devices are connected to. */
export interface BoardIo {
  readonly clock: Clock;
  readonly log: Log;
  readonly console: ConsoleBackend;
  readonly memory: GuestMemory;
  readonly items: FwCfgItems;
  readonly power: Power;
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

/** What an SPI that is active as long as its device asks for it has beside its number. */
export const level = (spi: number): { spi: number; trigger: number } => ({ spi, trigger: LEVEL_HIGH });

export interface Board {
  /** The root node's `model` and `compatible`. */
  readonly model: string;
  readonly map: {
    readonly ram: { readonly base: number };
    readonly gicDistributor: Range;
    readonly gicCpuInterface: Range;
    readonly gicRedistributors: Range;
    /** The GICv3's interrupt translation service, where the board has one. */
    readonly its?: Range;
    /** Two banks of flash, present with firmware only, which starts in the first. */
    readonly flash?: readonly [Range, Range];
  };
  readonly devices: readonly BoardDevice[];
  /** The device that `chosen` gives as the console. */
  readonly console: string;
  /** The pin of the PL061 that the power key is at. */
  readonly powerKeyPin?: number;
}

const unconnected: Line = { set: () => {} };
const POWER_KEY_NS = 100_000_000n;

/** The devices of one board, on their bus. */
export class BoardDevices {
  readonly bus = new Bus();
  private readonly board: Board;
  private readonly gpio: Pl061 | undefined;
  /** Those of the board's list: what is added to the bus later has nothing that is due. */
  private readonly timed: readonly Device[];

  constructor(board: Board, arena: Arena, io: BoardIo) {
    this.board = board;
    for (const { base, spi, type } of board.devices) {
      const wired = { ...io, irq: spi === undefined ? unconnected : io.spi(spi) };
      if (type === pl061) this.bus.map(base, (this.gpio = pl061.create(arena, wired)));
      else this.bus.map(base, type.create(arena, wired));
    }
    this.timed = [...this.bus.devices()];
  }

  /** As if a finger were on the power button for a tenth of a second, where the board has one. */
  pressPowerKey(): void {
    const { powerKeyPin } = this.board;
    if (this.gpio && powerKeyPin !== undefined) pulse(this.gpio, powerKeyPin, POWER_KEY_NS);
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
