/** What the two sides of an alarm share: places in a block of 64-bit times, in nanoseconds of the machine's clock. */

/** Index of a 32-bit counter that is raised, and notified, when a time was brought forward. */
export const WAKE = 0;
/** Indices of the 64-bit times: when the guest's timer rings, when the slice ends, and what the thread is sleeping for. */
export const ALARM = 1;
export const SLICE = 2;
export const SLEEPING_UNTIL = 3;
export const CONTROL_BYTES = 32;
export const NEVER = 2n ** 62n;

export interface AlarmData {
  readonly control: SharedArrayBuffer;
  readonly arena: SharedArrayBuffer;
  /** Indices into the arena's i32 view. */
  readonly expired: number;
  readonly requestWord: number;
  /** Words of the vCPU's control block: what it sleeps at, and its signals. */
  readonly vcpu: { readonly wait: number; readonly signals: number };
  /** The clock's zero, in process.hrtime's nanoseconds. */
  readonly origin: bigint;
  readonly places: { readonly wake: number; readonly alarm: number; readonly slice: number; readonly sleepingUntil: number };
  /** What is set in the request word, and of the signals. */
  readonly bits: { readonly interrupt: number; readonly kick: number; readonly signal: number };
  readonly never: bigint;
}
