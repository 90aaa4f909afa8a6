/** Cryptographic SM3 (FEAT_SM3; DDI 0487, C7; GB/T 32905). The newest word of a vector is its top one. */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { element, vector } from '../names.ts';
import { setV, V } from '../pseudocode.ts';
import { rotateWords } from '../simd/lanes.ts';
import { majority, choose, parity, word, words, vectorOfWords, type Mix } from '../simd/words.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

const feature = 'SM3';
const rotl = (b: Builder, x: I32, n: number): I32 => b.rotl(x, b.i32(n));
const sum = (b: Builder, ...terms: readonly I32[]): I32 => terms.reduce((x, y) => b.add(x, y));

/** P0 and P1 of the standard. */
const permute = (b: Builder, x: I32, first: number, second: number): I32 => b.xor(b.xor(x, rotl(b, x, first)), rotl(b, x, second));

/** One half of a round: the words A to D or E to H of the state in Vd, the message word in an element of Vm. */
function half(mnemonic: string, opcode: string, mix: Mix, turn: number, newest: (b: Builder, mixed: I32, top: I32, n: I32) => I32): Insn {
  return fpInsn(mnemonic.toUpperCase(), `1100 1110 010 Rm:5 10 imm2!2 ${fixed(opcode)} Rn:5 Rd:5`, {
    feature,
    asm: f => `${mnemonic}\t${vectors(1, 2, f.Rd, f.Rn)}, ${element(2, f.Rm, f.imm2)}`,
    exec(b, f) {
      const [d0, d1, d2, d3] = words(b, V(b, f.Rd));
      const mixed = sum(b, mix(b, d3, d2, d1), d0, word(b, V(b, f.Rm), f.imm2));
      setV(b, f.Rd, vectorOfWords(b, [d1, rotl(b, d2, turn), d3, newest(b, mixed, d3, word(b, V(b, f.Rn), 3))]));
    },
  });
}

const TT1 = (b: Builder, mixed: I32, top: I32, n: I32): I32 => b.add(mixed, b.xor(n, rotl(b, top, 12)));
const TT2 = (b: Builder, mixed: I32, _top: I32, n: I32): I32 => permute(b, b.add(mixed, n), 9, 17);

function schedule(mnemonic: string, opcode: string, operation: (b: Builder, d: V128, n: V128, m: V128) => V128): Insn {
  return fpInsn(mnemonic.toUpperCase(), `1100 1110 011 Rm:5 1100 ${fixed(opcode)} Rn:5 Rd:5`, {
    feature,
    asm: f => `${mnemonic}\t${vectors(1, 2, f.Rd, f.Rn, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, operation(b, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  });
}

export const cryptoSm3: readonly Insn[] = [
  fpInsn('SM3SS1', '1100 1110 010 Rm:5 0 Ra:5 Rn:5 Rd:5', {
    feature,
    asm: f => `sm3ss1\t${[f.Rd, f.Rn, f.Rm, f.Ra].map(r => vector(1, 2, r)).join(', ')}`,
    exec(b, f) {
      const top = (v: V128): I32 => word(b, v, 3);
      const total = sum(b, rotl(b, top(V(b, f.Rn)), 12), top(V(b, f.Rm)), top(V(b, f.Ra)));
      setV(b, f.Rd, b.vset(32, b.v128(0n), 3, b.extU(rotl(b, total, 7))));
    },
  }),
  half('sm3tt1a', '00', parity, 9, TT1),
  half('sm3tt1b', '01', majority, 9, TT1),
  half('sm3tt2a', '10', parity, 19, TT2),
  half('sm3tt2b', '11', choose, 19, TT2),
  schedule('sm3partw1', '00', (b, d, n, m) => {
    const known = words(b, b.vxor(d, n));
    const [w0, w1, w2] = [0, 1, 2].map(i => permute(b, b.xor(known[i] as I32, rotl(b, word(b, m, i + 1), 15)), 15, 23)) as [I32, I32, I32];
    // The last word depends on the new first one.
    return vectorOfWords(b, [w0, w1, w2, permute(b, b.xor(known[3], rotl(b, w0, 15)), 15, 23)]);
  }),
  schedule('sm3partw2', '01', (b, d, n, m) => {
    const mixed = b.vxor(n, rotateWords(b, m, 7));
    const result = b.vxor(d, mixed);
    const last = permute(b, rotl(b, word(b, mixed, 0), 15), 15, 23);
    return b.vset(32, result, 3, b.extU(b.xor(word(b, result, 3), last)));
  }),
];
