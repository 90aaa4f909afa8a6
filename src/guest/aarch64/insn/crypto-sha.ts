/** Cryptographic SHA1 and SHA256 (FEAT_SHA1, FEAT_SHA256; DDI 0487, C7). */
import type { Builder, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { lowBytes, setV, V } from '../pseudocode.ts';
import { sha1Fixed, sha1Rounds, sha1Schedule0, sha1Schedule1, sha256Rounds, sha256Schedule0, sha256Schedule1 } from '../simd/sha.ts';
import { choose, majority, parity, type Mix } from '../simd/words.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { scalars, vectors } from './simd-form.ts';

interface Registers { readonly Rd: Operand; readonly Rn: Operand; readonly Rm: Operand }

function sha1Hash(mnemonic: string, opcode: string, mix: Mix): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0101 1110 000 Rm:5 0 ${fixed(opcode)} 00 Rn:5 Rd:5`, {
    feature: 'SHA1',
    asm: f => `${mnemonic}\t${scalar(4, f.Rd)}, ${scalar(2, f.Rn)}, ${vector(1, 2, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, sha1Rounds(b, mix, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  });
}

const sha1: readonly Insn[] = [
  sha1Hash('sha1c', '000', choose),
  sha1Hash('sha1p', '001', parity),
  sha1Hash('sha1m', '010', majority),
  fpInsn('SHA1SU0', '0101 1110 000 Rm:5 0 011 00 Rn:5 Rd:5', {
    feature: 'SHA1',
    asm: f => `sha1su0\t${vectors(1, 2, f.Rd, f.Rn, f.Rm)}`,
    exec: (b, f) => setV(b, f.Rd, sha1Schedule0(b, V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  }),
  fpInsn('SHA1H', '0101 1110 00 10100 00000 10 Rn:5 Rd:5', {
    feature: 'SHA1',
    asm: f => `sha1h\t${scalars(2, f.Rd, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, lowBytes(b, sha1Fixed(b, V(b, f.Rn)), 4)),
  }),
  fpInsn('SHA1SU1', '0101 1110 00 10100 00001 10 Rn:5 Rd:5', {
    feature: 'SHA1',
    asm: f => `sha1su1\t${vectors(1, 2, f.Rd, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, sha1Schedule1(b, V(b, f.Rd), V(b, f.Rn))),
  }),
];

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

const sha256s: readonly Insn[] = [
  sha256('sha256h', '100', 'q', (b, d, n, m) => sha256Rounds(b, d, n, m, 1)),
  sha256('sha256h2', '101', 'q', (b, d, n, m) => sha256Rounds(b, n, d, m, 2)),
  sha256('sha256su1', '110', 'v', sha256Schedule1),
  fpInsn('SHA256SU0', '0101 1110 00 10100 00010 10 Rn:5 Rd:5', {
    feature: 'SHA256',
    asm: f => `sha256su0\t${vectors(1, 2, f.Rd, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, sha256Schedule0(b, V(b, f.Rd), V(b, f.Rn))),
  }),
];

export const cryptoSha: readonly Insn[] = [...sha1, ...sha256s];
