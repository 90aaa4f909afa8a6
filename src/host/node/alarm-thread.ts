/**
 * The thread behind `alarm.ts`: sleeps until the earlier of two times, then sets bits of a CPU's request word, which the
 * generated code looks at. A thread, because the CPU's own doesn't come back to its event loop while the guest runs.
 *
 * The function's own text is the thread's program, so it names nothing outside of itself: a module would bring the
 * TypeScript loader into the thread, which costs more than all that it ever does.
 */
import type { AlarmData } from './alarm-shared.ts';

export function alarmThread({ control, arena, expired, requestWord, vcpu, origin, places, bits, never }: AlarmData): never {
  const wake = new Int32Array(control);
  const times = new BigInt64Array(control);
  const words = new Int32Array(arena);
  const request = (which: number): void => {
    Atomics.or(words, requestWord, which);
    Atomics.add(words, vcpu.wait, 1);
    Atomics.notify(words, vcpu.wait);
  };
  for (;;) {
    // From here until the times have been read every change counts WAKE up, which makes the ticket void.
    Atomics.store(times, places.sleepingUntil, never);
    const ticket = Atomics.load(wake, places.wake);
    const now = process.hrtime.bigint() - origin;
    // A time that has come is taken out only if it is still the one that was seen: it may have been replaced meanwhile.
    const alarm = Atomics.load(times, places.alarm);
    if (alarm <= now && Atomics.compareExchange(times, places.alarm, alarm, never) === alarm) {
      Atomics.store(words, expired, 1);
      request(bits.interrupt);
    }
    const slice = Atomics.load(times, places.slice);
    if (slice <= now && Atomics.compareExchange(times, places.slice, slice, never) === slice) {
      Atomics.or(words, vcpu.signals, bits.signal);
      request(bits.kick);
    }
    const next = [Atomics.load(times, places.alarm), Atomics.load(times, places.slice)].reduce((a, b) => (a < b ? a : b));
    Atomics.store(times, places.sleepingUntil, next);
    if (next > now) Atomics.wait(wake, places.wake, ticket, next === never ? Infinity : Number(next - now) / 1e6);
  }
}
