/** The host's clocks: CLOCK_MONOTONIC, which all threads of the process share, and the time of day. */
import type { Clock } from '../../base/clock.ts';

export interface HostClock extends Clock {
  /** The clock's zero, in process.hrtime's nanoseconds. */
  readonly origin: bigint;
}

export interface WallTime {
  /** What a guest's real-time clock shows at the start. */
  readonly base: 'utc' | 'localtime' | Date;
  /** `host` follows changes of the host's time of day, `vm` goes on evenly. */
  readonly clock: 'host' | 'vm';
}

/** `now` starts at 0 when the clock is made, as a machine's counter does at power-on. */
export function hostClock({ base, clock }: WallTime = { base: 'utc', clock: 'host' }): HostClock {
  const origin = process.hrtime.bigint();
  const now = (): bigint => process.hrtime.bigint() - origin;
  const started = Date.now();
  const shift = wallShift(base, started);
  const milliseconds = clock === 'host' ? Date.now : () => started + Number(now()) / 1e6;
  return { origin, now, wallSeconds: () => (milliseconds() + shift) / 1000 };
}

/** Milliseconds to add to the host's time of day. */
function wallShift(base: WallTime['base'], started: number): number {
  if (base === 'utc') return 0;
  return base === 'localtime' ? -new Date(started).getTimezoneOffset() * 60_000 : base.getTime() - started;
}
