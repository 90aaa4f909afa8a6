/**
 * A whole machine on counted time: a quantum of instructions is a microsecond or so of its clock, and timers and interrupts
 * are seen between quanta only. What it does then depends on nothing but its images: not on the host, and not on what the
 * engine compiles, evicts or cuts into units.
 */
import type { Clock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { Random } from '../../../src/base/random.ts';
import { QueueConsole } from '../../../src/device/console.ts';
import { nodeSources } from '../../../src/host/node/sources.ts';
import { createMachine, type CreatedMachine, type MachineRequest } from '../../../src/machine/create.ts';
import type { Ending } from '../../../src/machine/machine.ts';
import type { Cpu } from '../../../src/vcpu/cpu.ts';

/** Instructions of a quantum. */
export const QUANTUM = 10_000;
/** Nanoseconds of the guest's time for an instruction. */
const NS = 2;
const SECOND = 1_000_000_000n;
const EPOCH = 1_600_000_000;
const SEED = 0x5eed;

class CountedClock implements Clock {
  ns = SECOND;
  now(): bigint { return this.ns; }
  wallSeconds(): number { return EPOCH + Number(this.ns / SECOND); }
}

export class CountedMachine {
  readonly created: CreatedMachine;
  /** What the guest has sent to its serial line. */
  output = '';
  private readonly clock = new CountedClock();
  private readonly console = new QueueConsole(byte => { this.output += String.fromCharCode(byte); });
  /** Instructions at which the running quantum ends. */
  private due = 0n;
  private interrupts = true;
  private resume: () => void = () => {};
  private stopped: (ending: Ending | undefined) => void = () => {};
  private started = false;

  constructor(request: MachineRequest) {
    const random = new Random(SEED);
    this.created = createMachine(request, {
      clock: this.clock, log: silentLog, console: this.console,
      random: n => Uint8Array.from({ length: n }, () => random.below(256)),
      gunzip: nodeSources.gunzip,
      loop: { yield: () => this.turn(undefined), sleep: until => this.turn(until, true), wake: () => {} },
    });
    const { guest } = this.cpu;
    const takeInterrupt = guest.takeInterrupt.bind(guest);
    guest.takeInterrupt = () => {
      if (!this.interrupts) return false;
      this.interrupts = false;
      return takeInterrupt();
    };
  }

  get cpu(): Cpu { return this.created.machine.parts.vcpus[0]!.arch.cpu; }

  send(text: string): void { this.console.send(Buffer.from(text)); }

  /** Runs to the end of the next quantum, or of what the guest waits for. The machine's ending, if it has ended. */
  quantum(): Promise<Ending | undefined> {
    this.due = this.cpu.retired + BigInt(QUANTUM);
    this.cpu.setBudget(QUANTUM);
    this.interrupts = true;
    return new Promise((resolve, reject) => {
      this.stopped = resolve;
      if (this.started) this.resume();
      else this.created.machine.run().then(ending => this.stopped(ending), reject);
      this.started = true;
    });
  }

  /** Quanta until the serial line has shown `text`, or the machine ends. Throws where `limit` of them don't do. */
  async runTo(text: string, limit = 1_000_000): Promise<void> {
    for (let n = 0; !this.output.includes(text); n++) {
      if (n >= limit) throw new Error(`'${text}' was not seen within ${limit} quanta; the output ends with ${this.output.slice(-200)}`);
      if (await this.quantum()) return;
    }
  }

  /** The machine's turn to let the host have one: a quantum is over, the guest waits, or it was interrupted in between. */
  private async turn(until: bigint | undefined, idle = false): Promise<void> {
    if (!idle && this.cpu.retired < this.due) return;
    if (idle && until === undefined && this.console.waiting === 0) throw new Error('the guest waits for nothing');
    const after = this.clock.ns + BigInt(QUANTUM * NS);
    this.clock.ns = idle && until !== undefined && until > after ? until : after;
    await new Promise<void>(resolve => {
      this.resume = resolve;
      this.stopped(undefined);
    });
  }
}
