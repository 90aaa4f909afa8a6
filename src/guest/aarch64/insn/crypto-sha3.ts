/** Cryptographic SHA512 and SHA3 (FEAT_SHA512, FEAT_SHA3; DDI 0487, C7; FIPS 180-4, FIPS 202). */
import type { Builder, I64, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { scalar, vector } from '../names.ts';
import { setV, V } from '../pseudocode.ts';
import { shuffleLanes } from '../simd/lanes.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { vectors } from './simd-form.ts';

const low = (b: Builder, x: V128): I64 => b.vget(64, x, 0);
const high = (b: Builder, x: V128): I64 => b.vget(64, x, 1);
const vectorOf = (b: Builder, lower: I64, upper: I64): V128 => b.vset(64, b.vsplat(64, lower), 1, upper);

const rotations = (b: Builder, x: I64, first: number, second: number, third: number): I64 =>
  b.xor(b.xor(b.rotr(x, b.i32(first)), b.rotr(x, b.i32(second))), b.rotr(x, b.i32(third)));
const choose = (b: Builder, x: I64, y: I64, z: I64): I64 => b.xor(b.and(b.xor(y, z), x), z);
const majority = (b: Builder, x: I64, y: I64, z: I64): I64 => b.or(b.and(x, y), b.and(b.or(x, y), z));

/** Each doubleword rotated right by n. */
const rotateEach = (b: Builder, x: V128, n: number): V128 =>
  (n === 0 ? x : b.vor(b.vshrU(64, x, b.i32(n)), b.vshl(64, x, b.i32(64 - n))));
/** sigma 0 and sigma 1 of the message schedule, of each doubleword. */
const sigma = (b: Builder, x: V128, first: number, second: number, shift: number): V128 =>
  b.vxor(b.vxor(rotateEach(b, x, first), rotateEach(b, x, second)), b.vshrU(64, x, b.i32(shift)));

type Operation = (b: Builder, d: () => V128, n: V128, m: V128) => V128;

function three(mnemonic: string, feature: string, opcode: string, operands: 'q' | 'v', operation: Operation): Insn {
  return fpInsn(mnemonic.toUpperCase(), `1100 1110 011 Rm:5 1000 ${fixed(opcode)} Rn:5 Rd:5`, {
    feature,
    asm(f) {
      const name = (r: number): string => (operands === 'q' ? scalar(4, r) : vector(1, 3, r));
      return `${mnemonic}\t${name(f.Rd)}, ${name(f.Rn)}, ${vector(1, 3, f.Rm)}`;
    },
    exec: (b, f) => setV(b, f.Rd, operation(b, () => V(b, f.Rd), V(b, f.Rn), V(b, f.Rm))),
  });
}

function four(mnemonic: string, opcode: string, operation: (b: Builder, n: V128, m: V128, a: V128) => V128): Insn {
  return fpInsn(mnemonic.toUpperCase(), `1100 1110 ${fixed(opcode)} Rm:5 0 Ra:5 Rn:5 Rd:5`, {
    feature: 'SHA3',
    asm: f => `${mnemonic}\t${vectors(1, 0, f.Rd, f.Rn, f.Rm, f.Ra)}`,
    exec: (b, f) => setV(b, f.Rd, operation(b, V(b, f.Rn), V(b, f.Rm), V(b, f.Ra))),
  });
}

const SHA512H: Operation = (b, d, n, m) => {
  const part = (y: I64, choice: I64, w: I64): I64 => b.add(b.add(choice, rotations(b, y, 14, 18, 41)), w);
  const first = part(high(b, m), choose(b, high(b, m), low(b, n), high(b, n)), high(b, d()));
  const y = b.add(first, low(b, m));
  return vectorOf(b, part(y, choose(b, y, high(b, m), low(b, n)), low(b, d())), first);
};

const SHA512H2: Operation = (b, d, n, m) => {
  const part = (y: I64, most: I64, w: I64): I64 => b.add(b.add(most, rotations(b, y, 28, 34, 39)), w);
  const first = part(low(b, m), majority(b, low(b, n), high(b, m), low(b, m)), high(b, d()));
  return vectorOf(b, part(first, majority(b, first, low(b, m), high(b, m)), low(b, d())), first);
};

export const cryptoSha3: readonly Insn[] = [
  three('sha512h', 'SHA512', '00', 'q', SHA512H),
  three('sha512h2', 'SHA512', '01', 'q', SHA512H2),
  three('sha512su1', 'SHA512', '10', 'v', (b, d, n, m) => b.vadd(64, b.vadd(64, d(), sigma(b, n, 19, 61, 6)), m)),
  fpInsn('SHA512SU0', '1100 1110 110 00000 1000 00 Rn:5 Rd:5', {
    feature: 'SHA512',
    asm: f => `sha512su0\t${vectors(1, 3, f.Rd, f.Rn)}`,
    exec(b, f) {
      const d = V(b, f.Rd);
      setV(b, f.Rd, b.vadd(64, d, sigma(b, shuffleLanes(b, 64, d, V(b, f.Rn), [1, 2]), 1, 8, 7)));
    },
  }),
  three('rax1', 'SHA3', '11', 'v', (b, _d, n, m) => b.vxor(n, rotateEach(b, m, 63))),
  four('eor3', '000', (b, n, m, a) => b.vxor(b.vxor(n, m), a)),
  four('bcax', '001', (b, n, m, a) => b.vxor(n, b.vandNot(m, a))),
  fpInsn('XAR', '1100 1110 100 Rm:5 imm6!6 Rn:5 Rd:5', {
    feature: 'SHA3',
    asm: f => `xar\t${vectors(1, 3, f.Rd, f.Rn, f.Rm)}, #${f.imm6}`,
    exec: (b, f) => setV(b, f.Rd, rotateEach(b, b.vxor(V(b, f.Rn), V(b, f.Rm)), f.imm6)),
  }),
];
