/**
 * Which CPUs run and which stand still, as the debugger knows it, and how it is told: in all-stop mode by one answer once all stand
 * still, in non-stop mode by notifications, one CPU at a time (GDB manual, "Stop Reply Packets", "Notification Packets").
 */
import { WATCHPOINT_READ, WATCHPOINT_WRITE, type DebugStop, type DebugTarget, type Resumption } from '../machine/index.ts';
import type { Registers } from './registers.ts';
import { threadOf } from './threads.ts';

const SIGNAL_0 = 0;
const SIGINT = 2;
const SIGTRAP = 5;

export interface StopSender {
  /** The answer to a packet that let CPUs run. */
  reply(payload: string): void;
  notify(payload: string): void;
  /** The debugger's attention goes to this CPU. */
  focus(cpu: number): void;
}

export class Stops {
  /** The debugger knows what these mean. */
  knowsSwbreak = false;
  knowsHwbreak = false;
  private readonly target: DebugTarget;
  private readonly registers: Registers;
  private readonly send: StopSender;
  private readonly last = new Map<number, DebugStop>();
  private current = 0;
  /** All-stop: the debugger waits for the answer that tells of the stop. */
  private waiting = false;
  /** The signal that tells of a stop for no reason of the CPU's own. */
  private signal = SIGTRAP;
  /** Non-stop: what is to be told, the first of which has been. */
  private readonly queue: string[] = [];
  private readonly whenHeld: (() => void)[] = [];

  constructor(target: DebugTarget, registers: Registers, send: StopSender) {
    this.target = target;
    this.registers = registers;
    this.send = send;
  }

  /** The debugger waits for a stop. */
  get running(): boolean { return this.waiting; }

  get nonStop(): boolean { return !this.target.allStop; }
  set nonStop(on: boolean) {
    this.target.allStop = !on;
    this.queue.length = 0;
  }

  private get cpus(): readonly number[] { return Array.from({ length: this.target.cpus }, (_, cpu) => cpu); }
  get allHeld(): boolean { return this.cpus.every(cpu => this.target.isHeld(cpu)); }

  /** CPUs stand still; in all-stop mode all of them do. */
  stopped(stops: readonly DebugStop[]): void {
    for (const stop of stops) this.last.set(stop.cpu, stop);
    if (this.nonStop) {
      for (const { cpu } of stops) this.tell(this.text(cpu));
      return;
    }
    // One stop is told of. Another CPU that came to a breakpoint meanwhile does so again when it goes on.
    this.current = (stops.find(({ reason }) => reason !== 'paused') ?? stops[0])?.cpu ?? this.current;
    for (const resolve of this.whenHeld.splice(0)) resolve();
    if (!this.waiting) return;
    this.waiting = false;
    this.send.reply(this.text(this.current));
  }

  /** Makes all CPUs stand still, in all-stop mode. */
  async hold(): Promise<void> {
    if (this.allHeld) return;
    const done = new Promise<void>(resolve => { this.whenHeld.push(resolve); });
    this.target.pause();
    await done;
  }

  /** Nobody waits any more. */
  end(): void {
    this.waiting = false;
    for (const resolve of this.whenHeld.splice(0)) resolve();
  }

  /** Lets CPUs go. What isn't named stays as it is, and what runs already runs on. */
  resume(how: ReadonlyMap<number, Resumption>): void {
    const going = new Map([...how].filter(([cpu]) => this.target.isHeld(cpu)).sort(([a], [b]) => a - b));
    this.waiting = !this.nonStop;
    this.signal = SIGTRAP;
    for (const cpu of going.keys()) this.last.delete(cpu);
    this.target.resume(going);
  }

  /** The debugger's Ctrl-C. */
  interrupt(): void {
    if (!this.nonStop && !this.waiting) return;
    this.signal = SIGINT;
    this.target.pause();
  }

  /** Non-stop: holds some CPUs; they are told of with no signal. */
  pause(cpus: readonly number[]): void {
    if (cpus.length === 0) return;
    this.signal = SIGNAL_0;
    this.target.pause(cpus);
  }

  /** The answer to `?`. In non-stop mode what stands still is told of from the beginning. */
  status(): string {
    if (!this.nonStop) return this.text(this.current);
    this.queue.length = 0;
    for (const cpu of this.cpus) if (this.target.isHeld(cpu)) this.queue.push(this.text(cpu));
    return this.queue[0] ?? 'OK';
  }

  /** vStopped: the last one was heard; the next. */
  next(): string {
    this.queue.shift();
    return this.queue[0] ?? 'OK';
  }

  private tell(text: string): void {
    this.queue.push(text);
    if (this.queue.length === 1) this.send.notify(`Stop:${text}`);
  }

  private text(cpu: number): string {
    this.send.focus(cpu);
    const stop = this.last.get(cpu) ?? { cpu, reason: 'paused' };
    const signal = stop.reason === 'paused' ? this.signal : SIGTRAP;
    return `T${signal.toString(16).padStart(2, '0')}${this.why(stop)}${this.registers.atStop(cpu)}thread:${threadOf(cpu)};core:${cpu.toString(16)};`;
  }

  private why({ reason, watchpoint }: DebugStop): string {
    if (reason === 'software') return this.knowsSwbreak ? 'swbreak:;' : '';
    if (reason === 'hardware') return this.knowsHwbreak ? 'hwbreak:;' : '';
    if (!watchpoint) return '';
    const kind = watchpoint.kind === WATCHPOINT_WRITE ? 'watch' : watchpoint.kind === WATCHPOINT_READ ? 'rwatch' : 'awatch';
    return `${kind}:${watchpoint.address.toString(16)};`;
  }
}
