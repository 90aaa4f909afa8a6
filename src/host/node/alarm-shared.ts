/**
 * What the alarm thread and those that set alarms share: a block with the thread's own words, and a slot for each CPU with its
 * times, in nanoseconds of the machine's clock, and the places in the arena that it is told at.
 */

/** Indices of 32-bit words: a counter that is raised, and notified, when a time was brought forward; how many slots are used. */
export const WAKE = 0;
export const USED = 1;
/** Index of a 64-bit time: when the thread wakes next. */
export const SLEEPING_UNTIL = 1;

/** Bytes up to the first slot, and of a slot. */
export const HEAD_BYTES = 64;
export const SLOT_BYTES = 32;
export const MAX_SLOTS = 512;
/** Of a slot, 64-bit times: when the guest's timer rings, when the slice ends. */
export const ALARM = 0;
export const SLICE = 1;
/** Of a slot, 32-bit words: the CPU's words as indices into the arena's i32 view (AlarmTarget), and of its vCPU's control block. */
export const EXPIRED = 4;
export const REQUEST = 5;
export const WAIT = 6;
export const SIGNALS = 7;

export const NEVER = 2n ** 62n;

export interface AlarmData {
  readonly control: SharedArrayBuffer;
  readonly arena: SharedArrayBuffer;
  /** The clock's zero, in process.hrtime's nanoseconds. */
  readonly origin: bigint;
  /** The constants above. */
  readonly head: { readonly wake: number; readonly used: number; readonly sleepingUntil: number; readonly bytes: number };
  readonly slot: {
    readonly bytes: number; readonly alarm: number; readonly slice: number; readonly expired: number; readonly request: number;
    readonly wait: number; readonly signals: number;
  };
  /** What is set in the request word, and of the signals. */
  readonly bits: { readonly interrupt: number; readonly kick: number; readonly signal: number };
  readonly never: bigint;
}
