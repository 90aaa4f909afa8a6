/** AES, SHA1 and SHA256 on Q registers (ARM DDI 0487, F4.1 and F6). */
import type { Builder, V128 } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import { AESInvMixColumns, AESInvShiftRows, AESInvSubBytes, AESMixColumns, AESShiftRows, AESSubBytes } from '../../simd/aes.ts';
import { sha1Fixed, sha1Rounds, sha1Schedule0, sha1Schedule1, sha256Rounds, sha256Schedule0, sha256Schedule1 } from '../../simd/sha.ts';
import { choose, majority, parity } from '../../simd/words.ts';
import { type Both, simd } from '../both.ts';
import { setVector, vector } from '../vfp.ts';
import { even, threeVectorNames, threeVectors, twoVectorNames, twoVectors } from './simd-form.ts';
import { withoutSize11 as overrides } from './simd-overridden.ts';

const two = (mnemonic: string, feature: string, size: string, opc1: string, opc2: string, of: (b: Builder, d: V128, m: V128) => V128): Both =>
  simd(mnemonic.split('.')[0]!.toUpperCase(), '1', `1 D:1 11 ${fixed(size)} ${fixed(opc1)} Vd:4 0 ${fixed(opc2)} M:1 0 Vm:4`, {
    overrides,
    feature,
    valid: f => even(1, f.Vd, f.Vm),
    derive: twoVectors,
    asm: f => `${mnemonic}\t${twoVectorNames({ ...f, Q: 1 })}`,
    exec: (b, f) => setVector(b, 1, f.d, of(b, vector(b, 1, f.d), vector(b, 1, f.m))),
  });

const three = (mnemonic: string, feature: string, U: 0 | 1, size: string, of: (b: Builder, d: V128, n: V128, m: V128) => V128): Both =>
  simd(mnemonic.split('.')[0]!.toUpperCase(), fixed(U), `0 D:1 ${fixed(size)} Vn:4 Vd:4 1100 N:1 1 M:1 0 Vm:4`, {
    feature,
    valid: f => even(1, f.Vd, f.Vn, f.Vm),
    derive: threeVectors,
    asm: f => `${mnemonic}\t${threeVectorNames({ ...f, Q: 1 })}`,
    exec: (b, f) => setVector(b, 1, f.d, of(b, vector(b, 1, f.d), vector(b, 1, f.n), vector(b, 1, f.m))),
  });

export const simdCrypto: readonly Both[] = [
  two('aese.8', 'AES', '00', '00', '0110 0', (b, d, m) => AESSubBytes(b, AESShiftRows(b, b.vxor(d, m)))),
  two('aesd.8', 'AES', '00', '00', '0110 1', (b, d, m) => AESInvSubBytes(b, AESInvShiftRows(b, b.vxor(d, m)))),
  two('aesmc.8', 'AES', '00', '00', '0111 0', (b, _d, m) => AESMixColumns(b, m)),
  two('aesimc.8', 'AES', '00', '00', '0111 1', (b, _d, m) => AESInvMixColumns(b, m)),
  two('sha1h.32', 'SHA1', '10', '01', '0101 1', (b, _d, m) => b.vand(sha1Fixed(b, m), b.v128(0xffff_ffffn))),
  two('sha1su1.32', 'SHA1', '10', '10', '0111 0', sha1Schedule1),
  two('sha256su0.32', 'SHA256', '10', '10', '0111 1', sha256Schedule0),
  three('sha1c.32', 'SHA1', 0, '00', (b, d, n, m) => sha1Rounds(b, choose, d, n, m)),
  three('sha1p.32', 'SHA1', 0, '01', (b, d, n, m) => sha1Rounds(b, parity, d, n, m)),
  three('sha1m.32', 'SHA1', 0, '10', (b, d, n, m) => sha1Rounds(b, majority, d, n, m)),
  three('sha1su0.32', 'SHA1', 0, '11', sha1Schedule0),
  three('sha256h.32', 'SHA256', 1, '00', (b, d, n, m) => sha256Rounds(b, d, n, m, 1)),
  three('sha256h2.32', 'SHA256', 1, '01', (b, d, n, m) => sha256Rounds(b, n, d, m, 2)),
  three('sha256su1.32', 'SHA256', 1, '10', sha256Schedule1),
];
