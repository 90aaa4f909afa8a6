/**
 * What `kvm` sees of the engine: one CPU that runs until something outside generated code has to happen.
 * (Interface first; the loop is in `loop.ts`.)
 */
import type { GuestCpu, GuestExit } from '../isa/arch.ts';

/** Bits of the request word. Any thread may set them with `Atomics.or` on the word `requestWord` of the arena's i32 view. */
export const REQUEST_KICK = 1; // come back with 'kicked'
export const REQUEST_INTERRUPT = 2; // look at the interrupt lines again, then go on
export const REQUEST_INTERNAL = 4; // the engine's own: mode changed, code invalidated

export type CpuExit =
  /** An access to an address without memory. For a read the caller puts the data in `completeMmio` before the next run. */
  | { readonly kind: 'mmio'; readonly pa: number; readonly bytes: number; readonly write: boolean; readonly data: bigint }
  /** What the guest folder reports: hypercalls, waiting, semihosting. */
  | { readonly kind: 'guest'; readonly exit: GuestExit }
  /** REQUEST_KICK was seen. */
  | { readonly kind: 'kicked' }
  /** The instruction budget is used up (counted runs). */
  | { readonly kind: 'budget' };

export interface Cpu<G extends GuestCpu = GuestCpu> {
  readonly guest: G;
  /** Index into the arena's i32 view. */
  readonly requestWord: number;
  /** Runs until there is an exit. Interrupts are looked at on entry and whenever REQUEST_INTERRUPT is set. */
  run(): CpuExit;
  /** The answer to the last 'mmio' exit (ignored for writes). The instruction is completed by the next run. */
  completeMmio(data: bigint): void;
  /** The last 'mmio' exit has no device behind it: the next run raises the guest's external abort. */
  abortMmio(): void;
  /**
   * Runs nothing but the instruction that the last 'mmio' exit was for, to its end. Another exit where it needs more
   * answers; undefined when it is done, or took the exception that the answer was. Without such an exit: nothing.
   */
  finishMmio(): CpuExit | undefined;
  /** Runs one instruction; undefined: it is done, or took an exception. Otherwise as `run`. */
  step(interrupts?: boolean): CpuExit | undefined;
  /** The CPU starts anew: what an instruction was still waiting for is forgotten. The guest's state is the caller's to set. */
  reset(): void;
  /** Not 0: counted runs of that many instructions, after which 'budget' is reported; 0 turns counting off. */
  setBudget(instructions: number): void;
  /** Instructions retired since the start (exact in counted runs; 0 otherwise). */
  readonly retired: bigint;
  flushTlb(): void;
  /** Writes to a page of the arena have to be looked at again: to log them, or as there is code in it. */
  protectPage(page: number): void;
  /** The host changed guest-physical memory: translations of code in it are dropped. */
  memoryChanged(pa: number, bytes: number): void;
}
