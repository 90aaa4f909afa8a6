/** FEAT_BF16: BFloat16, the upper halves of singles (DDI 0487, C7: BFDOT, BFMMLA, BFMLALB, BFMLALT, BFCVT, BFCVTN). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { BFDotAdd, matrixProduct, singles } from '../fp/bfloat-vector.ts';
import { FPConvertBF } from '../fp/vector-convert.ts';
import { FPMulAdd } from '../fp/vector.ts';
import { element, scalar, vector } from '../names.ts';
import { V, setV } from '../pseudocode.ts';
import { fpInsn } from './fp-access.ts';
import { derivePlace, splatElement } from './simd-by-element.ts';
import { vectors } from './simd-form.ts';

const feature = 'BF16';

function multiplyAddLong(b: Builder, top: number, Rd: Operand, n: V128, m: V128): void {
  setV(b, Rd, FPMulAdd(b, 32, 4, V(b, Rd), singles(b, n, top), m, false));
}

interface Place {
  readonly L: number;
  readonly M: number;
  readonly Rm: number;
  readonly H: number;
}
const pair = (f: Place): string => `v${(f.M << 4) | f.Rm}.2h[${(f.H << 1) | f.L}]`;

export const simdBfloat: readonly Insn[] = [
  fpInsn('BFDOT (vector)', '0 Q!1 1 01110 01 0 Rm:5 11111 1 Rn:5 Rd:5', {
    feature,
    asm: f => `bfdot\t${vector(f.Q, 2, f.Rd)}, ${vectors(f.Q, 1, f.Rn, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, BFDotAdd(b, f.Q ? 4 : 2, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  }),
  fpInsn('BFDOT (by element)', '0 Q!1 0 01111 01 L:1 M:1 Rm:4 1111 H:1 0 Rn:5 Rd:5', {
    feature,
    derive: f => derivePlace({ ...f, size: 2 }),
    asm: f => `bfdot\t${vector(f.Q, 2, f.Rd)}, ${vector(f.Q, 1, f.Rn)}, ${pair(f)}`,
    exec: (b, f) => setV(b, f.Rd, BFDotAdd(b, f.Q ? 4 : 2, V(b, f.Rd), V(b, f.Rn), splatElement(b, 32, V(b, f.m), f.bytes))),
  }),
  fpInsn('BFMMLA', '0 1 1 01110 01 0 Rm:5 11101 1 Rn:5 Rd:5', {
    feature,
    asm: f => `bfmmla\t${vector(1, 2, f.Rd)}, ${vectors(1, 1, f.Rn, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, matrixProduct(b, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  }),
  fpInsn('BFMLALB, BFMLALT (vector)', '0 Q!1 1 01110 11 0 Rm:5 11111 1 Rn:5 Rd:5', {
    feature,
    asm: f => `bfmlal${f.Q ? 't' : 'b'}\t${vector(1, 2, f.Rd)}, ${vectors(1, 1, f.Rn, f.Rm)}`,
    exec: (b, f) => multiplyAddLong(b, f.Q, f.Rd, V(b, f.Rn), singles(b, V(b, f.Rm), f.Q)),
  }),
  fpInsn('BFMLALB, BFMLALT (by element)', '0 Q!1 0 01111 11 L:1 M:1 Rm:4 1111 H:1 0 Rn:5 Rd:5', {
    feature,
    derive: f => derivePlace({ ...f, size: 1 }),
    asm: f => `bfmlal${f.Q ? 't' : 'b'}\t${vector(1, 2, f.Rd)}, ${vector(1, 1, f.Rn)}, ${element(1, f.Rm, (f.H << 2) | (f.L << 1) | f.M)}`,
    exec: (b, f) => multiplyAddLong(b, f.Q, f.Rd, V(b, f.Rn), singles(b, splatElement(b, 16, V(b, f.m), f.bytes), 1)),
  }),
  fpInsn('BFCVT', '0 0 0 11110 01 1 00011 0 10000 Rn:5 Rd:5', {
    feature,
    asm: f => `bfcvt\t${scalar(1, f.Rd)}, ${scalar(2, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, FPConvertBF(b, 1, V(b, f.Rn))),
  }),
  fpInsn('BFCVTN, BFCVTN2', '0 Q!1 0 01110 10 10000 10110 10 Rn:5 Rd:5', {
    feature,
    asm: f => `bfcvtn${f.Q ? '2' : ''}\t${vector(f.Q, 1, f.Rd)}, ${vector(1, 2, f.Rn)}`,
    exec(b, f) {
      const result = FPConvertBF(b, 4, V(b, f.Rn));
      setV(b, f.Rd, f.Q ? b.vset(64, V(b, f.Rd), 1, b.vget(64, result, 0)) : result);
    },
  }),
];
