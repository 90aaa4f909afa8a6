/**
 * FR, FI and FPRF, which nearly every operation sets and hardly any program reads, put off until somebody does. Instead
 * of them an operation leaves its code and its operands in the state; from these they are computed (`settle`).
 *
 * What RN and the enables are doesn't change meanwhile: whatever writes FPSCR settles first.
 */
import type { Builder, I32, I64 } from '../../../isa/builder.ts';
import { fields, type CpuState } from '../state.ts';
import { FI, FPCC, FPCC_SHIFT, FPRF, FR } from './fpscr.ts';
import { codeOf, compute, type Operation } from './operations.ts';

/** `fpSince`: FPCC in its low bits if this one is set. */
const HAS_FPCC = 1 << 4;

/** Makes FPSCR whole. */
export function settle(state: CpuState): void {
  const { fpLast, fpSince } = state;
  if (fpLast !== 0) {
    const [a, b, c] = state.fpOperand as unknown as readonly [bigint, bigint, bigint];
    const { raised, suppressed, FPRF: result } = compute(fpLast, state.FPSCR, a, b, c);
    const kept = suppressed ? state.FPSCR & ~(FR | FI) : (state.FPSCR & ~(FR | FI | FPRF)) | result;
    state.FPSCR = (kept | (raised & (FR | FI))) >>> 0;
    state.fpLast = 0;
  }
  if (fpSince === 0) return;
  state.FPSCR = ((state.FPSCR & ~FPCC) | ((fpSince & 0xf) << FPCC_SHIFT)) >>> 0;
  state.fpSince = 0;
}

/** After an operation that sets FR, FI and FPRF. */
export function defer(b: Builder, operation: Operation, N: 32 | 64, operands: readonly I64[]): void {
  b.set(fields.fpLast, b.i32(codeOf(operation, N)));
  operands.forEach((x, i) => b.setAt(fields.fpOperand, b.i32(i), x));
  b.set(fields.fpSince, b.i32(0));
}

/** After a comparison. */
export const deferFPCC = (b: Builder, FPCC: I32): void => b.set(fields.fpSince, b.or(FPCC, b.i32(HAS_FPCC)));
