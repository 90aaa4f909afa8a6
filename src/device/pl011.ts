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

// UARTDR, UARTFR, UARTLCR_H, UARTCR, and the bits that UARTIMSC, UARTRIS, UARTMIS and UARTICR share.
const DR_OE = 1 << 11, DR_FE_PE_BE_OE = 0xf00;
const FR_CTS = 1, FR_DSR = 2, FR_DCD = 4, FR_RXFE = 0x10, FR_RXFF = 0x40, FR_TXFE = 0x80, FR_RI = 0x100;
const LCR_H_FEN = 0x10;
const CR_UARTEN = 1, CR_LBE = 0x80, CR_TXE = 0x100, CR_RXE = 0x200, CR_DTR = 0x400, CR_RTS = 0x800, CR_Out1 = 0x1000, CR_Out2 = 0x2000;
const CR_MASK = 0xff87;
const INT_RI = 1, INT_CTS = 2, INT_DCD = 4, INT_DSR = 8, INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_FE = 0x80, INT_OE = 0x400;
const INT_MASK = 0x7ff;

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
interface Io { readonly clock: Clock; readonly irq: Line; readonly console: ConsoleBackend; readonly log: Log }

const depth = (s: State): number => (s.LCR_H & LCR_H_FEN ? FIFO_DEPTH : 1);
/** Characters at which the receive interrupt is raised (UARTIFLS, 3.3.9); reserved selections count as the highest. */
const trigger = (s: State): number => (s.LCR_H & LCR_H_FEN ? [2, 4, 8, 12, 14][(s.IFLS >> 3) & 7] ?? 14 : 1);

const update = (s: State, io: Io): void => io.irq.set((s.RIS & s.IMSC) !== 0);

function receive(s: State, io: Io, character: number): void {
  if (s.count === depth(s)) {
    s.RIS |= INT_OE;
    const last = (s.head + s.count - 1) % FIFO_DEPTH;
    s.fifo[last] = (s.fifo[last] ?? 0) | DR_OE;
    return;
  }
  s.fifo[(s.head + s.count) % FIFO_DEPTH] = character;
  s.count++;
  s.RIS |= ((character & DR_FE_PE_BE_OE) >> 8) * INT_FE;
  if (s.count >= trigger(s)) s.RIS |= INT_RX;
  awaitTimeout(s, io);
}

/** The receive timeout comes 32 bit periods after the last character (2.4.4). */
function awaitTimeout(s: State, io: Io): void {
  const divisor = s.IBRD === 0 ? UARTCLK / 16 / 115200 : s.IBRD + s.FBRD / 64;
  s.timeout = io.clock.now() + BigInt(Math.ceil(32 * 16 * divisor * 1e9 / UARTCLK));
}

/**
 * Drivers empty the FIFO when they start, and throw away what they find. So that this can't eat what was typed while
 * the machine was still booting, input stays in the back end until the receive interrupts are on, or until the guest
 * reads UARTFR again and again, which only one who polls for input does.
 */
const mayReceive = (s: State): boolean =>
  (s.CR & CR_LBE) === 0 && ((s.IMSC & (INT_RX | INT_RT)) !== 0 ? (s.CR & (CR_UARTEN | CR_RXE)) === (CR_UARTEN | CR_RXE) : s.polls >= POLLS);

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
  s.RSR = (character & DR_FE_PE_BE_OE) >> 8;
  if (s.count < trigger(s)) s.RIS &= ~INT_RX;
  if (s.count === 0) { s.RIS &= ~INT_RT; s.timeout = 0n; }
  fill(s, io);
  return character;
}

function writeDR(s: State, io: Io, value: number): void {
  s.polls = 0;
  // A disabled UART doesn't send, but early consoles and small programs count on virtual ones that do.
  if ((s.CR & (CR_UARTEN | CR_TXE)) !== (CR_UARTEN | CR_TXE) && io.log.on('guest_errors')) {
    io.log.write('guest_errors', 'pl011: character sent while the transmitter is disabled');
  }
  if (s.CR & CR_LBE) receive(s, io, value & 0xff);
  else io.console.write(value & 0xff);
  s.RIS |= INT_TX;
  update(s, io);
}

/** The modem inputs: inactive, or in loop-back the outputs (3.3.8, LBE). */
function modem(CR: number): number {
  if ((CR & CR_LBE) === 0) return 0;
  return (CR & CR_RTS ? FR_CTS : 0) | (CR & CR_DTR ? FR_DSR : 0) | (CR & CR_Out1 ? FR_DCD : 0) | (CR & CR_Out2 ? FR_RI : 0);
}

function readFR(s: State, io: Io): number {
  const flags = FR_TXFE | (s.count === 0 ? FR_RXFE : 0) | (s.count === depth(s) ? FR_RXFF : 0) | modem(s.CR);
  if (s.count === 0 && ++s.polls >= POLLS) fill(s, io);
  return flags;
}

function writeCR(s: State, io: Io, value: number): void {
  const changed = modem(s.CR) ^ modem(value);
  s.RIS |= (changed & FR_RI ? INT_RI : 0) | (changed & FR_CTS ? INT_CTS : 0) | (changed & FR_DCD ? INT_DCD : 0) | (changed & FR_DSR ? INT_DSR : 0);
  s.CR = value & CR_MASK;
  s.polls = 0;
  fill(s, io);
}

function writeLCR_H(s: State, io: Io, value: number): void {
  // Turning FIFOs on or off empties them (3.3.7).
  if ((s.LCR_H ^ value) & LCR_H_FEN) { s.head = s.count = 0; s.timeout = 0n; s.RIS &= ~(INT_RX | INT_RT); }
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
    0x04: rw('UARTRSR/UARTECR', s => s.RSR, s => { s.RSR = 0; }),
    0x18: ro('UARTFR', readFR),
    0x20: rw('UARTILPR', s => s.ILPR, (s, _io, v) => { s.ILPR = v & 0xff; }),
    0x24: rw('UARTIBRD', s => s.IBRD, (s, _io, v) => { s.IBRD = v & 0xffff; }),
    0x28: rw('UARTFBRD', s => s.FBRD, (s, _io, v) => { s.FBRD = v & 0x3f; }),
    0x2c: rw('UARTLCR_H', s => s.LCR_H, writeLCR_H),
    0x30: rw('UARTCR', s => s.CR, writeCR),
    0x34: rw('UARTIFLS', s => s.IFLS, (s, io, v) => { s.IFLS = v & 0x3f; fill(s, io); }),
    0x38: rw('UARTIMSC', s => s.IMSC, (s, io, v) => { s.IMSC = v & INT_MASK; s.polls = 0; fill(s, io); }),
    0x3c: ro('UARTRIS', s => s.RIS),
    0x40: ro('UARTMIS', s => s.RIS & s.IMSC),
    0x44: wo('UARTICR', (s, io, v) => {
      s.RIS &= ~v;
      // Characters that stay behind must not be forgotten: their timeout starts again.
      if (v & INT_RT && s.count > 0) awaitTimeout(s, io);
      update(s, io);
    }),
    0x48: rw('UARTDMACR', s => s.DMACR, (s, _io, v) => { s.DMACR = v & 7; }),
    ...primeCellIds<State, Io>([0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
  },
  reset(s, io) {
    s.CR = CR_TXE | CR_RXE;
    s.IFLS = 0x12;
    update(s, io);
    io.console.onInput(() => fill(s, io));
  },
  tick(s, io) {
    if (s.timeout === 0n) return undefined;
    if (io.clock.now() < s.timeout) return s.timeout;
    s.timeout = 0n;
    s.RIS |= INT_RT;
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
