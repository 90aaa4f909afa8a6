/** SVE floating point of two operands: unpredicated, predicated, with immediate (DDI 0487, C8: FADD (vectors, predicated) …). */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { FPPowerOfTwo, type FpSize } from '../fp/format.ts';
import * as fp from '../fp/vector.ts';
import { setV, V } from '../pseudocode.ts';
import { elementsIn, isPrecision, onActive, precisionOf } from '../sve/fp.ts';
import { merging, z, zs } from '../sve/names.ts';
import { P } from '../sve/predicate.ts';
import { FPTrigSMul } from '../sve/trigonometric.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

const unpredicated: readonly (readonly [mnemonic: string, opcode: string, of: fp.VectorBinary])[] = [
  ['fadd', '000', fp.FPAdd],
  ['fsub', '001', fp.FPSub],
  ['fmul', '010', fp.FPMul],
  ['ftsmul', '011', FPTrigSMul],
  ['frecps', '110', fp.FPRecipStepFused],
  ['frsqrts', '111', fp.FPRSqrtStepFused],
];

type Arithmetic = (b: Builder, N: FpSize, p: I32, dn: V128, m: V128) => V128;
/** Reversed, Zm is the first operand. */
const arithmetic = (of: fp.VectorBinary, reversed: boolean): Arithmetic =>
  reversed ? (b, N, p, dn, m) => onActive(b, N, p, of, m, dn, dn) : (b, N, p, dn, m) => onActive(b, N, p, of, dn, m, dn);

const predicated: readonly (readonly [mnemonic: string, opcode: string, of: Arithmetic])[] = [
  ['fadd', '0000', arithmetic(fp.FPAdd, false)],
  ['fsub', '0001', arithmetic(fp.FPSub, false)],
  ['fmul', '0010', arithmetic(fp.FPMul, false)],
  ['fsubr', '0011', arithmetic(fp.FPSub, true)],
  ['fmaxnm', '0100', arithmetic(fp.FPMaxNum, false)],
  ['fminnm', '0101', arithmetic(fp.FPMinNum, false)],
  ['fmax', '0110', arithmetic(fp.FPMax, false)],
  ['fmin', '0111', arithmetic(fp.FPMin, false)],
  ['fabd', '1000', arithmetic(fp.FPAbsDiff, false)],
  ['fscale', '1001', arithmetic(fp.FPScale, false)],
  ['fmulx', '1010', arithmetic(fp.FPMulX, false)],
  ['fdivr', '1100', arithmetic(fp.FPDiv, true)],
  ['fdiv', '1101', arithmetic(fp.FPDiv, false)],
];

/** Which of two values i1 chooses. */
const immediates: Readonly<Record<string, readonly [string, string]>> = {
  fadd: ['0.5', '1.0'],
  fsub: ['0.5', '1.0'],
  fmul: ['0.5', '2.0'],
  fsubr: ['0.5', '1.0'],
  fmaxnm: ['0.0', '1.0'],
  fminnm: ['0.0', '1.0'],
  fmax: ['0.0', '1.0'],
  fmin: ['0.0', '1.0'],
};
const bitsOf = (N: FpSize, value: string): bigint => (value === '0.0' ? 0n : FPPowerOfTwo(N, 0, Math.log2(Number(value))));

export const sveFpArithmetic: readonly Insn[] = [
  ...unpredicated.map(([mnemonic, opcode, of]) =>
    sveInsn(`${mnemonic.toUpperCase()} (vectors, unpredicated)`, `01100101 size!2 0 Zm:5 000 ${fixed(opcode)} Zn:5 Zd:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${zs(f.size, f.Zd, f.Zn, f.Zm)}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        setV(b, f.Zd, of(b, N, elementsIn(N), V(b, f.Zn), V(b, f.Zm)));
      },
    }),
  ),
  ...predicated.map(([mnemonic, opcode, of]) =>
    sveInsn(`${mnemonic.toUpperCase()} (vectors, predicated)`, `01100101 size!2 00 ${fixed(opcode)} 100 Pg:3 Zm:5 Zdn:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zdn, f.Zm)}`,
      exec: (b, f) => setV(b, f.Zdn, of(b, precisionOf(f.size), P(b, f.Pg), V(b, f.Zdn), V(b, f.Zm))),
    }),
  ),
  ...predicated.flatMap(([mnemonic, opcode, of]) => {
    const values = immediates[mnemonic];
    if (!values) return [];
    return sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `01100101 size!2 011 ${fixed(opcode.slice(1))} 100 Pg:3 0000 i1:1 Zdn:5`, {
      valid: isPrecision,
      derive: f => ({ value: bitsOf(precisionOf(f.size), values[f.i1 as 0 | 1]) }),
      asm: f => `${mnemonic}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${z(f.size, f.Zdn)}, #${values[f.i1 as 0 | 1]}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        setV(b, f.Zdn, of(b, N, P(b, f.Pg), V(b, f.Zdn), b.vsplat(N, f.value)));
      },
    });
  }),
];
