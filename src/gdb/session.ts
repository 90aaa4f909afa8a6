/**
 * One debugger at the other end of a stream: acknowledgements, and what outlasts a packet. Memory is bounded whatever comes: packets
 * are taken one at a time, each answer waits until the peer has room for more.
 */
import type { DebugStop, DebugTarget } from '../machine/index.ts';
import type { Architecture } from './architecture.ts';
import { Breakpoints } from './breakpoints.ts';
import { answer, concernsCpus } from './commands.ts';
import { Memory } from './memory.ts';
import { packet, PacketReader, type Received } from './packets.ts';
import { Registers } from './registers.ts';
import { ERROR } from './replies.ts';
import { Stops } from './stops.ts';
import type { ByteStream } from './stream.ts';

/** What is debugged. */
export interface GdbMachine {
  readonly target: DebugTarget;
  readonly architecture: Architecture;
  /** A CPU, for people. */
  describe(cpu: number): string;
  /** A line for the machine's monitor; its answer. */
  monitor(line: string): string;
  /** Ends the machine. */
  kill(): void;
}

const ACK = Uint8Array.of(0x2b);
const NAK = Uint8Array.of(0x2d);

export class Session {
  readonly machine: GdbMachine;
  readonly registers: Registers;
  readonly breakpoints: Breakpoints;
  readonly memory: Memory;
  readonly stops: Stops;
  /** The CPUs that Hg and Hc chose; for continuing none may be. */
  cpu = 0;
  continued: number | undefined;
  private readonly stream: ByteStream;
  private readonly reader = new PacketReader();
  private acknowledges = true;
  private lastSent: Uint8Array | undefined;
  private sent: Promise<void> = Promise.resolve();
  private open = true;
  /** It has had CPUs stand still. */
  private attached = false;
  /** They did so before it came, and it let none go. */
  private foundHeld = false;

  constructor(machine: GdbMachine, stream: ByteStream) {
    const { target, architecture } = machine;
    this.machine = machine;
    this.stream = stream;
    this.registers = new Registers(target, architecture);
    this.breakpoints = new Breakpoints(target);
    this.memory = new Memory(target);
    this.stops = new Stops(target, this.registers, {
      reply: payload => this.reply(payload),
      notify: payload => this.put(packet(payload, '%')),
      focus: cpu => { this.cpu = cpu; },
    });
  }

  /** Until the peer or the machine ends. */
  async run(): Promise<void> {
    // As QEMU has it: who steps through a function doesn't want to be led into the timer's handler.
    this.machine.target.stepsTakeInterrupts = false;
    try {
      while (this.open) {
        const bytes = await this.stream.read();
        if (!bytes) break;
        for (const received of this.reader.read(bytes)) {
          await this.take(received);
          await this.sent;
          if (!this.open) break;
        }
      }
    } finally {
      this.release();
      this.close();
    }
  }

  /** The machine has ended, with a status as processes have it. */
  ended(status: number): void {
    const text = `W${(status & 0xff).toString(16).padStart(2, '0')}`;
    if (this.attached && this.stops.nonStop) this.put(packet(`Stop:${text}`, '%'));
    else if (this.stops.running) this.reply(text);
    this.close();
  }

  close(): void {
    this.open = false;
    this.stops.end();
    this.stream.close();
  }

  /** Sends a packet. */
  reply(payload: string): void {
    this.lastSent = packet(payload);
    this.put(this.lastSent);
  }

  acknowledgeNoMore(): void { this.acknowledges = false; }

  /** From now on CPUs run because this debugger let them. */
  letGo(): void { this.foundHeld = false; }

  /** Everything that it inserted goes, and the machine runs on, unless it didn't before. */
  release(): void {
    if (!this.attached) return;
    this.attached = false;
    this.stops.end();
    const { target } = this.machine;
    this.breakpoints.clear();
    this.stops.nonStop = false;
    target.stepsTakeInterrupts = true;
    if (this.foundHeld) target.attach({ stopped: () => {} });
    else target.detach();
  }

  private async attach(): Promise<void> {
    this.attached = true;
    this.foundHeld = this.stops.allHeld;
    this.machine.target.attach({ stopped: stops => this.stopped(stops) });
    if (!this.stops.nonStop) await this.stops.hold();
  }

  private stopped(stops: readonly DebugStop[]): void {
    if (this.open) this.stops.stopped(stops);
  }

  private async take(received: Received): Promise<void> {
    switch (received.kind) {
      case 'packet':
        this.acknowledge(ACK);
        await this.serve(received.data);
        break;
      case 'corrupt': this.acknowledge(NAK); break;
      case 'long':
        this.acknowledge(ACK);
        this.reply(ERROR.invalid);
        break;
      case 'nak': if (this.acknowledges && this.lastSent) this.put(this.lastSent); break;
      case 'interrupt': this.stops.interrupt(); break;
      case 'ack': break;
    }
  }

  private async serve(payload: string): Promise<void> {
    if (!this.attached && concernsCpus(payload)) {
      await this.attach();
      if (!this.open) return;
    }
    const reply = answer(this, payload);
    if (reply !== undefined) this.reply(reply);
  }

  private acknowledge(how: Uint8Array): void {
    if (this.acknowledges) this.put(how);
  }

  private put(bytes: Uint8Array): void {
    if (this.open) this.sent = this.stream.write(bytes);
  }
}
