/** Advanced SIMD conversions and roundings, floating point: vector and scalar (DDI 0487, C7: FCVTNS (vector), SCVTF (vector), FRINTN (vector) …). */
import type { Insn } from '../../../isa/insn.ts';
import type { VectorUnary } from '../fp/vector.ts';
import { FPRoundInt, FPRoundIntN, FPToFixed, FixedToFP } from '../fp/vector-convert.ts';
import { FPRounding } from '../fp/status.ts';
import { V, setV } from '../pseudocode.ts';
import type { RoundingChoice } from '../fp/operations.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { allForms, twoMiscSize, vectorForms, type Form } from './simd-fp-form.ts';

type Row = readonly [mnemonic: string, U: 0 | 1, a: 0 | 1, opcode: string, compute: VectorUnary];

const rounded =
  (rounding: RoundingChoice, exact = false): VectorUnary =>
  (b, N, count, x) =>
    FPRoundInt(b, N, count, x, rounding, exact);
const roundedN =
  (rounding: RoundingChoice, wide: boolean): VectorUnary =>
  (b, N, count, x) =>
    FPRoundIntN(b, N, count, x, rounding, wide);
const toInteger =
  (rounding: RoundingChoice, unsigned: boolean): VectorUnary =>
  (b, N, count, x) =>
    FPToFixed(b, N, count, x, rounding, unsigned);
const fromInteger =
  (unsigned: boolean): VectorUnary =>
  (b, N, count, x) =>
    FixedToFP(b, N, count, x, unsigned);

const vectorOnly: readonly Row[] = [
  ['frintn', 0, 0, '11000', rounded(FPRounding.TIEEVEN)],
  ['frintm', 0, 0, '11001', rounded(FPRounding.NEGINF)],
  ['frintp', 0, 1, '11000', rounded(FPRounding.POSINF)],
  ['frintz', 0, 1, '11001', rounded(FPRounding.ZERO)],
  ['frinta', 1, 0, '11000', rounded(FPRounding.TIEAWAY)],
  ['frintx', 1, 0, '11001', rounded('FPCR', true)],
  ['frinti', 1, 1, '11001', rounded('FPCR')],
];

const frintts: readonly Row[] = [
  ['frint32z', 0, 0, '11110', roundedN(FPRounding.ZERO, false)],
  ['frint64z', 0, 0, '11111', roundedN(FPRounding.ZERO, true)],
  ['frint32x', 1, 0, '11110', roundedN('FPCR', false)],
  ['frint64x', 1, 0, '11111', roundedN('FPCR', true)],
];

const both: readonly Row[] = [
  ['fcvtns', 0, 0, '11010', toInteger(FPRounding.TIEEVEN, false)],
  ['fcvtms', 0, 0, '11011', toInteger(FPRounding.NEGINF, false)],
  ['fcvtas', 0, 0, '11100', toInteger(FPRounding.TIEAWAY, false)],
  ['scvtf', 0, 0, '11101', fromInteger(false)],
  ['fcvtps', 0, 1, '11010', toInteger(FPRounding.POSINF, false)],
  ['fcvtzs', 0, 1, '11011', toInteger(FPRounding.ZERO, false)],
  ['fcvtnu', 1, 0, '11010', toInteger(FPRounding.TIEEVEN, true)],
  ['fcvtmu', 1, 0, '11011', toInteger(FPRounding.NEGINF, true)],
  ['fcvtau', 1, 0, '11100', toInteger(FPRounding.TIEAWAY, true)],
  ['ucvtf', 1, 0, '11101', fromInteger(true)],
  ['fcvtpu', 1, 1, '11010', toInteger(FPRounding.POSINF, true)],
  ['fcvtzu', 1, 1, '11011', toInteger(FPRounding.ZERO, true)],
];

function entry(form: Form, [mnemonic, U, a, opcode, compute]: Row, feature = form.feature): Insn {
  const { N, head, group } = form;
  const pattern = `${head} ${fixed(U)} ${group} ${twoMiscSize(N, a)} ${fixed(opcode)} 10 Rn:5 Rd:5` as const;
  return fpInsn(`${mnemonic.toUpperCase()} ${form.label}`, pattern, {
    ...feature,
    valid: form.valid,
    asm: f => `${mnemonic}\t${form.reg(f.Q, f.Rd)}, ${form.reg(f.Q, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, compute(b, N, form.count(f.Q), V(b, f.Rn))),
  });
}

export const simdFpConvert: readonly Insn[] = [
  ...vectorForms.flatMap(form => vectorOnly.map(row => entry(form, row))),
  ...vectorForms.filter(form => form.N !== 16).flatMap(form => frintts.map(row => entry(form, row, { feature: 'FRINTTS' }))),
  ...allForms.flatMap(form => both.map(row => entry(form, row))),
];
