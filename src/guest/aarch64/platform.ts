/**
 * What stands around an AArch64 CPU and is reached by its instructions: the interrupt controller's and timers' system
 * registers, and the interrupt lines. `kvm/arm64` provides it.
 */
import type { GuestExit } from '../../isa/arch.ts';

/** op0, op1, CRn, CRm, op2 of a system register in 16 bits, as KVM's register ids have them. */
export const sysregKey = (op0: number, op1: number, CRn: number, CRm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (CRn << 7) | (CRm << 3) | op2;

export interface Arm64Platform {
  /** Reads and writes of registers that live outside the CPU (ICC_*, CNT*_*). undefined / false: no such register. */
  readSystem(key: number): bigint | undefined;
  writeSystem(key: number, value: bigint): boolean;
  /** The clock of the cycle counter; it stands still without. */
  nanoseconds?(): bigint;
  /** The line of the performance monitors' overflow interrupt. */
  overflowed?(level: boolean): void;
  /** Interrupt lines into the CPU: bit 0 IRQ, bit 1 FIQ, bit 2 virtual SError. */
  lines(): number;
  /** Whether other CPUs that could run wait for this one's thread. Absent: there are none. */
  crowded?(): boolean;
  /** Entropy for RNDR, 64 bits. */
  random(): bigint;
}

/** Exits of this guest. `immediate` is the 16-bit operand; registers are read from the state. */
export interface HypercallExit extends GuestExit { readonly kind: 'hvc' | 'smc'; readonly immediate: number }
/** WFI or WFE with nothing pending, YIELD where it helps; PC is behind the instruction. */
export interface WaitExit extends GuestExit { readonly kind: 'wfi' | 'wfe' | 'yield' }
/** HLT 0xF000 with semihosting on; PC is behind the instruction, the operation in W0 and its parameter in X1. */
export interface SemihostExit extends GuestExit { readonly kind: 'semihost' }
/** BRK, HLT, breakpoint or step that a debugger outside asked to see. */
export interface DebugExit extends GuestExit { readonly kind: 'debug'; readonly esr: bigint; readonly far: bigint }
export type Arm64Exit = HypercallExit | WaitExit | SemihostExit | DebugExit;
