/**
 * Interrupts generated code at a time, from a thread of its own: at the guest's timer deadline with REQUEST_INTERRUPT,
 * and at the end of a slice with a signal and REQUEST_KICK, so that the main thread gets to its event loop. One thread does it
 * for all CPUs of a VM, whichever threads they run on.
 */
import { Worker } from 'node:worker_threads';
import type { Alarm, AlarmTarget } from '../../kvm/arm64/timer.ts';
import { SIGALRM } from '../../kvm/requests.ts';
import { REQUEST_INTERRUPT, REQUEST_KICK } from '../../vcpu/cpu.ts';
import { alarmThread } from './alarm-thread.ts';
import {
  ALARM, EXPIRED, HEAD_BYTES, MAX_SLOTS, NEVER, REQUEST, SIGNALS, SLEEPING_UNTIL, SLICE, SLOT_BYTES, USED, WAIT, WAKE, type AlarmData,
} from './alarm-shared.ts';

export interface HostAlarm extends Alarm {
  /** The CPU is kicked in `ms` milliseconds unless `stop` comes first. */
  startSlice(ms: number): void;
  stop(): void;
}

/** The machine's; `origin` is its zero in process.hrtime's nanoseconds. */
export interface AlarmClock {
  readonly origin: bigint;
  now(): bigint;
}

/** The thread of one VM. */
export class AlarmThread {
  /** What alarms of it are made from (`alarmOf`), in any thread. */
  readonly control = new SharedArrayBuffer(HEAD_BYTES + MAX_SLOTS * SLOT_BYTES);
  private readonly worker: Worker;

  constructor(memory: WebAssembly.Memory, { origin }: AlarmClock) {
    const data: AlarmData = {
      control: this.control, arena: memory.buffer as unknown as SharedArrayBuffer, origin, never: NEVER,
      head: { wake: WAKE, used: USED, sleepingUntil: SLEEPING_UNTIL, bytes: HEAD_BYTES },
      slot: { bytes: SLOT_BYTES, alarm: ALARM, slice: SLICE, expired: EXPIRED, request: REQUEST, wait: WAIT, signals: SIGNALS },
      bits: { interrupt: REQUEST_INTERRUPT, kick: REQUEST_KICK, signal: 1 << (SIGALRM - 1) },
    };
    new BigInt64Array(this.control).fill(NEVER, SLEEPING_UNTIL);
    this.worker = new Worker(`(${alarmThread.toString()})(require('node:worker_threads').workerData)`, { eval: true, workerData: data });
    this.worker.unref();
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** One more alarm of a thread. Throws a RangeError where it has as many as there can be. */
export function alarmOf(control: SharedArrayBuffer, { expired, requestWord, control: vcpu }: AlarmTarget, clock: AlarmClock): HostAlarm {
  const words = new Int32Array(control);
  const times = new BigInt64Array(control);
  const n = claim(words);
  const [word, time] = [(HEAD_BYTES + n * SLOT_BYTES) / 4, (HEAD_BYTES + n * SLOT_BYTES) / 8];
  // Read by the thread once a time is set, which comes after this.
  for (const [field, value] of [[EXPIRED, expired], [REQUEST, requestWord], [WAIT, vcpu.wait], [SIGNALS, vcpu.signals]] as const) words[word + field] = value;
  // Later times need no wake-up: the thread looks at all whenever it wakes.
  const set = (which: number, at: bigint): void => {
    Atomics.store(times, time + which, at);
    if (at >= Atomics.load(times, SLEEPING_UNTIL)) return;
    Atomics.add(words, WAKE, 1);
    Atomics.notify(words, WAKE);
  };
  return {
    at: deadline => set(ALARM, deadline === undefined || deadline > NEVER ? NEVER : deadline),
    startSlice: ms => set(SLICE, clock.now() + BigInt(Math.round(ms * 1e6))),
    stop: () => set(SLICE, NEVER),
  };
}

function claim(words: Int32Array): number {
  const n = Atomics.add(words, USED, 1);
  if (n < MAX_SLOTS) return n;
  Atomics.sub(words, USED, 1);
  throw new RangeError(`there can be ${MAX_SLOTS} alarms`);
}

/** Alarms for the CPUs of one VM that this thread runs. */
export interface HostAlarms {
  /** The first one starts their thread. */
  create(target: AlarmTarget): HostAlarm;
  /** Ends the thread. */
  close(): Promise<void>;
}

export function createAlarms(clock: AlarmClock): HostAlarms {
  let thread: AlarmThread | undefined;
  return {
    create: target => alarmOf((thread ??= new AlarmThread(target.arena.memory, clock)).control, target, clock),
    close: async () => { await thread?.close(); },
  };
}
