/** PSTATE as one word, and the banked stack pointers: ARM DDI 0487, C5.2.18 (SPSR_EL1) and D1.2. */
import { isUserMode, leaveAArch32, M_nRW, packAArch32, unpackAArch32, writableAArch32 } from './aarch32/pstate.ts';
import { type CpuState, SP } from './state.ts';

export const PSTATE_F = 1 << 6;
export const PSTATE_I = 1 << 7;
export const PSTATE_A = 1 << 8;
export const PSTATE_D = 1 << 9;
export const PSTATE_DAIF = 0x3c0;
export const PSTATE_NZCV = 0xf000_0000;
/** NZCV only has its four bits. */
export const maskNZCV = (value: bigint): number => Number(value & BigInt(PSTATE_NZCV)) >>> 0;

/**
 * PSTATE.BTYPE before the instruction at `pc`: nothing clears it but what looks at it (insn/branch-target.ts), or an exception. In
 * a page that isn't guarded nothing looks: an interrupt saves it also where a direct branch came back to the target. Of such a
 * page no instruction asks for it.
 */
export const currentBTYPE = (s: CpuState, pc: bigint): number => (s.BTYPE !== 0 && s.branchTarget === pc ? s.BTYPE : 0);

/** Makes BTYPE that of the instruction at `pc`. */
export function setBTYPE(s: CpuState, pc: bigint, BTYPE: number): void {
  s.BTYPE = BTYPE;
  s.branchTarget = pc;
}

/** GetPSRFromPSTATE, before the instruction at `pc`. */
export function packPSTATE(s: CpuState, pc: bigint): number {
  if (s.nRW) return packAArch32(s);
  return (
    (s.nzcv |
      (s.DIT << 24) |
      (s.UAO << 23) |
      (s.PAN << 22) |
      (s.SS << 21) |
      (s.IL << 20) |
      (s.SSBS << 12) |
      (currentBTYPE(s, pc) << 10) |
      s.daif |
      (s.currentEL << 2) |
      s.SPSel) >>>
    0
  );
}

/** The bits of `spsr` that a CPU with these features has. */
export function knownSPSR(features: ReadonlySet<string>): (spsr: number) => number {
  const [AArch64, AArch32] = [writableAArch64(features), writableAArch32(features)];
  return spsr => (spsr & (spsr & M_nRW ? AArch32 : AArch64)) >>> 0;
}

function writableAArch64(features: ReadonlySet<string>): number {
  const bit = (feature: string, n: number): number => (features.has(feature) ? 1 << n : 0);
  return (
    (PSTATE_NZCV | bit('BTI', 10) | bit('BTI', 11) | bit('DIT', 24) | bit('UAO', 23) | bit('PAN', 22) | (1 << 21) | (1 << 20) | bit('SSBS', 12) | PSTATE_DAIF | 0x1f) >>> 0
  );
}

/** Sets everything of PSTATE, at `pc`, from `spsr` but what `illegal` keeps: IL is set, and EL, SP and nRW stay. */
export function unpackPSTATE(s: CpuState, spsr: number, pc: bigint, illegal: boolean): void {
  if (!illegal && spsr & M_nRW) {
    unpackAArch32(s, spsr);
    setBTYPE(s, pc, 0);
    return selectStack(s, 0, 0);
  }
  leaveAArch32(s);
  s.nzcv = (spsr & PSTATE_NZCV) >>> 0;
  s.daif = spsr & PSTATE_DAIF;
  s.DIT = (spsr >>> 24) & 1;
  s.UAO = (spsr >>> 23) & 1;
  s.PAN = (spsr >>> 22) & 1;
  s.SS = (spsr >>> 21) & 1;
  s.IL = illegal ? 1 : (spsr >>> 20) & 1;
  s.SSBS = (spsr >>> 12) & 1;
  setBTYPE(s, pc, (spsr >>> 10) & 3);
  if (!illegal) selectStack(s, (spsr >>> 2) & 3, spsr & 1);
}

/** Whether ERET at EL1 with this SPSR is an illegal return (D1.4.4): the target is not EL0t, EL1t or EL1h of AArch64, nor EL0 of AArch32. */
export function isIllegalReturn(spsr: number, AArch32: boolean): boolean {
  if (spsr & M_nRW) return !AArch32 || !isUserMode(spsr);
  const el = (spsr >>> 2) & 3;
  return el > 1 || (spsr & 2) !== 0 || (el === 0 && (spsr & 1) !== 0);
}

const bank = (el: number, SPSel: number): number => (SPSel ? el : 0);

/** Makes SP the stack pointer of exception level `el` with this SPSel. */
export function selectStack(s: CpuState, el: number, SPSel: number): void {
  s.spBank[bank(s.currentEL, s.SPSel)] = s.x[SP] as bigint;
  s.currentEL = el;
  s.SPSel = SPSel;
  s.x[SP] = s.spBank[bank(el, SPSel)] as bigint;
}

/** SP_ELn, wherever it lies. */
export function readSP(s: CpuState, el: number): bigint {
  return (el === bank(s.currentEL, s.SPSel) ? s.x[SP] : s.spBank[el]) as bigint;
}

export function writeSP(s: CpuState, el: number, value: bigint): void {
  if (el === bank(s.currentEL, s.SPSel)) s.x[SP] = value;
  else s.spBank[el] = value;
}
