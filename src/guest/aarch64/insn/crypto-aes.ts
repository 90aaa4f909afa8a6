/** Cryptographic AES: AESE, AESD, AESMC, AESIMC (FEAT_AES; DDI 0487, C7). */
import type { Builder, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { AESInvMixColumns, AESInvShiftRows, AESInvSubBytes, AESMixColumns, AESShiftRows, AESSubBytes } from '../simd/aes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

function aes(mnemonic: string, opcode: string, operation: (b: Builder, n: V128, d: () => V128) => V128): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0100 1110 00 10100 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    feature: 'AES',
    asm: f => `${mnemonic}\t${vectors(1, 0, f.Rd, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, operation(b, V(b, f.Rn), () => V(b, f.Rd))),
  });
}

export const cryptoAes: readonly Insn[] = [
  aes('aese', '00100', (b, n, d) => AESSubBytes(b, AESShiftRows(b, b.vxor(d(), n)))),
  aes('aesd', '00101', (b, n, d) => AESInvSubBytes(b, AESInvShiftRows(b, b.vxor(d(), n)))),
  aes('aesmc', '00110', AESMixColumns),
  aes('aesimc', '00111', AESInvMixColumns),
];
