/** SVE floating-point comparisons, with vectors and with zero, to a predicate (DDI 0487, C8: FCMEQ (vectors) …, FACGE, FCMEQ (zero) …). */
import type { Insn } from '../../../isa/insn.ts';

import * as fp from '../fp/vector.ts';
import { V } from '../pseudocode.ts';
import { isPrecision, onActive, precisionOf } from '../sve/fp.ts';
import { p, z, zeroing, zs } from '../sve/names.ts';
import { P, predicateOf, setP } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** As equality, quiet about quiet NaNs. */
const FPCompareNE: fp.VectorBinary = (b, N, count, x, y) => b.vnot(fp.FPCompareEQ(b, N, count, x, y));

const ofVectors: readonly (readonly [mnemonic: string, opcode: string, o3: 0 | 1, holds: fp.VectorBinary])[] = [
  ['fcmge', '010', 0, fp.FPCompareGE],
  ['fcmgt', '010', 1, fp.FPCompareGT],
  ['fcmeq', '011', 0, fp.FPCompareEQ],
  ['fcmne', '011', 1, FPCompareNE],
  ['fcmuo', '110', 0, fp.FPCompareUN],
  ['facge', '110', 1, fp.FPAbsCompareGE],
  ['facgt', '111', 1, fp.FPAbsCompareGT],
];

const withZero: readonly (readonly [mnemonic: string, opcode: string, ne: 0 | 1, holds: fp.VectorBinary])[] = [
  ['fcmge', '010000', 0, fp.FPCompareGE],
  ['fcmgt', '010000', 1, fp.FPCompareGT],
  ['fcmlt', '010001', 0, (b, N, count, x, y) => fp.FPCompareGT(b, N, count, y, x)],
  ['fcmle', '010001', 1, (b, N, count, x, y) => fp.FPCompareGE(b, N, count, y, x)],
  ['fcmeq', '010010', 0, fp.FPCompareEQ],
  ['fcmne', '010011', 0, FPCompareNE],
];

export const sveFpCompare: readonly Insn[] = [
  ...ofVectors.map(([mnemonic, opcode, o3, holds]) =>
    sveInsn(`${mnemonic.toUpperCase()} (vectors)`, `01100101 size!2 0 Zm:5 ${fixed(opcode)} Pg:3 Zn:5 ${fixed(o3)} Pd:4`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${p(f.size, f.Pd)}, ${zeroing(f.Pg)}, ${zs(f.size, f.Zn, f.Zm)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        setP(b, f.Pd, predicateOf(b, N, onActive(b, N, P(b, f.Pg), holds, V(b, f.Zn), V(b, f.Zm), b.v128(0n))));
      },
    }),
  ),
  ...withZero.map(([mnemonic, opcode, ne, holds]) =>
    sveInsn(`${mnemonic.toUpperCase()} (zero)`, `01100101 size!2 ${fixed(opcode)} 001 Pg:3 Zn:5 ${fixed(ne)} Pd:4`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${p(f.size, f.Pd)}, ${zeroing(f.Pg)}, ${z(f.size, f.Zn)}, #0.0`,
      exec(b, f) {
        const N = precisionOf(f.size);
        const zero = b.v128(0n);
        setP(b, f.Pd, predicateOf(b, N, onActive(b, N, P(b, f.Pg), holds, V(b, f.Zn), zero, zero)));
      },
    }),
  ),
];
