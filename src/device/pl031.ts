/**
 * PL031 real-time clock (ARM DDI 0224, "PrimeCell Real Time Clock (PL031) Technical Reference Manual", chapter 3).
 */
import type { Clock } from '../base/clock.ts';
import { u32, type View } from '../base/layout.ts';
import type { Log } from '../base/log.ts';
import { defineDevice, needs, primeCellIds, registers, type InstanceOf, type Line } from './device.ts';

const state = {
  /** RTCDR minus the clock's seconds, modulo 2^32. */
  offset: u32,
  MR: u32,
  LR: u32,
  IMSC: u32,
  RIS: u32,
  /** 1 while the match lies ahead. */
  armed: u32,
};
type State = View<typeof state>;
interface Io {
  readonly clock: Clock;
  readonly irq: Line;
  readonly log: Log;
}

const DR = (s: State, io: Io): number => (Math.floor(io.clock.wallSeconds()) + s.offset) >>> 0;
const update = (s: State, io: Io): void => io.irq.set((s.RIS & s.IMSC) !== 0);

/** Seconds until the counter reaches RTCMR; one that has been passed comes round again after 2^32 s, which nobody waits for. */
const untilMatch = (s: State, io: Io): number => (s.MR - DR(s, io)) | 0;

function arm(s: State, io: Io): void {
  s.armed = untilMatch(s, io) >= 0 ? 1 : 0;
  tick(s, io);
}

function tick(s: State, io: Io): bigint | undefined {
  if (!s.armed) return undefined;
  const seconds = untilMatch(s, io);
  if (seconds <= 0) {
    s.armed = 0;
    s.RIS = 1;
    update(s, io);
    return undefined;
  }
  // The clock tells whole seconds, so where in a second we are isn't known: look more often during the last one.
  return io.clock.now() + (seconds > 1 ? BigInt(seconds - 1) * 1_000_000_000n : 50_000_000n);
}

const { ro, wo, rw } = registers<State, Io>();

export const pl031 = defineDevice({
  name: 'pl031',
  doc: 'ARM DDI 0224',
  size: 0x1000,
  needs: needs<Io>(),
  state,
  keep: ['offset', 'LR'], // the clock goes on through a reset
  regs: {
    0x00: ro('RTCDR', DR),
    0x04: rw(
      'RTCMR',
      s => s.MR,
      (s, io, v) => {
        s.MR = v;
        arm(s, io);
      },
    ),
    0x08: rw(
      'RTCLR',
      s => s.LR,
      (s, io, v) => {
        s.LR = v;
        s.offset = (v - Math.floor(io.clock.wallSeconds())) >>> 0;
        arm(s, io);
      },
    ),
    0x0c: rw(
      'RTCCR',
      () => 1,
      () => {},
    ), // once started it can't be stopped (3.3.4), and it always has been
    0x10: rw(
      'RTCIMSC',
      s => s.IMSC,
      (s, io, v) => {
        s.IMSC = v & 1;
        update(s, io);
      },
    ),
    0x14: ro('RTCRIS', s => s.RIS),
    0x18: ro('RTCMIS', s => s.RIS & s.IMSC),
    0x1c: wo('RTCICR', (s, io, v) => {
      s.RIS &= ~v;
      update(s, io);
    }),
    ...primeCellIds<State, Io>([0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
  },
  reset: update,
  tick,
  fdt: at => ({
    compatible: ['arm,pl031', 'arm,primecell'],
    reg: at.reg,
    interrupts: at.interrupts,
    clocks: at.clock,
    'clock-names': 'apb_pclk',
  }),
});
export type Pl031 = InstanceOf<typeof pl031>;
