/** The registers of a test's state in a PowerPC CPU's, and back. */
import { settle } from '../../../src/guest/powerpc/fp/deferred.ts';
import { setFPSCR } from '../../../src/guest/powerpc/fp/exact.ts';
import { type CpuState } from '../../../src/guest/powerpc/state.ts';
import type { State } from './engine.ts';

const bit = (word: number, n: number): number => (word >>> n) & 1;
const SO = 31;
const OV = 30;
const CA = 29;
const OV32 = 19;
const CA32 = 18;
const OTHERS = 0x1ff3_ffff;

export function putRegisters(state: CpuState, input: State): void {
  input.gpr.forEach((value, r) => { state.gpr[r] = value; });
  for (let i = 0; i < 32; i++) state.cr[i] = bit(input.cr, 31 - i);
  const { xer } = input;
  state.SO = bit(xer, SO);
  state.OV = bit(xer, OV);
  state.CA = bit(xer, CA);
  state.OV32 = bit(xer, OV32);
  state.CA32 = bit(xer, CA32);
  state.XER = BigInt(xer & OTHERS);
  state.LR = input.lr;
  state.CTR = input.ctr;
  input.fpr.forEach((value, r) => { state.fpr[r] = value; });
  setFPSCR(state, input.fpscr);
  input.vr.forEach((value, r) => {
    state.vr[2 * r] = BigInt.asUintN(64, value);
    state.vr[2 * r + 1] = value >> 64n;
  });
  state.VSCR = input.vscr;
  state.VRSAVE = input.vrsave;
}

/** `bits`: of the general registers that can be seen. */
export function registersOf(state: CpuState, bits: 32 | 64): State {
  settle(state);
  const flags = state.SO * 2 ** SO + state.OV * 2 ** OV + state.CA * 2 ** CA;
  const flags32 = bits === 64 ? state.OV32 * 2 ** OV32 + state.CA32 * 2 ** CA32 : 0;
  return {
    gpr: Array.from(state.gpr.subarray(0, 32), value => BigInt.asUintN(bits, value)),
    cr: state.cr.reduce((word, one) => word * 2 + one, 0),
    xer: flags + flags32 + Number(BigInt.asUintN(32, state.XER)),
    lr: BigInt.asUintN(bits, state.LR),
    ctr: BigInt.asUintN(bits, state.CTR),
    fpr: Array.from(state.fpr),
    fpscr: state.FPSCR,
    vr: Array.from({ length: 32 }, (_, r) => state.vr[2 * r]! | (state.vr[2 * r + 1]! << 64n)),
    vscr: state.VSCR,
    vrsave: state.VRSAVE,
  };
}
