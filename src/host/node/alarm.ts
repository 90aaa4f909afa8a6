/**
 * Interrupts generated code at a time, from a thread of its own: at the guest's timer deadline with REQUEST_INTERRUPT,
 * and at the end of a slice with a signal and REQUEST_KICK, so that the main thread gets to its event loop.
 */
import { Worker } from 'node:worker_threads';
import type { Alarm, AlarmTarget } from '../../kvm/arm64/timer.ts';
import { SIGALRM } from '../../kvm/requests.ts';
import { REQUEST_INTERRUPT, REQUEST_KICK } from '../../vcpu/cpu.ts';
import { alarmThread } from './alarm-thread.ts';
import { ALARM, CONTROL_BYTES, NEVER, SLEEPING_UNTIL, SLICE, WAKE, type AlarmData } from './alarm-shared.ts';

export interface HostAlarm extends Alarm {
  /** The CPU is kicked in `ms` milliseconds unless `stop` comes first. */
  startSlice(ms: number): void;
  stop(): void;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** `clock`: the machine's; its `origin` is its zero in process.hrtime's nanoseconds. */
export function createAlarm(target: AlarmTarget, clock: { readonly origin: bigint; now(): bigint }): HostAlarm {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  const wake = new Int32Array(control);
  const times = new BigInt64Array(control);
  times.fill(NEVER, ALARM);
  const arena = target.arena.memory.buffer as unknown as SharedArrayBuffer;
  const data: AlarmData = {
    control, arena, expired: target.expired, requestWord: target.requestWord, vcpu: target.control, origin: clock.origin, never: NEVER,
    places: { wake: WAKE, alarm: ALARM, slice: SLICE, sleepingUntil: SLEEPING_UNTIL },
    bits: { interrupt: REQUEST_INTERRUPT, kick: REQUEST_KICK, signal: 1 << (SIGALRM - 1) },
  };
  const worker = new Worker(`(${alarmThread.toString()})(require('node:worker_threads').workerData)`, { eval: true, workerData: data });
  worker.unref();
  // Later times need no wake-up: the thread looks at both whenever it wakes.
  const set = (which: number, time: bigint): void => {
    Atomics.store(times, which, time);
    if (time >= Atomics.load(times, SLEEPING_UNTIL)) return;
    Atomics.add(wake, WAKE, 1);
    Atomics.notify(wake, WAKE);
  };
  return {
    at: deadline => set(ALARM, deadline === undefined || deadline > NEVER ? NEVER : deadline),
    startSlice: ms => set(SLICE, clock.now() + BigInt(Math.round(ms * 1e6))),
    stop: () => set(SLICE, NEVER),
    close: async () => { await worker.terminate(); },
  };
}
