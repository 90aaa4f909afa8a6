/** Waiting without blocking the event loop: for a time, for the event loop's next turn, or until somebody wakes us. */
import type { HostLoop } from '../../machine/host.ts';

/** Node's timers don't take longer than this; whoever sleeps sleeps again. */
const LONGEST_MS = 2 ** 31 - 1;

/** `before` is called before each turn of the event loop: what was gathered up goes out there. */
export function createHostLoop(clock: { now(): bigint }, before: () => void = () => {}): HostLoop {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    yield() {
      before();
      return new Promise(resolve => { setImmediate(resolve); });
    },
    sleep(until) {
      before();
      return new Promise(resolve => {
        const ms = until === undefined ? LONGEST_MS : Number(until - clock.now()) / 1e6;
        let timer: NodeJS.Timeout | undefined;
        end = () => {
          clearTimeout(timer);
          woken = false;
          end = undefined;
          resolve();
        };
        // Under a millisecond a timer would be late by more than it is long; Node drops the fraction of a longer one.
        if (woken || ms < 1) setImmediate(() => end?.());
        else timer = setTimeout(() => end?.(), Math.min(Math.ceil(ms), LONGEST_MS));
      });
    },
    wake() {
      woken = true;
      end?.();
    },
  };
}
