/** Waiting without blocking the event loop: for a time, for the event loop's next turn, or until somebody wakes us. */

export interface Waiter {
  /** Lets timers, input and other callbacks run once. */
  turn(): Promise<void>;
  /** Until `wake` is called, or the clock reaches the deadline (its nanoseconds; undefined: never). */
  sleep(deadline: bigint | undefined): Promise<void>;
  /** Ends the sleep, or else makes the next one end at once. */
  wake(): void;
}

/** Node's timers don't take longer than this; the loop around the sleep sleeps again. */
const LONGEST_MS = 2 ** 31 - 1;

export function createWaiter(clock: { now(): bigint }): Waiter {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    turn: () => new Promise(resolve => { setImmediate(resolve); }),
    sleep: deadline => new Promise(resolve => {
      const ms = deadline === undefined ? LONGEST_MS : Number(deadline - clock.now()) / 1e6;
      let timer: NodeJS.Timeout | undefined;
      end = () => {
        clearTimeout(timer);
        woken = false;
        end = undefined;
        resolve();
      };
      // Under a millisecond a timer would be late by more than it is long.
      if (woken || ms < 1) setImmediate(() => end?.());
      else timer = setTimeout(() => end?.(), Math.min(ms, LONGEST_MS));
    }),
    wake() {
      woken = true;
      end?.();
    },
  };
}
