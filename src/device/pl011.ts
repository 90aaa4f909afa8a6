/**
 * PL011 UART (ARM DDI 0183, "PrimeCell UART (PL011) Technical Reference Manual", chapter 3).
 *
 * Transmission takes no time, so the transmit FIFO is always empty again after a write. Received characters are
 * pulled from the back end only when the guest is about to look for them: see `mayReceive`.
 */
import type { Clock } from '../base/clock.ts';
import { array, u16, u32, u64, type View } from '../base/layout.ts';
import type { Log } from '../base/log.ts';
import type { ConsoleBackend } from './console.ts';
import { defineDevice, needs, primeCellIds, registers, type InstanceOf, type Line } from './device.ts';

const FIFO_DEPTH = 16;
const UARTCLK = 24_000_000;

// Bits of UARTDR, UARTFR, UARTLCR_H and UARTCR, and those that UARTIMSC, UARTRIS, UARTMIS and UARTICR share.
const DR = { OE: 0x800, errors: 0xf00 } as const;
const FR = { CTS: 1, DSR: 2, DCD: 4, RXFE: 0x10, RXFF: 0x40, TXFE: 0x80, RI: 0x100 } as const;
const LCR_H = { FEN: 0x10 } as const;
const CR = { UARTEN: 1, LBE: 0x80, TXE: 0x100, RXE: 0x200, DTR: 0x400, RTS: 0x800, Out1: 0x1000, Out2: 0x2000, all: 0xff87 } as const;
const INT = { RI: 1, CTS: 2, DCD: 4, DSR: 8, RX: 0x10, TX: 0x20, RT: 0x40, FE: 0x80, OE: 0x400, all: 0x7ff } as const;

/** Reads of UARTFR in a row after which the guest is taken to be polling for input. */
const POLLS = 4;

const state = {
  /** Received characters with their error bits, as UARTDR shows them: a ring. */
  fifo: array(u16, FIFO_DEPTH),
  head: u32,
  count: u32,
  RSR: u32,
  ILPR: u32,
  IBRD: u32,
  FBRD: u32,
  LCR_H: u32,
  CR: u32,
  IFLS: u32,
  IMSC: u32,
  RIS: u32,
  DMACR: u32,
  polls: u32,
  /** When the receive timeout comes about, in the clock's ns; 0 when it isn't awaited. */
  timeout: u64,
};
type State = View<typeof state>;
interface Io {
  readonly clock: Clock;
  readonly irq: Line;
  readonly console: ConsoleBackend;
  readonly log: Log;
}

const depth = (s: State): number => (s.LCR_H & LCR_H.FEN ? FIFO_DEPTH : 1);
/** Characters at which the receive interrupt is raised (UARTIFLS, 3.3.9); reserved selections count as the highest. */
const trigger = (s: State): number => (s.LCR_H & LCR_H.FEN ? ([2, 4, 8, 12, 14][(s.IFLS >> 3) & 7] ?? 14) : 1);

const update = (s: State, io: Io): void => io.irq.set((s.RIS & s.IMSC) !== 0);

function receive(s: State, io: Io, character: number): void {
  if (s.count === depth(s)) {
    s.RIS |= INT.OE;
    const last = (s.head + s.count - 1) % FIFO_DEPTH;
    s.fifo[last] = (s.fifo[last] ?? 0) | DR.OE;
    return;
  }
  s.fifo[(s.head + s.count) % FIFO_DEPTH] = character;
  s.count++;
  s.RIS |= ((character & DR.errors) >> 8) * INT.FE;
  if (s.count >= trigger(s)) s.RIS |= INT.RX;
  awaitTimeout(s, io);
}

/** The receive timeout comes 32 bit periods after the last character (2.4.4). */
function awaitTimeout(s: State, io: Io): void {
  const divisor = s.IBRD === 0 ? UARTCLK / 16 / 115200 : s.IBRD + s.FBRD / 64;
  s.timeout = io.clock.now() + BigInt(Math.ceil((32 * 16 * divisor * 1e9) / UARTCLK));
}

/**
 * Drivers empty the FIFO when they start, and throw away what they find. So that this can't eat what was typed while
 * the machine was still booting, input stays in the back end until the receive interrupts are on, or until the guest
 * reads UARTFR again and again, which only one who polls for input does.
 */
const mayReceive = (s: State): boolean =>
  (s.CR & CR.LBE) === 0 && ((s.IMSC & (INT.RX | INT.RT)) !== 0 ? (s.CR & (CR.UARTEN | CR.RXE)) === (CR.UARTEN | CR.RXE) : s.polls >= POLLS);

function fill(s: State, io: Io): void {
  while (mayReceive(s) && s.count < depth(s)) {
    const character = io.console.read();
    if (character === undefined) break;
    receive(s, io, character);
  }
  update(s, io);
}

function readDR(s: State, io: Io): number {
  if (s.count === 0) return 0;
  const character = s.fifo[s.head] ?? 0;
  s.head = (s.head + 1) % FIFO_DEPTH;
  s.count--;
  s.RSR = (character & DR.errors) >> 8;
  if (s.count < trigger(s)) s.RIS &= ~INT.RX;
  if (s.count === 0) {
    s.RIS &= ~INT.RT;
    s.timeout = 0n;
  }
  fill(s, io);
  return character;
}

function writeDR(s: State, io: Io, value: number): void {
  s.polls = 0;
  // A disabled UART doesn't send, but early consoles and small programs count on virtual ones that do.
  if ((s.CR & (CR.UARTEN | CR.TXE)) !== (CR.UARTEN | CR.TXE) && io.log.on('guest_errors')) {
    io.log.write('guest_errors', 'pl011: character sent while the transmitter is disabled');
  }
  if (s.CR & CR.LBE) receive(s, io, value & 0xff);
  else io.console.write(value & 0xff);
  s.RIS |= INT.TX;
  update(s, io);
}

/** The modem inputs: inactive, or in loop-back the outputs (3.3.8, LBE). */
function modem(control: number): number {
  if ((control & CR.LBE) === 0) return 0;
  return (
    (control & CR.RTS ? FR.CTS : 0) | (control & CR.DTR ? FR.DSR : 0) | (control & CR.Out1 ? FR.DCD : 0) | (control & CR.Out2 ? FR.RI : 0)
  );
}

function readFR(s: State, io: Io): number {
  const flags = FR.TXFE | (s.count === 0 ? FR.RXFE : 0) | (s.count === depth(s) ? FR.RXFF : 0) | modem(s.CR);
  if (s.count === 0 && ++s.polls >= POLLS) fill(s, io);
  return flags;
}

function writeCR(s: State, io: Io, value: number): void {
  const changed = modem(s.CR) ^ modem(value);
  s.RIS |=
    (changed & FR.RI ? INT.RI : 0) | (changed & FR.CTS ? INT.CTS : 0) | (changed & FR.DCD ? INT.DCD : 0) | (changed & FR.DSR ? INT.DSR : 0);
  s.CR = value & CR.all;
  s.polls = 0;
  fill(s, io);
}

function writeLCR_H(s: State, io: Io, value: number): void {
  // Turning FIFOs on or off empties them (3.3.7).
  if ((s.LCR_H ^ value) & LCR_H.FEN) {
    s.head = s.count = 0;
    s.timeout = 0n;
    s.RIS &= ~(INT.RX | INT.RT);
  }
  s.LCR_H = value & 0xff;
  fill(s, io);
}

const { ro, wo, rw, port } = registers<State, Io>();

export const pl011 = defineDevice({
  name: 'pl011',
  doc: 'ARM DDI 0183',
  size: 0x1000,
  needs: needs<Io>(),
  state,
  regs: {
    0x00: port('UARTDR', readDR, writeDR),
    0x04: rw(
      'UARTRSR/UARTECR',
      s => s.RSR,
      s => {
        s.RSR = 0;
      },
    ),
    0x18: ro('UARTFR', readFR),
    0x20: rw(
      'UARTILPR',
      s => s.ILPR,
      (s, _io, v) => {
        s.ILPR = v & 0xff;
      },
    ),
    0x24: rw(
      'UARTIBRD',
      s => s.IBRD,
      (s, _io, v) => {
        s.IBRD = v & 0xffff;
      },
    ),
    0x28: rw(
      'UARTFBRD',
      s => s.FBRD,
      (s, _io, v) => {
        s.FBRD = v & 0x3f;
      },
    ),
    0x2c: rw('UARTLCR_H', s => s.LCR_H, writeLCR_H),
    0x30: rw('UARTCR', s => s.CR, writeCR),
    0x34: rw(
      'UARTIFLS',
      s => s.IFLS,
      (s, io, v) => {
        s.IFLS = v & 0x3f;
        fill(s, io);
      },
    ),
    0x38: rw(
      'UARTIMSC',
      s => s.IMSC,
      (s, io, v) => {
        s.IMSC = v & INT.all;
        s.polls = 0;
        fill(s, io);
      },
    ),
    0x3c: ro('UARTRIS', s => s.RIS),
    0x40: ro('UARTMIS', s => s.RIS & s.IMSC),
    0x44: wo('UARTICR', (s, io, v) => {
      s.RIS &= ~v;
      // Characters that stay behind must not be forgotten: their timeout starts again.
      if (v & INT.RT && s.count > 0) awaitTimeout(s, io);
      update(s, io);
    }),
    0x48: rw(
      'UARTDMACR',
      s => s.DMACR,
      (s, _io, v) => {
        s.DMACR = v & 7;
      },
    ),
    ...primeCellIds<State, Io>([0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
  },
  reset(s, io) {
    s.CR = CR.TXE | CR.RXE;
    s.IFLS = 0x12;
    update(s, io);
    io.console.onInput(() => fill(s, io));
  },
  tick(s, io) {
    if (s.timeout === 0n) return undefined;
    if (io.clock.now() < s.timeout) return s.timeout;
    s.timeout = 0n;
    s.RIS |= INT.RT;
    update(s, io);
    return undefined;
  },
  fdt: at => ({
    compatible: ['arm,pl011', 'arm,primecell'],
    reg: at.reg,
    interrupts: at.interrupts,
    clocks: [at.clock, at.clock],
    'clock-names': ['uartclk', 'apb_pclk'],
  }),
});
export type Pl011 = InstanceOf<typeof pl011>;
