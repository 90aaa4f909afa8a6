/** Scalar conversions between precisions and roundings to integral values (DDI 0487, C7: FCVT, FRINTA … FRINTZ, FRINT32X …). */
import type { Insn } from '../../../isa/insn.ts';
import * as helpers from '../fp/operations.ts';
import { conversion, type RoundingChoice } from '../fp/operations.ts';
import { FPConvert, FPRoundInt } from '../fp/scalar-convert.ts';
import { FPRounding } from '../fp/status.ts';
import { V, setV } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { double, half, precisions, single } from './fp-size.ts';

/** Mnemonic, opcode, rounding, whether inexactness is reported. */
const roundings: readonly (readonly [mnemonic: string, opcode: string, rounding: RoundingChoice, exact: boolean])[] = [
  ['frintn', '001000', FPRounding.TIEEVEN, false],
  ['frintp', '001001', FPRounding.POSINF, false],
  ['frintm', '001010', FPRounding.NEGINF, false],
  ['frintz', '001011', FPRounding.ZERO, false],
  ['frinta', '001100', FPRounding.TIEAWAY, false],
  ['frintx', '001110', 'FPCR', true],
  ['frinti', '001111', 'FPCR', false],
];

const sized: readonly (readonly [mnemonic: string, opcode: string, rounding: RoundingChoice, wide: boolean])[] = [
  ['frint32z', '010000', FPRounding.ZERO, false],
  ['frint32x', '010001', 'FPCR', false],
  ['frint64z', '010010', FPRounding.ZERO, true],
  ['frint64x', '010011', 'FPCR', true],
];

/** Half precision as a storage format is not optional. */
const fcvt = [
  [single, double],
  [single, half],
  [double, single],
  [double, half],
  [half, single],
  [half, double],
] as const;

export const fpConvert: readonly Insn[] = [
  ...fcvt.map(([from, to]) =>
    fpInsn(`FCVT (${from.N} to ${to.N})`, `0 0 0 11110 ${from.ftype} 1 0001 ${to.ftype} 10000 Rn:5 Rd:5`, {
      asm: f => `fcvt\t${to.reg(f.Rd)}, ${from.reg(f.Rn)}`,
      exec: (b, f) => setV(b, f.Rd, FPConvert(b, from.N, to.N, V(b, f.Rn))),
    }),
  ),
  ...precisions.flatMap(({ N, ftype, feature, reg }) =>
    roundings.map(([mnemonic, opcode, rounding, exact]) =>
      fpInsn(`${mnemonic.toUpperCase()} (scalar, ${N})`, `0 0 0 11110 ${ftype} 1 ${fixed(opcode)} 10000 Rn:5 Rd:5`, {
        ...feature,
        asm: f => `${mnemonic}\t${reg(f.Rd)}, ${reg(f.Rn)}`,
        exec: (b, f) => setV(b, f.Rd, FPRoundInt(b, N, V(b, f.Rn), rounding, exact)),
      }),
    ),
  ),
  ...[single, double].flatMap(({ N, ftype, reg }) =>
    sized.map(([mnemonic, opcode, rounding, wide]) =>
      fpInsn(`${mnemonic.toUpperCase()} (scalar, ${N})`, `0 0 0 11110 ${ftype} 1 ${fixed(opcode)} 10000 Rn:5 Rd:5`, {
        feature: 'FRINTTS',
        asm: f => `${mnemonic}\t${reg(f.Rd)}, ${reg(f.Rn)}`,
        exec: (b, f) => setV(b, f.Rd, b.call(helpers.FPRoundIntegralN, V(b, f.Rn), conversion(b, N, N, 1, rounding, wide))),
      }),
    ),
  ),
];
