/** The host's clocks: CLOCK_MONOTONIC, which all threads of the process share, and the time of day. */
import type { Clock } from '../../base/clock.ts';

/** What a guest's real-time clock starts from; it goes on at the host's pace from there. */
export type WallStart = 'utc' | 'localtime' | Date;

/** `now` starts at 0 when the clock is made, as a machine's counter does at power-on. */
export function hostClock(start: WallStart = 'utc'): Clock & { readonly origin: bigint } {
  const origin = process.hrtime.bigint();
  const shift = wallShift(start);
  return {
    origin,
    now: () => process.hrtime.bigint() - origin,
    wallSeconds: () => (Date.now() + shift) / 1000,
  };
}

/** Milliseconds to add to the host's time of day. */
function wallShift(start: WallStart): number {
  if (start === 'utc') return 0;
  return start === 'localtime' ? -new Date().getTimezoneOffset() * 60_000 : start.getTime() - Date.now();
}
