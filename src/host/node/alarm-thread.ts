/**
 * The thread behind `alarm.ts`: sleeps until the earliest of all CPUs' times, then sets bits of that CPU's request word, which the
 * generated code looks at. A thread, because a CPU's own doesn't come back to its event loop while the guest runs.
 *
 * The function's own text is the thread's program, so it names nothing outside of itself: a module would bring the
 * TypeScript loader into the thread, which costs more than all that it ever does.
 */
import type { AlarmData } from './alarm-shared.ts';

export function alarmThread({ control, arena, origin, head, slot, bits, never }: AlarmData): never {
  const own = new Int32Array(control);
  const times = new BigInt64Array(control);
  const words = new Int32Array(arena);
  const [firstWord, firstTime, slotWords, slotTimes] = [head.bytes / 4, head.bytes / 8, slot.bytes / 4, slot.bytes / 8];
  const request = (at: number, which: number): void => {
    Atomics.or(words, own[at + slot.request]!, which);
    const wait = own[at + slot.wait]!;
    Atomics.add(words, wait, 1);
    Atomics.notify(words, wait);
  };
  /** A time that has come is taken out only if it is still the one that was seen: it may have been replaced meanwhile. */
  const isDue = (index: number, now: bigint): boolean => {
    const time = Atomics.load(times, index);
    return time <= now && Atomics.compareExchange(times, index, time, never) === time;
  };
  for (;;) {
    // From here until the times have been read every change counts WAKE up, which makes the ticket void.
    Atomics.store(times, head.sleepingUntil, never);
    const ticket = Atomics.load(own, head.wake);
    const now = process.hrtime.bigint() - origin;
    const used = Atomics.load(own, head.used);
    let next = never;
    for (let n = 0; n < used; n++) {
      const at = firstWord + n * slotWords;
      const [alarm, slice] = [firstTime + n * slotTimes + slot.alarm, firstTime + n * slotTimes + slot.slice];
      if (isDue(alarm, now)) {
        Atomics.store(words, own[at + slot.expired]!, 1);
        request(at, bits.interrupt);
      }
      if (isDue(slice, now)) {
        Atomics.or(words, own[at + slot.signals]!, bits.signal);
        request(at, bits.kick);
      }
      for (const index of [alarm, slice]) {
        const time = Atomics.load(times, index);
        if (time < next) next = time;
      }
    }
    Atomics.store(times, head.sleepingUntil, next);
    if (next > now) Atomics.wait(own, head.wake, ticket, next === never ? Infinity : Number(next - now) / 1e6);
  }
}
