/** PSTATE of AArch32 at EL0 as one word, as SPSR_EL1 has it of an exception from there (ARM DDI 0487, C5.2.18): the CPSR's layout. */
import type { CpuState } from '../state.ts';

/** M[4:0] of User mode, and the bit of it that says AArch32. */
const USER = 0x10;
export const M_nRW = 1 << 4;
const M_mode = 0xf;
const T = 1 << 5;
const AIF = 0x1c0;
const NZCV = 0xf000_0000;

/** Whether an SPSR is of a state that ERET may return to: User mode. The other modes belong to EL1. */
export const isUserMode = (spsr: number): boolean => (spsr & (M_nRW | M_mode)) === USER;

export function packAArch32(s: CpuState): number {
  return (
    (s.nzcv |
      (s.Q << 27) |
      ((s.ITSTATE & 3) << 25) |
      (s.DIT << 24) |
      (s.SSBS << 23) |
      (s.PAN << 22) |
      (s.SS << 21) |
      (s.IL << 20) |
      (s.GE << 16) |
      ((s.ITSTATE >>> 2) << 10) |
      (s.E << 9) |
      (s.daif & AIF) |
      (s.T ? T : 0) |
      USER) >>>
    0
  );
}

/** All but the exception level. What AArch64 has besides is as after an exception return: zero. */
export function unpackAArch32(s: CpuState, spsr: number): void {
  s.nRW = 1;
  s.nzcv = (spsr & NZCV) >>> 0;
  s.Q = (spsr >>> 27) & 1;
  s.DIT = (spsr >>> 24) & 1;
  s.SSBS = (spsr >>> 23) & 1;
  s.PAN = (spsr >>> 22) & 1;
  s.SS = (spsr >>> 21) & 1;
  s.IL = (spsr >>> 20) & 1;
  s.GE = (spsr >>> 16) & 15;
  s.E = (spsr >>> 9) & 1;
  s.daif = spsr & AIF;
  s.T = spsr & T ? 1 : 0;
  // A32 has no IT blocks.
  s.ITSTATE = s.T ? ((spsr >>> 25) & 3) | (((spsr >>> 10) & 0x3f) << 2) : 0;
  s.UAO = 0;
}

/** The bits that a CPU with these features has. */
export function writableAArch32(features: ReadonlySet<string>): number {
  const bit = (feature: string, n: number): number => (features.has(feature) ? 0 : 1 << n);
  return ~(bit('DIT', 24) | bit('SSBS', 23) | bit('PAN', 22)) >>> 0;
}

/** Of an exception or a debugger's hand: AArch64 has none of it. */
export function leaveAArch32(s: CpuState): void {
  s.nRW = 0;
  s.T = 0;
  s.ITSTATE = 0;
  s.E = 0;
}

/** Behind an instruction of so many bytes: PC, and ITAdvance. */
export function advance(s: CpuState, bytes: number): void {
  s.pc += BigInt(bytes);
  if (s.nRW) ITAdvance(s);
}

export function ITAdvance(s: CpuState): void {
  s.ITSTATE = (s.ITSTATE & 7) === 0 ? 0 : (s.ITSTATE & 0xe0) | ((s.ITSTATE << 1) & 0x1f);
}

/** AArch64.ExceptionReturn: what ERET makes of ELR_EL1 where it leads to AArch32. */
export const returnAddress = (address: bigint, spsr: number): bigint => BigInt.asUintN(32, address) & (spsr & T ? ~1n : ~3n);
