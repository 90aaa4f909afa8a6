/** SVE floating-point arithmetic with two operands: unpredicated, predicated, with immediate (DDI 0487, C8: FADD (vectors, predicated) …). */
import type { Builder, V128 } from '../../../isa/builder.ts';
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

/** The reversed ones have Zm as their first operand. */
const predicated: readonly (readonly [mnemonic: string, opcode: string, of: fp.VectorBinary, reversed?: 'reversed'])[] = [
  ['fadd', '0000', fp.FPAdd],
  ['fsub', '0001', fp.FPSub],
  ['fmul', '0010', fp.FPMul],
  ['fsubr', '0011', fp.FPSub, 'reversed'],
  ['fmaxnm', '0100', fp.FPMaxNum],
  ['fminnm', '0101', fp.FPMinNum],
  ['fmax', '0110', fp.FPMax],
  ['fmin', '0111', fp.FPMin],
  ['fabd', '1000', fp.FPAbsDiff],
  ['fscale', '1001', fp.FPScale],
  ['fmulx', '1010', fp.FPMulX],
  ['fdivr', '1100', fp.FPDiv, 'reversed'],
  ['fdiv', '1101', fp.FPDiv],
];

/** One of two values; powers of two by their exponents, but zero. */
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

const reversible = (of: fp.VectorBinary, reversed: boolean): ((b: Builder, N: FpSize, p: Parameters<typeof onActive>[2], dn: V128, m: V128) => V128) =>
  (b, N, p, dn, m) => (reversed ? onActive(b, N, p, of, m, dn, dn) : onActive(b, N, p, of, dn, m, dn));

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
  ...predicated.map(([mnemonic, opcode, of, reversed]) =>
    sveInsn(`${mnemonic.toUpperCase()} (vectors, predicated)`, `01100101 size!2 00 ${fixed(opcode)} 100 Pg:3 Zm:5 Zdn:5`, {
      valid: isPrecision,
      asm: f => `${mnemonic}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zdn, f.Zm)}`,
      exec: (b, f) =>
        setV(b, f.Zdn, reversible(of, reversed !== undefined)(b, precisionOf(f.size), P(b, f.Pg), V(b, f.Zdn), V(b, f.Zm))),
    }),
  ),
  ...predicated.flatMap(([mnemonic, opcode, of, reversed]) => {
    const values = immediates[mnemonic];
    if (!values) return [];
    return sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `01100101 size!2 011 ${fixed(opcode.slice(1))} 100 Pg:3 0000 i1:1 Zdn:5`, {
      valid: isPrecision,
      derive: f => ({ value: bitsOf(precisionOf(f.size), values[f.i1 as 0 | 1]) }),
      asm: f => `${mnemonic}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${z(f.size, f.Zdn)}, #${values[f.i1 as 0 | 1]}`,
      exec(b, f) {
        const N = precisionOf(f.size);
        setV(b, f.Zdn, reversible(of, reversed !== undefined)(b, N, P(b, f.Pg), V(b, f.Zdn), b.vsplat(N, f.value)));
      },
    });
  }),
];
