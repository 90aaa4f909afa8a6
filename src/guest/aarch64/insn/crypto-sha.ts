/** Cryptographic SHA1 and SHA256 (FEAT_SHA1, FEAT_SHA256; DDI 0487, C7, and SHAhashSHA256 … in J1; FIPS 180-4). */
import type { Builder, I32, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import { rotateWords, shuffleLanes } from '../simd/lanes.ts';
import { choose, majority, parity, vectorOfWords, word, words, type Mix } from '../simd/words.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { scalars, vectors } from './simd-form.ts';

const rotl = (b: Builder, x: I32, n: number): I32 => b.rotl(x, b.i32(n));

interface Registers { readonly Rd: Operand; readonly Rn: Operand; readonly Rm: Operand }

function sha1Hash(mnemonic: string, opcode: string, mix: Mix): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0101 1110 000 Rm:5 0 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    feature: 'SHA1',
    asm: f => `${mnemonic}\t${scalar(4, f.Rd)}, ${scalar(2, f.Rn)}, ${vector(1, 2, f.Rm)}`,
    exec(b, f) {
      let [x0, x1, x2, x3] = words(b, V(b, f.Rd));
      let y = word(b, V(b, f.Rn), 0);
      for (const w of words(b, V(b, f.Rm))) {
        const next = b.add(b.add(y, rotl(b, x0, 5)), b.add(mix(b, x1, x2, x3), w));
        [x0, x1, x2, x3, y] = [next, x0, rotl(b, x1, 30), x2, x3];
      }
      setV(b, f.Rd, vectorOfWords(b, [x0, x1, x2, x3]));
    },
  });
}

const sha1: readonly Insn[] = [
  sha1Hash('sha1c', '000', choose),
  sha1Hash('sha1p', '001', parity),
  sha1Hash('sha1m', '010', majority),
  fpInsn('SHA1SU0', '0101 1110 000 Rm:5 0 011 00 Rn:5 Rd:5', {
    feature: 'SHA1',
    asm: f => `sha1su0\t${vectors(1, 2, f.Rd, f.Rn, f.Rm)}`,
    exec(b, f) {
      const d = V(b, f.Rd);
      setV(b, f.Rd, b.vxor(b.vxor(shuffleLanes(b, 64, d, V(b, f.Rn), [1, 2]), d), V(b, f.Rm)));
    },
  }),
  fpInsn('SHA1H', '0101 1110 00 10100 00000 10 Rn:5 Rd:5', {
    feature: 'SHA1',
    asm: f => `sha1h\t${scalars(2, f.Rd, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, lowBytes(b, rotateWords(b, V(b, f.Rn), 30), 4)),
  }),
  fpInsn('SHA1SU1', '0101 1110 00 10100 00001 10 Rn:5 Rd:5', {
    feature: 'SHA1',
    asm: f => `sha1su1\t${vectors(1, 2, f.Rd, f.Rn)}`,
    exec(b, f) {
      const mixed = b.vxor(V(b, f.Rd), shuffleLanes(b, 32, V(b, f.Rn), b.v128(0n), [1, 2, 3]));
      const turned = rotateWords(b, mixed, 1);
      // The last word depends on the new first one.
      const first = b.vand(rotateWords(b, turned, 1), b.v128(0xffff_ffffn));
      setV(b, f.Rd, b.vxor(turned, shuffleLanes(b, 32, first, first, [1, 1, 1, 0])));
    },
  }),
];

const rotations = (b: Builder, x: I32, first: number, second: number, third: number): I32 =>
  b.xor(b.xor(b.rotr(x, b.i32(first)), b.rotr(x, b.i32(second))), b.rotr(x, b.i32(third)));

/** SHA256hash: four rounds; the half of the state that `part` names. */
function sha256Rounds(b: Builder, abcd: V128, efgh: V128, schedule: V128, part: 1 | 2): V128 {
  let [a, c1, c2, c3] = words(b, abcd);
  let [e, f, g, h] = words(b, efgh);
  for (const w of words(b, schedule)) {
    const t1 = b.add(b.add(b.add(h, w), rotations(b, e, 6, 11, 25)), choose(b, e, f, g));
    const t2 = b.add(rotations(b, a, 2, 13, 22), majority(b, a, c1, c2));
    [a, c1, c2, c3, e, f, g, h] = [b.add(t1, t2), a, c1, c2, b.add(c3, t1), e, f, g];
  }
  return vectorOfWords(b, part === 1 ? [a, c1, c2, c3] : [e, f, g, h]);
}

function sha256(mnemonic: string, opcode: string, operands: 'q' | 'v', operation: (b: Builder, d: V128, n: V128, m: V128) => V128): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0101 1110 000 Rm:5 0 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    feature: 'SHA256',
    asm(f) {
      const name = (r: number): string => (operands === 'q' ? scalar(4, r) : vector(1, 2, r));
      return `${mnemonic}\t${name(f.Rd)}, ${name(f.Rn)}, ${vector(1, 2, f.Rm)}`;
    },
    exec: (b, f: Registers) => setV(b, f.Rd, operation(b, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  });
}

/** sigma 0 and sigma 1 of the message schedule, of each word. */
function sigma(b: Builder, x: V128, first: number, second: number, shift: number): V128 {
  return b.vxor(b.vxor(rotateWords(b, x, 32 - first), rotateWords(b, x, 32 - second)), b.vshrU(32, x, b.i32(shift)));
}

const sha256s: readonly Insn[] = [
  sha256('sha256h', '100', 'q', (b, d, n, m) => sha256Rounds(b, d, n, m, 1)),
  sha256('sha256h2', '101', 'q', (b, d, n, m) => sha256Rounds(b, n, d, m, 2)),
  sha256('sha256su1', '110', 'v', (b, d, n, m) => {
    const base = b.vadd(32, d, shuffleLanes(b, 32, n, m, [1, 2, 3, 4]));
    const low = b.vadd(32, base, sigma(b, shuffleLanes(b, 64, m, b.v128(0n), [1]), 17, 19, 10));
    // sigma 1 of 0 is 0: the upper words take it from the new lower ones.
    const low64 = lowBytes(b, low, 8);
    const high = b.vadd(32, base, sigma(b, shuffleLanes(b, 64, low64, low64, [1, 0]), 17, 19, 10));
    return shuffleLanes(b, 64, low, high, [0, 3]);
  }),
  fpInsn('SHA256SU0', '0101 1110 00 10100 00010 10 Rn:5 Rd:5', {
    feature: 'SHA256',
    asm: f => `sha256su0\t${vectors(1, 2, f.Rd, f.Rn)}`,
    exec(b, f) {
      const d = V(b, f.Rd);
      setV(b, f.Rd, b.vadd(32, d, sigma(b, shuffleLanes(b, 32, d, V(b, f.Rn), [1, 2, 3, 4]), 7, 18, 3)));
    },
  }),
];

export const cryptoSha: readonly Insn[] = [...sha1, ...sha256s];
