/**
 * The thread behind `alarm.ts`: sleeps until the earlier of two times, then sets bits of a CPU's request word, which the
 * generated code looks at. A thread, because the CPU's own doesn't come back to its event loop while the guest runs.
 */
import { workerData } from 'node:worker_threads';
import { REQUEST_INTERRUPT, REQUEST_KICK } from '../../vcpu/cpu.ts';
import { ALARM, NEVER, SLEEPING_UNTIL, SLICE, WAKE, type AlarmData } from './alarm-shared.ts';

const { control, arena, expired, requestWord, origin } = workerData as AlarmData;
const wake = new Int32Array(control);
const times = new BigInt64Array(control);
const words = new Int32Array(arena);

function request(bits: number): void {
  Atomics.or(words, requestWord, bits);
  Atomics.notify(words, requestWord);
}

for (;;) {
  // From here until the times have been read every change counts WAKE up, which makes the ticket void.
  Atomics.store(times, SLEEPING_UNTIL, NEVER);
  const ticket = Atomics.load(wake, WAKE);
  const now = process.hrtime.bigint() - origin;
  // A time that has come is taken out only if it is still the one that was seen: it may have been replaced meanwhile.
  const alarm = Atomics.load(times, ALARM);
  if (alarm <= now && Atomics.compareExchange(times, ALARM, alarm, NEVER) === alarm) {
    Atomics.store(words, expired, 1);
    request(REQUEST_INTERRUPT);
  }
  const slice = Atomics.load(times, SLICE);
  if (slice <= now && Atomics.compareExchange(times, SLICE, slice, NEVER) === slice) request(REQUEST_KICK);
  const next = [Atomics.load(times, ALARM), Atomics.load(times, SLICE)].reduce((a, b) => (a < b ? a : b));
  Atomics.store(times, SLEEPING_UNTIL, next);
  if (next > now) Atomics.wait(wake, WAKE, ticket, next === NEVER ? Infinity : Number(next - now) / 1e6);
}
