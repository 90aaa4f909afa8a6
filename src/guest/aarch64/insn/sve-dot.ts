/** SVE dot products and matrix products of integers (DDI 0487, C4.1 "SVE Integer Multiply-Add - Unpredicated", "SVE Multiply - Indexed", C8.2). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { dotProduct, matrixProduct, type Bytes } from '../simd/dot.ts';
import { addPairsLong, multiplyWide, pairwise, shuffleLanes, type Half } from '../simd/lanes.ts';
import { z, zs } from '../sve/names.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** The sum of the four products of halfwords in each doubleword. */
function dotOfHalfwords(b: Builder, x: Bytes, y: Bytes): V128 {
  const { unsigned } = x;
  const pairs = (half: Half): V128 => {
    const products = multiplyWide(b, 16, unsigned, half, x.bytes, y.bytes);
    return addPairsLong(b, 32, unsigned, products);
  };
  return pairwise(b, 64, 1, pairs('low'), pairs('high'), (even, odd) => b.vadd(64, even, odd));
}

/** `size` 2: words of bytes; 3: doublewords of halfwords. */
const dot = (b: Builder, size: number, a: V128, x: Bytes, y: Bytes): V128 =>
  (size === 2 ? b.vadd(32, a, dotProduct(b, x, y)) : b.vadd(64, a, dotOfHalfwords(b, x, y)));

/** The element in all places: where a vector has 128 bits, all of it is one segment. */
const everywhere = (b: Builder, lane: Lane, x: V128, index: number): V128 =>
  shuffleLanes(b, lane, x, x, Array.from({ length: 128 / lane }, () => index));

const byVectors = (mnemonic: string, U: 0 | 1): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (vectors)`, `01000100 1 sz!1 0 Zm:5 00000 ${fixed(U)} Zn:5 Zda:5`, {
    asm: f => `${mnemonic}\t${z(2 + f.sz, f.Zda)}, ${zs(f.sz, f.Zn, f.Zm)}`,
    exec(b, f) {
      const of = (bytes: V128): Bytes => ({ bytes, unsigned: U === 1 });
      setV(b, f.Zda, dot(b, 2 + f.sz, V(b, f.Zda), of(V(b, f.Zn)), of(V(b, f.Zm))));
    },
  });

/** `unsigned`: of Zn's bytes and of the element's. */
const ofWords = (mnemonic: string, opcode: string, unsigned: readonly [boolean, boolean], feature?: string): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (indexed)`, `01000100 10 1 i2!2 Zm:3 ${fixed(opcode)} Zn:5 Zda:5`, {
    ...(feature === undefined ? {} : { feature }),
    asm: f => `${mnemonic}\t${z(2, f.Zda)}, ${z(0, f.Zn)}, ${z(0, f.Zm)}[${f.i2}]`,
    exec(b, f) {
      const element = everywhere(b, 32, V(b, f.Zm), f.i2);
      setV(b, f.Zda, dot(b, 2, V(b, f.Zda), { bytes: V(b, f.Zn), unsigned: unsigned[0] }, { bytes: element, unsigned: unsigned[1] }));
    },
  });

const ofDoublewords = (mnemonic: string, U: 0 | 1): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (indexed, 64-bit)`, `01000100 11 1 i1!1 Zm:4 00000 ${fixed(U)} Zn:5 Zda:5`, {
    asm: f => `${mnemonic}\t${z(3, f.Zda)}, ${z(1, f.Zn)}, ${z(1, f.Zm)}[${f.i1}]`,
    exec(b, f) {
      const of = (bytes: V128): Bytes => ({ bytes, unsigned: U === 1 });
      setV(b, f.Zda, dot(b, 3, V(b, f.Zda), of(V(b, f.Zn)), of(everywhere(b, 64, V(b, f.Zm), f.i1))));
    },
  });

const matrix = (mnemonic: string, uns: string, unsigned: readonly [boolean, boolean]): Insn =>
  sveInsn(mnemonic.toUpperCase(), `01000101 ${fixed(uns)} 0 Zm:5 100110 Zn:5 Zda:5`, {
    feature: 'I8MM',
    asm: f => `${mnemonic}\t${z(2, f.Zda)}, ${zs(0, f.Zn, f.Zm)}`,
    exec(b, f) {
      const product = matrixProduct(b, { bytes: V(b, f.Zn), unsigned: unsigned[0] }, { bytes: V(b, f.Zm), unsigned: unsigned[1] });
      setV(b, f.Zda, b.vadd(32, V(b, f.Zda), product));
    },
  });

export const sveDot: readonly Insn[] = [
  byVectors('sdot', 0),
  byVectors('udot', 1),
  ofWords('sdot', '000000', [false, false]),
  ofWords('udot', '000001', [true, true]),
  ofDoublewords('sdot', 0),
  ofDoublewords('udot', 1),
  sveInsn('USDOT (vectors)', '01000100 10 0 Zm:5 011110 Zn:5 Zda:5', {
    feature: 'I8MM',
    asm: f => `usdot\t${z(2, f.Zda)}, ${zs(0, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zda, dot(b, 2, V(b, f.Zda), { bytes: V(b, f.Zn), unsigned: true }, { bytes: V(b, f.Zm), unsigned: false })),
  }),
  ofWords('usdot', '000110', [true, false], 'I8MM'),
  ofWords('sudot', '000111', [false, true], 'I8MM'),
  matrix('smmla', '00', [false, false]),
  matrix('usmmla', '10', [true, false]),
  matrix('ummla', '11', [true, true]),
];
