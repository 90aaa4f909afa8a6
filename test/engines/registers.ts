/** The registers of a test's state in an AArch64 CPU's, and back. */
import { type CpuState, fields, SP } from '../../src/guest/aarch64/state.ts';
import type { State } from './engine.ts';

export function putRegisters(state: CpuState, input: State): void {
  input.x.forEach((value, r) => { state.x[r] = value; });
  state.x[SP] = input.sp;
  state.nzcv = input.nzcv;
  state.FPCR = input.fpcr;
  state.FPSR = input.fpsr;
  input.v.forEach((value, r) => {
    state.v[2 * r] = BigInt.asUintN(64, value);
    state.v[2 * r + 1] = value >> 64n;
  });
  state.p.set(input.p);
}

export function registersOf(state: CpuState): State {
  return {
    x: Array.from(state.x.subarray(0, 31)),
    sp: state.x[SP]!,
    nzcv: state.nzcv,
    fpcr: state.FPCR,
    fpsr: state.FPSR,
    v: Array.from({ length: fields.v.count }, (_, r) => state.v[2 * r]! | (state.v[2 * r + 1]! << 64n)),
    p: Array.from(state.p),
  };
}
