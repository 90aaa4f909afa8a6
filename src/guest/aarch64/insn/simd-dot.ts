/** SDOT and UDOT: dot products of the bytes of words (FEAT_DotProd; DDI 0487, C7). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { vector } from '../names.ts';
import { setVQ, V } from '../pseudocode.ts';
import { addPairsLong, multiplyWide, pairwise, type Half } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { derivePlace, indexOf, registerOf, splatElement, type Place } from './simd-by-element.ts';
import { vectors } from './simd-form.ts';

/** The sum of the four products of bytes in each word. */
function dotProduct(b: Builder, unsigned: boolean, x: V128, y: V128): V128 {
  const pairs = (half: Half): V128 => addPairsLong(b, 16, unsigned, multiplyWide(b, 8, unsigned, half, x, y));
  return pairwise(b, 32, 1, pairs('low'), pairs('high'), (even, odd) => b.vadd(32, even, odd));
}

/** Four bytes, named by the word that they are. */
const quarter = (f: Place): string => `v${registerOf(f)}.4b[${indexOf(f)}]`;

function dot(mnemonic: string, U: 0 | 1): Insn[] {
  const name = mnemonic.toUpperCase();
  return [
    fpInsn(`${name} (vector)`, `0 Q!1 ${fixed(U)} 01110 10 0 Rm:5 10010 1 Rn:5 Rd:5`, {
      feature: 'DotProd',
      asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${vectors(f.Q, 0, f.Rn, f.Rm)}`,
      exec: (b, f) => setVQ(b, f.Rd, f.Q, b.vadd(32, V(b, f.Rd), dotProduct(b, U === 1, V(b, f.Rn), V(b, f.Rm)))),
    }),
    fpInsn(`${name} (by element)`, `0 Q!1 ${fixed(U)} 01111 10 L:1 M:1 Rm:4 1110 H:1 0 Rn:5 Rd:5`, {
      feature: 'DotProd',
      derive: f => derivePlace({ ...f, size: 2 }),
      asm: f => `${mnemonic}\t${vector(f.Q, 2, f.Rd)}, ${vector(f.Q, 0, f.Rn)}, ${quarter({ ...f, size: 2 })}`,
      exec(b, f) {
        const y = splatElement(b, 32, V(b, f.m), f.bytes);
        setVQ(b, f.Rd, f.Q, b.vadd(32, V(b, f.Rd), dotProduct(b, U === 1, V(b, f.Rn), y)));
      },
    }),
  ];
}

export const simdDot: readonly Insn[] = [...dot('sdot', 0), ...dot('udot', 1)];
