/**
 * PL061 GPIO (ARM DDI 0190, "PrimeCell General Purpose Input/Output (PL061) Technical Reference Manual", chapter 3).
 * Pins that nobody drives read as 0.
 */
import type { Clock } from '../base/clock.ts';
import { array, u32, u64, type View } from '../base/layout.ts';
import type { Log } from '../base/log.ts';
import { defineDevice, needs, primeCellIds, registers, spread, type InstanceOf, type Line } from './device.ts';

const state = {
  /** Levels that the guest drives, and those at the pins from outside. */
  output: u32,
  input: u32,
  DIR: u32,
  IS: u32,
  IBE: u32,
  IEV: u32,
  IE: u32,
  /** Edges that were seen and not cleared yet. */
  edges: u32,
  AFSEL: u32,
  /** For each pin, when a pulse on it ends in the clock's ns; 0 for none. */
  pulseEnd: array(u64, 8),
};
type State = View<typeof state>;
interface Io {
  readonly clock: Clock;
  readonly irq: Line;
  readonly log: Log;
}

const pins = (s: State): number => (s.output & s.DIR) | (s.input & ~s.DIR & 0xff);
const RIS = (s: State): number => (s.edges | (s.IS & ~(pins(s) ^ s.IEV) & ~s.DIR)) & 0xff;
const update = (s: State, io: Io): void => io.irq.set((RIS(s) & s.IE) !== 0);

function drive(s: State, io: Io, pin: number, level: boolean): void {
  const before = pins(s);
  s.input = level ? s.input | (1 << pin) : s.input & ~(1 << pin);
  const changed = (before ^ pins(s)) & ~s.IS;
  s.edges |= changed & (s.IBE | ~(pins(s) ^ s.IEV)) & 0xff;
  update(s, io);
}

/** Raises a pin for `ns` nanoseconds, as a key that is pressed does. */
export function pulse({ state: s, io }: Pl061, pin: number, ns: bigint): void {
  s.pulseEnd[pin] = io.clock.now() + ns;
  drive(s, io, pin, true);
}

export const setPin = ({ state: s, io }: Pl061, pin: number, level: boolean): void => drive(s, io, pin, level);

const { ro, wo, rw } = registers<State, Io>();
const control = (name: string, field: 'DIR' | 'IS' | 'IBE' | 'IEV' | 'IE' | 'AFSEL') =>
  rw(
    name,
    s => s[field],
    (s, io, v) => {
      s[field] = v & 0xff;
      update(s, io);
    },
  );

export const pl061 = defineDevice({
  name: 'pl061',
  doc: 'ARM DDI 0190',
  size: 0x1000,
  needs: needs<Io>(),
  state,
  keep: ['input', 'pulseEnd'],
  regs: {
    // Address bits 9..2 say which pins an access is about (3.3.1).
    0x000: spread(
      0x400,
      rw(
        'GPIODATA',
        (s, _io, at) => pins(s) & (at >> 2),
        (s, io, v, at) => {
          const mask = (at >> 2) & s.DIR;
          s.output = (s.output & ~mask) | (v & mask);
          update(s, io);
        },
      ),
    ),
    0x400: control('GPIODIR', 'DIR'),
    0x404: control('GPIOIS', 'IS'),
    0x408: control('GPIOIBE', 'IBE'),
    0x40c: control('GPIOIEV', 'IEV'),
    0x410: control('GPIOIE', 'IE'),
    0x414: ro('GPIORIS', RIS),
    0x418: ro('GPIOMIS', s => RIS(s) & s.IE),
    0x41c: wo('GPIOIC', (s, io, v) => {
      s.edges &= ~v;
      update(s, io);
    }),
    0x420: control('GPIOAFSEL', 'AFSEL'),
    ...primeCellIds<State, Io>([0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
  },
  reset: update,
  tick(s, io) {
    let next: bigint | undefined;
    for (let pin = 0; pin < 8; pin++) {
      const end = s.pulseEnd[pin] ?? 0n;
      if (end === 0n) continue;
      if (io.clock.now() >= end) {
        s.pulseEnd[pin] = 0n;
        drive(s, io, pin, false);
      } else if (next === undefined || end < next) next = end;
    }
    return next;
  },
  fdt: at => ({
    phandle: at.phandle,
    compatible: ['arm,pl061', 'arm,primecell'],
    reg: at.reg,
    interrupts: at.interrupts,
    '#gpio-cells': 2,
    'gpio-controller': true,
    clocks: at.clock,
    'clock-names': 'apb_pclk',
  }),
});
export type Pl061 = InstanceOf<typeof pl061>;
