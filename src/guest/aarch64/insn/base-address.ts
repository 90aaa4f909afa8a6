/** The base register of loads and stores: ARM DDI 0487, J1.1 CheckSPAlignment. */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { spAlignment } from '../exception.ts';
import { XorSP } from '../pseudocode.ts';

const SP_BYTES = 16;
const SCTLR_SA = 1n << 3n;
const SCTLR_SA0 = 1n << 4n;

const misalignedSP = defineHelper('CheckSPAlignment', [], 'void', { raises: true }, ({ state }: Arm64Cpu) => {
  if (state.SCTLR_EL1 & (state.currentEL === 0 ? SCTLR_SA0 : SCTLR_SA)) throw spAlignment();
});

/** X[n]; or where n is 31 the stack pointer, which has to be aligned if SCTLR_EL1 says so. */
export function baseAddress(b: Builder, n: Operand): I64 {
  const address = XorSP(b, n);
  b.requireAligned(b.select(b.eq(b.operand(n), b.i32(31)), address, b.i64(0)), SP_BYTES, misalignedSP);
  return address;
}
