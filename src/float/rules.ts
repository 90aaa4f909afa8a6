/** What IEEE 754 leaves to an architecture: where exceptions are reported, which NaN a result is, what is flushed. */
import type { FpSize, Unpacked } from './format.ts';

/** Rounding modes. The first four stand in the order of IEEE 754-1985, which most architectures' control registers have. */
export const Rounding = { TIEEVEN: 0, POSINF: 1, NEGINF: 2, ZERO: 3, TIEAWAY: 4, ODD: 5 } as const;
export type Rounding = (typeof Rounding)[keyof typeof Rounding];

/** The five exceptions (IEEE 754-2008, 7). */
export const Exception = { INVALID: 1, DIVIDE_BY_ZERO: 2, OVERFLOW: 4, UNDERFLOW: 8, INEXACT: 16 } as const;
export type Exception = (typeof Exception)[keyof typeof Exception];

/** Why an operation is invalid (IEEE 754-2008, 7.2), for architectures that tell. */
export const Invalid = {
  SIGNALLING_NAN: 1,
  INFINITY_MINUS_INFINITY: 2,
  INFINITY_BY_INFINITY: 3,
  ZERO_BY_ZERO: 4,
  INFINITY_TIMES_ZERO: 5,
  ROOT: 6,
  CONVERSION: 7,
} as const;
export type Invalid = (typeof Invalid)[keyof typeof Invalid];

/** An architecture's rules; S is where it keeps its control and status. Tininess is detected before rounding. */
export interface Rules<S> {
  /** An operand; one that the architecture flushes becomes zero. */
  unpack(s: S, N: FpSize, op: bigint): Unpacked;
  rounding(s: S): Rounding;
  /** Whether tiny results become zero, with underflow reported. */
  flushes(s: S, N: FpSize): boolean;
  /** Reports. `detail`: of invalid ones the reason; of inexact ones 1 where the magnitude was rounded up. */
  raise(s: S, exception: Exception, detail?: number): void;
  /** The result where an operand is a NaN, reported; undefined where none is. */
  processNaNs(s: S, N: FpSize, operands: readonly (readonly [Unpacked, bigint])[]): bigint | undefined;
  /** Whether infinity times zero plus a quiet NaN gives the default NaN. */
  readonly invalidProductBeatsNaN: boolean;
  /**
   * Whether overflow or underflow traps: then the result is the rounded one with its exponent wrapped (IEEE 754-1985,
   * 7.3 and 7.4), and any tiny result underflows. No architecture that leaves it out traps.
   */
  traps?(s: S, exception: Exception): boolean;
}
