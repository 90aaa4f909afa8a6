/** Advanced SIMD two-register miscellaneous, floating-point arithmetic: vector and scalar (DDI 0487, C7: FABS (vector), FCMGT (zero) …). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { ones, type FpSize } from '../fp/format.ts';
import * as fp from '../fp/vector.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { allForms, scalarForms, twoMiscSize, vectorForms, type Form } from './simd-fp-form.ts';

type Row = readonly [mnemonic: string, U: 0 | 1, a: 0 | 1, opcode: string, compute: fp.VectorUnary, zero?: 'zero'];

const cut = (b: Builder, N: FpSize, count: number, x: V128): V128 => b.vand(x, b.v128(ones(N * count)));
const againstZero =
  (of: fp.VectorBinary): fp.VectorUnary =>
  (b, N, count, x) =>
    of(b, N, count, x, b.v128(0n));
const zeroAgainst =
  (of: fp.VectorBinary): fp.VectorUnary =>
  (b, N, count, x) =>
    of(b, N, count, b.v128(0n), x);

const vectorOnly: readonly Row[] = [
  ['fabs', 0, 1, '01111', (b, N, count, x) => cut(b, N, count, b.vand(x, b.vsplat(N, b.i64(ones(N - 1)))))],
  ['fneg', 1, 1, '01111', (b, N, count, x) => cut(b, N, count, fp.negated(b, N, x))],
  ['fsqrt', 1, 1, '11111', fp.FPSqrt],
];

const both: readonly Row[] = [
  ['fcmgt', 0, 1, '01100', againstZero(fp.FPCompareGT), 'zero'],
  ['fcmeq', 0, 1, '01101', againstZero(fp.FPCompareEQ), 'zero'],
  ['fcmlt', 0, 1, '01110', zeroAgainst(fp.FPCompareGT), 'zero'],
  ['fcmge', 1, 1, '01100', againstZero(fp.FPCompareGE), 'zero'],
  ['fcmle', 1, 1, '01101', zeroAgainst(fp.FPCompareGE), 'zero'],
  ['frecpe', 0, 1, '11101', fp.FPRecipEstimate],
  ['frsqrte', 1, 1, '11101', fp.FPRSqrtEstimate],
];

const scalarOnly: readonly Row[] = [['frecpx', 0, 1, '11111', fp.FPRecpX]];

function entry(form: Form, [mnemonic, U, a, opcode, compute, zero]: Row): Insn {
  const { N, head, group } = form;
  const pattern = `${head} ${fixed(U)} ${group} ${twoMiscSize(N, a)} ${fixed(opcode)} 10 Rn:5 Rd:5` as const;
  return fpInsn(`${mnemonic.toUpperCase()} ${zero ? 'zero ' : ''}${form.label}`, pattern, {
    ...form.feature,
    valid: form.valid,
    asm: f => `${mnemonic}\t${form.reg(f.Q, f.Rd)}, ${form.reg(f.Q, f.Rn)}${zero ? ', #0.0' : ''}`,
    exec: (b, f) => setV(b, f.Rd, compute(b, N, form.count(f.Q), V(b, f.Rn))),
  });
}

export const simdFpTwoMisc: readonly Insn[] = [
  ...vectorForms.flatMap(form => vectorOnly.map(row => entry(form, row))),
  ...allForms.flatMap(form => both.map(row => entry(form, row))),
  ...scalarForms.flatMap(form => scalarOnly.map(row => entry(form, row))),
];
