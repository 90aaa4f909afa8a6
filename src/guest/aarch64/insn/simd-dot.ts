/** SDOT and UDOT: dot products of the bytes of words (FEAT_DotProd; DDI 0487, C7). */
import type { Insn } from '../../../isa/insn.ts';
import { vector } from '../names.ts';
import { setVQ, V } from '../pseudocode.ts';
import { dotProduct } from '../simd/dot.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { derivePlace, quarter, splatElement } from './simd-by-element.ts';
import { vectors } from './simd-form.ts';

function dot(mnemonic: string, U: 0 | 1): Insn[] {
  const name = mnemonic.toUpperCase();
  const unsigned = U === 1;
  return [
    fpInsn(`${name} (vector)`, `0 Q!1 ${fixed(U)} 01110 10 0 Rm:5 10010 1 Rn:5 Rd:5`, {
      feature: 'DotProd',
      asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${vectors(f.Q, 0, f.Rn, f.Rm)}`,
      exec: (b, f) =>
        setVQ(b, f.Rd, f.Q, b.vadd(32, V(b, f.Rd), dotProduct(b, { bytes: V(b, f.Rn), unsigned }, { bytes: V(b, f.Rm), unsigned }))),
    }),
    fpInsn(`${name} (by element)`, `0 Q!1 ${fixed(U)} 01111 10 L:1 M:1 Rm:4 1110 H:1 0 Rn:5 Rd:5`, {
      feature: 'DotProd',
      derive: f => derivePlace({ ...f, size: 2 }),
      asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${vector(f.Q, 0, f.Rn)}, ${quarter(f)}`,
      exec(b, f) {
        const element = splatElement(b, 32, V(b, f.m), f.bytes);
        setVQ(b, f.Rd, f.Q, b.vadd(32, V(b, f.Rd), dotProduct(b, { bytes: V(b, f.Rn), unsigned }, { bytes: element, unsigned })));
      },
    }),
  ];
}

export const simdDot: readonly Insn[] = [...dot('sdot', 0), ...dot('udot', 1)];
