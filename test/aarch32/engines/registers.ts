/** The registers of a test's state in an AArch64 CPU's that is in AArch32's User mode, and back (ARM DDI 0487, D1.20.1 and G8.2.33). */
import type { CpuState } from '../../../src/guest/aarch64/state.ts';
import { CPSR, ITSTATEOf, type State, withITSTATE } from './engine.ts';

/** Bits of the FPSCR that are the FPCR's; the others are the FPSR's. */
const OF_FPCR = 0x07ff_9f00;
const NZCV = 0xf000_0000;

export function putRegisters(state: CpuState, { r, cpsr, fpscr, q }: State): void {
  state.nRW = 1;
  state.T = cpsr & CPSR.T ? 1 : 0;
  state.ITSTATE = ITSTATEOf(cpsr);
  state.E = cpsr & CPSR.E ? 1 : 0;
  state.nzcv = (cpsr & NZCV) >>> 0;
  state.Q = cpsr & CPSR.Q ? 1 : 0;
  state.GE = (cpsr >>> CPSR.GE) & 15;
  r.forEach((value, n) => { state.x[n] = BigInt(value); });
  state.FPCR = fpscr & OF_FPCR;
  state.FPSR = (fpscr & ~OF_FPCR) >>> 0;
  q.forEach((value, n) => {
    state.v[2 * n] = BigInt.asUintN(64, value);
    state.v[2 * n + 1] = value >> 64n;
  });
}

export function registersOf(state: CpuState): State {
  const flags = (state.nzcv | (state.Q ? CPSR.Q : 0) | (state.GE << CPSR.GE) | (state.E ? CPSR.E : 0) | (state.T ? CPSR.T : 0)) >>> 0;
  return {
    r: Array.from({ length: 15 }, (_, n) => Number(BigInt.asUintN(32, state.x[n]!))),
    cpsr: withITSTATE(flags, state.ITSTATE),
    fpscr: ((state.FPCR & OF_FPCR) | (state.FPSR & ~OF_FPCR)) >>> 0,
    q: Array.from({ length: 16 }, (_, n) => state.v[2 * n]! | (state.v[2 * n + 1]! << 64n)),
  };
}
