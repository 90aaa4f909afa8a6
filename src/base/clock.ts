/** Where time comes from. Passed in, so that tests and deterministic runs bring their own. */
export interface Clock {
  /** Monotonic nanoseconds since some fixed start. */
  now(): bigint;
  /** Seconds since 1970-01-01 UTC, for real-time clocks. */
  wallSeconds(): number;
}

/** A clock that moves only when it is told to. */
export class MockClock implements Clock {
  ns = 0n;
  epoch = 1_600_000_000;
  now(): bigint { return this.ns; }
  wallSeconds(): number { return this.epoch + Number(this.ns / 1_000_000_000n); }
  advance(ns: bigint | number): void { this.ns += BigInt(ns); }
}
