/** Advanced SIMD three registers of the same length: floating point, by the standard FPSCR value (ARM DDI 0487, F4.1 and F6). */
import type { Builder, V128 } from '../../../../isa/builder.ts';
import * as fp from '../../fp/vector.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import { fixed } from '../../insn/fixed.ts';
import { type Both, simd } from '../both.ts';
import { setVector, vector } from '../vfp.ts';
import { threeAreEven, threeVectorNames, threeVectors } from './simd-form.ts';

export type Size = 16 | 32;
/** Bit 20, and what half precision needs. */
export const sizes = [[32, 0, {}], [16, 1, { feature: 'FP16' }]] as const;

type Operation = (b: Builder, N: Size, count: number, n: V128, m: V128, d: () => V128) => V128;

/** A product and a sum, each rounded. */
export const multiplyAdd = (subtract: boolean): Operation => (b, N, count, n, m, d) =>
  (subtract ? fp.FPSub : fp.FPAdd)(b, N, count, d(), fp.FPMul(b, N, count, n, m));
const fused = (subtract: boolean): Operation => (b, N, count, n, m, d) => fp.FPMulAdd(b, N, count, d(), n, m, subtract);
const pairs = (of: fp.VectorBinary): Operation => fp.pairwise(of);

/** Mnemonic, U, bits 21, 11..8 and 4; 'short' has only D registers. */
const rows: readonly (readonly [mnemonic: string, U: 0 | 1, o0: 0 | 1, opcode: string, o1: 0 | 1, operation: Operation, short?: 'short'])[] = [
  ['vfma', 0, 0, '1100', 1, fused(false)],
  ['vfms', 0, 1, '1100', 1, fused(true)],
  ['vadd', 0, 0, '1101', 0, fp.FPAdd],
  ['vsub', 0, 1, '1101', 0, fp.FPSub],
  ['vpadd', 1, 0, '1101', 0, pairs(fp.FPAdd), 'short'],
  ['vabd', 1, 1, '1101', 0, fp.FPAbsDiff],
  ['vmla', 0, 0, '1101', 1, multiplyAdd(false)],
  ['vmls', 0, 1, '1101', 1, multiplyAdd(true)],
  ['vmul', 1, 0, '1101', 1, fp.FPMul],
  ['vceq', 0, 0, '1110', 0, fp.FPCompareEQ],
  ['vcge', 1, 0, '1110', 0, fp.FPCompareGE],
  ['vcgt', 1, 1, '1110', 0, fp.FPCompareGT],
  ['vacge', 1, 0, '1110', 1, fp.FPAbsCompareGE],
  ['vacgt', 1, 1, '1110', 1, fp.FPAbsCompareGT],
  ['vmax', 0, 0, '1111', 0, fp.FPMax],
  ['vmin', 0, 1, '1111', 0, fp.FPMin],
  ['vpmax', 1, 0, '1111', 0, pairs(fp.FPMax), 'short'],
  ['vpmin', 1, 1, '1111', 0, pairs(fp.FPMin), 'short'],
  ['vrecps', 0, 0, '1111', 1, fp.FPRecipStep],
  ['vrsqrts', 0, 1, '1111', 1, fp.FPRSqrtStep],
  ['vmaxnm', 1, 0, '1111', 1, fp.FPMaxNum],
  ['vminnm', 1, 1, '1111', 1, fp.FPMinNum],
];

export const simdFpThreeSame: readonly Both[] = sizes.flatMap(([N, sz, feature]) =>
  rows.map(([mnemonic, U, o0, opcode, o1, operation, short]) =>
    simd(`${mnemonic.toUpperCase()} (float, ${N})`, fixed(U), `0 D:1 ${fixed(o0)} ${fixed(sz)} Vn:4 Vd:4 ${fixed(opcode)} N:1 Q!1 M:1 ${fixed(o1)} Vm:4`, {
      ...feature,
      valid: f => threeAreEven(f) && !(short && f.Q),
      derive: threeVectors,
      asm: f => `${mnemonic}.f${N}\t${threeVectorNames(f)}`,
      exec(b, f) {
        const of = (): V128 => operation(b, N, (f.Q ? 128 : 64) / N, vector(b, f.Q, f.n), vector(b, f.Q, f.m), () => vector(b, f.Q, f.d));
        setVector(b, f.Q, f.d, underStandardFPSCR(b, of));
      },
    }),
  ),
);
