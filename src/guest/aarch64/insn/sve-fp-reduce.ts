/** SVE floating-point reductions: by pairs, and FADDA's strictly in order (DDI 0487, C8: FADDV, FMAXV …, FADDA; J1: Reduce). */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { FPDefaultNaN, FPInfinity, type FpSize } from '../fp/format.ts';
import * as scalarFp from '../fp/scalar.ts';
import * as fp from '../fp/vector.ts';
import { scalar } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import { constant, shuffleLanes } from '../simd/lanes.ts';
import { elementsIn, isPrecision, precisionOf } from '../sve/fp.ts';
import { z } from '../sve/names.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** What stands for inactive elements changes no result. */
const rows: readonly (readonly [mnemonic: string, opcode: string, of: fp.VectorBinary, identity: (N: FpSize) => bigint])[] = [
  ['faddv', '000', fp.FPAdd, () => 0n],
  ['fmaxnmv', '100', fp.FPMaxNum, FPDefaultNaN],
  ['fminnmv', '101', fp.FPMinNum, FPDefaultNaN],
  ['fmaxv', '110', fp.FPMax, N => FPInfinity(N, 1)],
  ['fminv', '111', fp.FPMin, N => FPInfinity(N, 0)],
];

/** The sum of the lowest element of `first` and the active ones of `x`, one after another from the lowest one on. */
function addInOrder(b: Builder, N: FpSize, p: I32, first: V128, x: V128): V128 {
  const zero = b.v128(0n);
  let sum = lowBytes(b, first, (N / 8) as 2 | 4 | 8);
  for (let e = 0; e < elementsIn(N); e++) {
    // An inactive element isn't even zero, whose sum with -0 would be +0: the sum that counts stays as it was.
    const active = b.and(p, b.i32(1 << ((e * N) / 8)));
    const element = shuffleLanes(b, N, x, x, [e]);
    sum = b.select(active, scalarFp.FPAdd(b, N, b.select(active, sum, zero), b.select(active, element, zero)), sum);
  }
  return sum;
}

export const sveFpReduce: readonly Insn[] = [
  ...rows.map(([mnemonic, opcode, of, identity]) =>
    sveInsn(mnemonic.toUpperCase(), `01100101 size!2 000 ${fixed(opcode)} 001 Pg:3 Zn:5 Vd:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${scalar(f.size, f.Vd)}, p${f.Pg}, ${z(f.size, f.Zn)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        const all = b.vselect(maskOf(b, N, P(b, f.Pg)), V(b, f.Zn), constant(b, N, identity(N)));
        setV(b, f.Vd, fp.reduce(b, N, elementsIn(N), all, of));
      },
    }),
  ),
  sveInsn('FADDA', '01100101 size!2 011000 001 Pg:3 Zm:5 Vdn:5', {
    valid: isPrecision,
    asm: f => `fadda\t${scalar(f.size, f.Vdn)}, p${f.Pg}, ${scalar(f.size, f.Vdn)}, ${z(f.size, f.Zm)}`,
    exec: (b, f) => setV(b, f.Vdn, addInOrder(b, precisionOf(f.size), P(b, f.Pg), V(b, f.Vdn), V(b, f.Zm))),
  }),
];
