/** FEAT_I8MM: matrix products of bytes, and dot products of unsigned bytes with signed ones (DDI 0487, C7). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { vector } from '../names.ts';
import { setVQ, V } from '../pseudocode.ts';
import { dotProduct, matrixProduct } from '../simd/dot.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { derivePlace, quarter, splatElement } from './simd-by-element.ts';
import { vectors } from './simd-form.ts';

const feature = 'I8MM';

function accumulate(b: Builder, Rd: Operand, Q: number, addend: V128): void {
  setVQ(b, Rd, Q, b.vadd(32, V(b, Rd), addend));
}

/** `U`: whether the bytes of the first source and of the second are unsigned. */
function matrix(mnemonic: string, bits: string, U: readonly [boolean, boolean]): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0 1 ${fixed(bits[0] as string)} 01110 10 0 Rm:5 1010 ${fixed(bits[1] as string)} 1 Rn:5 Rd:5`, {
    feature,
    asm: f => `${mnemonic}\t${vector(1, 2, f.Rd)}, ${vectors(1, 0, f.Rn, f.Rm)}`,
    exec: (b, f) => accumulate(b, f.Rd, 1, matrixProduct(b, { bytes: V(b, f.Rn), unsigned: U[0] }, { bytes: V(b, f.Rm), unsigned: U[1] })),
  });
}

/** `unsigned`: the source whose bytes are. */
function dotByElement(mnemonic: string, US: 0 | 1): Insn {
  return fpInsn(`${mnemonic.toUpperCase()} (by element)`, `0 Q!1 0 01111 ${fixed(US)} 0 L:1 M:1 Rm:4 1111 H:1 0 Rn:5 Rd:5`, {
    feature,
    derive: f => derivePlace({ ...f, size: 2 }),
    asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${vector(f.Q, 0, f.Rn)}, ${quarter(f)}`,
    exec(b, f) {
      const element = splatElement(b, 32, V(b, f.m), f.bytes);
      accumulate(b, f.Rd, f.Q, dotProduct(b, { bytes: V(b, f.Rn), unsigned: US === 1 }, { bytes: element, unsigned: US === 0 }));
    },
  });
}

export const simdMatrix: readonly Insn[] = [
  matrix('smmla', '00', [false, false]),
  matrix('ummla', '10', [true, true]),
  matrix('usmmla', '01', [true, false]),
  fpInsn('USDOT (vector)', '0 Q!1 0 01110 10 0 Rm:5 10011 1 Rn:5 Rd:5', {
    feature,
    asm: f => `usdot\t${vector(f.Q, 2, f.Rd)}, ${vectors(f.Q, 0, f.Rn, f.Rm)}`,
    exec: (b, f) => accumulate(b, f.Rd, f.Q, dotProduct(b, { bytes: V(b, f.Rn), unsigned: true }, { bytes: V(b, f.Rm), unsigned: false })),
  }),
  dotByElement('usdot', 1),
  dotByElement('sudot', 0),
];
