/** SVE floating point with one operand: roundings, FSQRT, FRECPX, FABS, FNEG, and the estimates, unpredicated (DDI 0487, C8: FRINTN …). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { ones, type FpSize } from '../fp/format.ts';
import type { RoundingChoice } from '../fp/operations.ts';
import { FPRounding } from '../fp/status.ts';
import { FPRoundInt } from '../fp/vector-convert.ts';
import * as fp from '../fp/vector.ts';
import { setV, V } from '../pseudocode.ts';
import { constant } from '../simd/lanes.ts';
import { elementsIn, isPrecision, precisionOf } from '../sve/fp.ts';
import { merging, z, zs } from '../sve/names.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

const rounded =
  (rounding: RoundingChoice, exact = false): fp.VectorUnary =>
  (b, N, count, x) =>
    FPRoundInt(b, N, count, x, rounding, exact);

const predicated: readonly (readonly [mnemonic: string, opcode: string, of: fp.VectorUnary])[] = [
  ['frintn', '000000', rounded(FPRounding.TIEEVEN)],
  ['frintp', '000001', rounded(FPRounding.POSINF)],
  ['frintm', '000010', rounded(FPRounding.NEGINF)],
  ['frintz', '000011', rounded(FPRounding.ZERO)],
  ['frinta', '000100', rounded(FPRounding.TIEAWAY)],
  ['frintx', '000110', rounded('FPCR', true)],
  ['frinti', '000111', rounded('FPCR')],
  ['frecpx', '001100', fp.FPRecpX],
  ['fsqrt', '001101', fp.FPSqrt],
];

const estimates: readonly (readonly [mnemonic: string, opcode: string, of: fp.VectorUnary])[] = [
  ['frecpe', '001110', fp.FPRecipEstimate],
  ['frsqrte', '001111', fp.FPRSqrtEstimate],
];

const signs: readonly (readonly [mnemonic: string, opcode: string, of: (b: Builder, N: FpSize, x: V128) => V128])[] = [
  ['fabs', '011100', (b, N, x) => b.vand(x, constant(b, N, ones(N - 1)))],
  ['fneg', '011101', fp.negated],
];

export const sveFpUnary: readonly Insn[] = [
  ...predicated.map(([mnemonic, opcode, of]) =>
    sveInsn(`${mnemonic.toUpperCase()} (predicated)`, `01100101 size!2 ${fixed(opcode)} 101 Pg:3 Zn:5 Zd:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${z(f.size, f.Zn)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        const mask = maskOf(b, N, P(b, f.Pg));
        setV(b, f.Zd, b.vselect(mask, of(b, N, elementsIn(N), b.vand(mask, V(b, f.Zn))), V(b, f.Zd)));
      },
    }),
  ),
  ...estimates.map(([mnemonic, opcode, of]) =>
    sveInsn(mnemonic.toUpperCase(), `01100101 size!2 ${fixed(opcode)} 001100 Zn:5 Zd:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${zs(f.size, f.Zd, f.Zn)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        setV(b, f.Zd, of(b, N, elementsIn(N), V(b, f.Zn)));
      },
    }),
  ),
  ...signs.map(([mnemonic, opcode, of]) =>
    sveInsn(mnemonic.toUpperCase(), `00000100 size!2 ${fixed(opcode)} 101 Pg:3 Zn:5 Zd:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${z(f.size, f.Zn)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        setV(b, f.Zd, b.vselect(maskOf(b, N, P(b, f.Pg)), of(b, N, V(b, f.Zn)), V(b, f.Zd)));
      },
    }),
  ),
];
