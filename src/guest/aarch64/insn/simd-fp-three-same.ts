/** Advanced SIMD three same, floating point: vector and scalar (DDI 0487, C7: FADD (vector) …). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import type { FpSize } from '../fp/format.ts';
import * as fp from '../fp/vector.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { allForms, threeSameOpcode, threeSameSize, vectorForms, type Form } from './simd-fp-form.ts';

type Compute = (b: Builder, N: FpSize, count: number, x: V128, y: V128, d: () => V128) => V128;
type Row = readonly [mnemonic: string, U: 0 | 1, a: 0 | 1, opcode: string, compute: Compute];

const vectorOnly: readonly Row[] = [
  ['fmaxnm', 0, 0, '11000', fp.FPMaxNum],
  ['fmla', 0, 0, '11001', (b, N, count, x, y, d) => fp.FPMulAdd(b, N, count, d(), x, y, false)],
  ['fadd', 0, 0, '11010', fp.FPAdd],
  ['fmax', 0, 0, '11110', fp.FPMax],
  ['fminnm', 0, 1, '11000', fp.FPMinNum],
  ['fmls', 0, 1, '11001', (b, N, count, x, y, d) => fp.FPMulAdd(b, N, count, d(), x, y, true)],
  ['fsub', 0, 1, '11010', fp.FPSub],
  ['fmin', 0, 1, '11110', fp.FPMin],
  ['fmaxnmp', 1, 0, '11000', fp.pairwise(fp.FPMaxNum)],
  ['faddp', 1, 0, '11010', fp.pairwise(fp.FPAdd)],
  ['fmul', 1, 0, '11011', fp.FPMul],
  ['fmaxp', 1, 0, '11110', fp.pairwise(fp.FPMax)],
  ['fdiv', 1, 0, '11111', fp.FPDiv],
  ['fminnmp', 1, 1, '11000', fp.pairwise(fp.FPMinNum)],
  ['fminp', 1, 1, '11110', fp.pairwise(fp.FPMin)],
];

const both: readonly Row[] = [
  ['fmulx', 0, 0, '11011', fp.FPMulX],
  ['fcmeq', 0, 0, '11100', fp.FPCompareEQ],
  ['frecps', 0, 0, '11111', fp.FPRecipStepFused],
  ['frsqrts', 0, 1, '11111', fp.FPRSqrtStepFused],
  ['fcmge', 1, 0, '11100', fp.FPCompareGE],
  ['facge', 1, 0, '11101', fp.FPAbsCompareGE],
  ['fabd', 1, 1, '11010', fp.FPAbsDiff],
  ['fcmgt', 1, 1, '11100', fp.FPCompareGT],
  ['facgt', 1, 1, '11101', fp.FPAbsCompareGT],
];

function entry(form: Form, [mnemonic, U, a, opcode, compute]: Row): Insn {
  const { N, head, group } = form;
  const pattern = `${head} ${fixed(U)} ${group} ${threeSameSize(N, a)} Rm:5 ${threeSameOpcode(N, opcode)} 1 Rn:5 Rd:5` as const;
  return fpInsn(`${mnemonic.toUpperCase()} ${form.label}`, pattern, {
    ...form.feature,
    valid: form.valid,
    asm: f => `${mnemonic}\t${form.reg(f.Q, f.Rd)}, ${form.reg(f.Q, f.Rn)}, ${form.reg(f.Q, f.Rm)}`,
    exec: (b, f) =>
      setV(
        b,
        f.Rd,
        compute(b, N, form.count(f.Q), V(b, f.Rn), V(b, f.Rm), () => V(b, f.Rd)),
      ),
  });
}

export const simdFpThreeSame: readonly Insn[] = [
  ...vectorForms.flatMap(form => vectorOnly.map(row => entry(form, row))),
  ...allForms.flatMap(form => both.map(row => entry(form, row))),
];
