/** Cryptographic SM4 (FEAT_SM4; DDI 0487, C7; GB/T 32907): four rounds of the cipher, or of its key schedule. */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { inverse, lookUp, table, turned } from '../simd/substitute.ts';
import { vectorOfWords, word, words } from '../simd/words.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

const MODULUS = 0x1f5;
/** An affine map, the inverse in GF(2^8), and the map again. */
const affine = (x: number): number => turned(x, [0, 1, 3, 6, 7]) ^ 0xd3;
const SBOX = table(x => affine(inverse(MODULUS, affine(x))));

/** Each byte of the word substituted. */
const substitute = (b: Builder, x: I32): I32 => word(b, lookUp(b, SBOX, b.vsplat(32, b.extU(x))), 0);

/** Rounds over `state` with the words of `keys`; `turns` is the linear transformation, L or L'. */
function rounds(b: Builder, state: V128, keys: V128, turns: readonly number[]): V128 {
  let [x0, x1, x2, x3] = words(b, state);
  for (const key of words(b, keys)) {
    const nonlinear = substitute(b, b.xor(b.xor(x1, x2), b.xor(x3, key)));
    const linear = turns.reduce((sum, n) => b.xor(sum, b.rotl(nonlinear, b.i32(n))), nonlinear);
    [x0, x1, x2, x3] = [x1, x2, x3, b.xor(x0, linear)];
  }
  return vectorOfWords(b, [x0, x1, x2, x3]);
}

export const cryptoSm4: readonly Insn[] = [
  fpInsn('SM4E', '1100 1110 110 00000 1000 01 Rn:5 Rd:5', {
    feature: 'SM4',
    asm: f => `sm4e\t${vectors(1, 2, f.Rd, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, rounds(b, V(b, f.Rd), V(b, f.Rn), [2, 10, 18, 24])),
  }),
  fpInsn('SM4EKEY', '1100 1110 011 Rm:5 1100 10 Rn:5 Rd:5', {
    feature: 'SM4',
    asm: f => `sm4ekey\t${vectors(1, 2, f.Rd, f.Rn, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, rounds(b, V(b, f.Rn), V(b, f.Rm), [13, 23])),
  }),
];
