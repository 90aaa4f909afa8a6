/** BFloat16 in SVE's vectors: BFDOT, BFMMLA, BFMLALB, BFMLALT, BFCVT, BFCVTNT (FEAT_BF16; DDI 0487, C8). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { BFDotAdd, matrixProduct, singles } from '../fp/bfloat-vector.ts';
import { FPConvertBF } from '../fp/vector-convert.ts';
import { FPMulAdd } from '../fp/vector.ts';
import { setV, V } from '../pseudocode.ts';
import { extend, shiftLeft } from '../simd/lanes.ts';
import { merging, z, zs } from '../sve/names.ts';
import { bytesOfElement, inEveryLane } from '../sve/places.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

const feature = 'BF16';

/** Of the lower (B) or upper (T) halves of words, the second factor's being singles already. */
function multiplyAddLong(b: Builder, top: number, Zda: Operand, n: V128, m: V128): void {
  setV(b, Zda, FPMulAdd(b, 32, 4, V(b, Zda), singles(b, n, top), m, false));
}

const indexOf = (f: { readonly high: number; readonly low: number }): number => (f.high << 1) | f.low;

/** Words become the upper halves of words (BFCVTNT), or the lower ones of those that have nothing else (BFCVT). */
const conversions: readonly (readonly [mnemonic: string, bit: 0 | 1, upper: boolean])[] = [
  ['bfcvt', 1, false],
  ['bfcvtnt', 0, true],
];

export const sveBfloat: readonly Insn[] = [
  sveInsn('BFDOT (vectors)', '01100100 01 1 Zm:5 100000 Zn:5 Zda:5', {
    feature,
    asm: f => `bfdot\t${z(2, f.Zda)}, ${zs(1, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zda, BFDotAdd(b, 4, V(b, f.Zda), V(b, f.Zn), V(b, f.Zm))),
  }),
  sveInsn('BFDOT (indexed)', '01100100 01 1 index:2 Zm:3 010000 Zn:5 Zda:5', {
    feature,
    derive: f => ({ bytes: bytesOfElement(32, f.index) }),
    asm: f => `bfdot\t${z(2, f.Zda)}, ${zs(1, f.Zn, f.Zm)}[${f.index}]`,
    exec: (b, f) => setV(b, f.Zda, BFDotAdd(b, 4, V(b, f.Zda), V(b, f.Zn), inEveryLane(b, 32, V(b, f.Zm), f.bytes))),
  }),
  sveInsn('BFMMLA', '01100100 01 1 Zm:5 111001 Zn:5 Zda:5', {
    feature,
    asm: f => `bfmmla\t${z(2, f.Zda)}, ${zs(1, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zda, matrixProduct(b, V(b, f.Zda), V(b, f.Zn), V(b, f.Zm))),
  }),
  sveInsn('BFMLALB, BFMLALT (vectors)', '01100100 11 1 Zm:5 10000 T!1 Zn:5 Zda:5', {
    feature,
    asm: f => `bfmlal${f.T ? 't' : 'b'}\t${z(2, f.Zda)}, ${zs(1, f.Zn, f.Zm)}`,
    exec: (b, f) => multiplyAddLong(b, f.T, f.Zda, V(b, f.Zn), singles(b, V(b, f.Zm), f.T)),
  }),
  sveInsn('BFMLALB, BFMLALT (indexed)', '01100100 11 1 high:2 Zm:3 0100 low:1 T!1 Zn:5 Zda:5', {
    feature,
    derive: f => ({ bytes: bytesOfElement(16, indexOf(f)) }),
    asm: f => `bfmlal${f.T ? 't' : 'b'}\t${z(2, f.Zda)}, ${zs(1, f.Zn, f.Zm)}[${indexOf(f)}]`,
    exec: (b, f) => multiplyAddLong(b, f.T, f.Zda, V(b, f.Zn), singles(b, inEveryLane(b, 16, V(b, f.Zm), f.bytes), 1)),
  }),
  ...conversions.map(([mnemonic, bit, upper]) =>
    sveInsn(mnemonic.toUpperCase(), `0110010 ${fixed(bit)} 10 001010 101 Pg:3 Zn:5 Zd:5`, {
      feature,
      asm: f => `${mnemonic}\t${z(1, f.Zd)}, ${merging(f.Pg)}, ${z(2, f.Zn)}`,
      exec(b, f) {
        const mask = maskOf(b, 32, P(b, f.Pg));
        const result = extend(b, 16, true, 'low', FPConvertBF(b, 4, b.vand(mask, V(b, f.Zn))));
        setV(b, f.Zd, b.vselect(upper ? shiftLeft(b, 32, mask, 16) : mask, upper ? shiftLeft(b, 32, result, 16) : result, V(b, f.Zd)));
      },
    }),
  ),
];
