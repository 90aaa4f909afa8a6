/** Vector counts, signs and bit permutations (Power ISA 2.07B Book I, 6.9.5 to 6.9.8; 3.0B), ciphers and polynomials (6.11). */
import type { Builder, I32, Lane, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { AESInvMixColumns, AESInvShiftRows, AESInvSubBytes, AESMixColumns, AESShiftRows, AESSubBytes } from '../../../isa/vector/aes.ts';
import { constant, countLeadingZeros, countOnes, type NarrowLane, shiftLeft, zero } from '../../../isa/vector/lanes.ts';
import { multiply64, multiplyBytes } from '../../../isa/vector/polynomial.ts';
import { r, v } from '../names.ts';
import { fixed, setGPR } from '../pseudocode.ts';
import { binary, sizes, ternary, unary, type Size, type Unary } from '../vmx/form.ts';
import { reversed } from '../vmx/permute.ts';
import { setVR, VR } from '../vmx/registers.ts';

const letters = ['b', 'h', 'w', 'd'] as const;

/** Doublewords, which the lanes' operations have no counts of, by scalars. */
const each = (name: string, XO: number, narrow: (b: Builder, lane: NarrowLane, x: V128) => V128, wide: 'clz' | 'popcnt'): Insn[] =>
  letters.map((letter: Size, i) => unary(`${name}${letter}`, XO + 64 * i, (b, x) => {
    const lane: Lane = sizes[letter];
    if (lane !== 64) return narrow(b, lane, x);
    return b.vset(64, b.vsplat(64, b[wide](b.vget(64, x, 0))), 1, b[wide](b.vget(64, x, 1)));
  }, '2.07'));

/** The zeros below each lane's lowest one: the ones of what subtraction borrows through. */
function countTrailingZeros(b: Builder, lane: Lane, x: V128): V128 {
  const below = b.vandNot(b.vsub(lane, x, constant(b, lane, 1n)), x);
  if (lane !== 64) return countOnes(b, lane, below);
  return b.vset(64, b.vsplat(64, b.popcnt(b.vget(64, below, 0))), 1, b.popcnt(b.vget(64, below, 1)));
}

/** Of the last bits of each lane's bytes. */
function parity(b: Builder, lane: 32 | 64, x: V128): V128 {
  let sum = x;
  for (let n = lane >> 1; n >= 8; n >>= 1) sum = b.vxor(sum, b.vshrU(lane, sum, b.i32(n)));
  return b.vand(sum, constant(b, lane, 1n));
}

const extendSign = (name: string, from: NarrowLane, lane: 32 | 64, VRA: number): Insn =>
  unary(name, 1538, (b, x) => b.vshrS(lane, b.vshl(lane, x, b.i32(lane - from)), b.i32(lane - from)), '3.0', VRA);

/** RT of the bytes' last bits, that of byte 0 in bit 15. */
const countOfBytes = (name: string, VRA: number, count: (b: Builder, last: I32) => I32): Insn =>
  insn(name, `000100 RT:5 ${fixed(VRA, 5)} VRB:5 11000000010`, {
    feature: '3.0',
    asm: f => `${name}\t${r(f.RT)},${v(f.VRB)}`,
    exec: (b, f) => setGPR(b, f.RT, b.extU(count(b, b.vbitmask(8, b.vshl(8, VR(b, f.VRB), b.i32(7)))))),
  });

/** A state of bytes as AES's steps take it. */
const onState = (b: Builder, x: V128, steps: (state: V128) => V128): V128 => reversed(b, steps(reversed(b, x)));

const cipher = (b: Builder, x: V128): V128 => AESShiftRows(b, AESSubBytes(b, x));
const decipher = (b: Builder, x: V128): V128 => AESInvSubBytes(b, AESInvShiftRows(b, x));

/** Bit j of byte i of each doubleword becomes bit i of byte j: blocks of 1, 2 and 4 bits change places. */
const gathered: Unary = (b, x) => {
  let value = x;
  for (const [n, mask] of [[7, 0x00aa_00aa_00aa_00aan], [14, 0x0000_cccc_0000_ccccn], [28, 0x0000_0000_f0f0_f0f0n]] as const) {
    const moved = b.vand(b.vxor(value, b.vshrU(64, value, b.i32(n))), constant(b, 64, mask));
    value = b.vxor(b.vxor(value, moved), b.vshl(64, moved, b.i32(n)));
  }
  return value;
};

/** The products of a doubleword's two elements, summed. */
function sumOfBytes(b: Builder, x: V128, y: V128): V128 {
  const even = multiplyBytes(b, 16, b.vshrU(16, x, b.i32(8)), b.vshrU(16, y, b.i32(8)));
  const low = constant(b, 16, 0xffn);
  return b.vxor(even, multiplyBytes(b, 16, b.vand(x, low), b.vand(y, low)));
}
/** The same of two halfwords or words: y's bytes one by one. */
function sumOfProducts(b: Builder, lane: 32 | 64, x: V128, y: V128): V128 {
  const half = lane >>> 1;
  const terms = (p: V128, q: V128): V128[] => Array.from({ length: half / 8 }, (_, i) =>
    shiftLeft(b, lane, multiplyBytes(b, lane, p, b.vand(b.vshrU(lane, q, b.i32(8 * i)), constant(b, lane, 0xffn))), 8 * i));
  const low = constant(b, lane, (1n << BigInt(half)) - 1n);
  const high = (value: V128): V128 => b.vshrU(lane, value, b.i32(half));
  return [...terms(high(x), high(y)), ...terms(b.vand(x, low), b.vand(y, low))].reduce((sum, one) => b.vxor(sum, one));
}
const sumOfDoublewords = (b: Builder, x: V128, y: V128): V128 =>
  b.vxor(multiply64(b, b.vget(64, x, 1), b.vget(64, y, 1)), multiply64(b, b.vget(64, x, 0), b.vget(64, y, 0)));

/** Rotations, and a shift where the last one is negative: ST and a bit of SIX choose (FIPS 180-4, 4.1.2 and 4.1.3). */
const sigmas = {
  32: [[[7, 18, -3], [17, 19, -10]], [[2, 13, 22], [6, 11, 25]]],
  64: [[[1, 8, -7], [19, 61, -6]], [[28, 34, 39], [14, 18, 41]]],
} as const;

function sigma(b: Builder, lane: 32 | 64, how: readonly number[], x: V128): V128 {
  return how.map(n => (n < 0 ? b.vshrU(lane, x, b.i32(-n)) : b.vor(b.vshrU(lane, x, b.i32(n)), b.vshl(lane, x, b.i32(lane - n)))))
    .reduce((sum, turned) => b.vxor(sum, turned));
}

function vshasigma(letter: 'w' | 'd', XO: number): Insn {
  const lane = sizes[letter] as 32 | 64;
  return insn(`vshasigma${letter}`, `000100 VRT:5 VRA:5 ST!1 SIX!4 ${fixed(XO, 11)}`, {
    feature: '2.07',
    asm: f => `vshasigma${letter}\t${v(f.VRT)},${v(f.VRA)},${f.ST},${f.SIX}`,
    exec(b, f) {
      // Element 0 goes with the first bit of SIX; doublewords with every other one.
      let second = 0n;
      for (let i = 0; i < 128 / lane; i++) if (f.SIX & (8 >> (i * (lane / 32)))) second |= ((1n << BigInt(lane)) - 1n) << BigInt(128 - lane * (i + 1));
      const [first, other] = sigmas[lane][f.ST as 0 | 1];
      const x = VR(b, f.VRA);
      setVR(b, f.VRT, b.vselect(b.v128(second), sigma(b, lane, other, x), sigma(b, lane, first, x)));
    },
  });
}

export const vmxBits: readonly Insn[] = [
  ...each('vclz', 1794, countLeadingZeros, 'clz'),
  ...each('vpopcnt', 1795, countOnes, 'popcnt'),
  unary('vgbbd', 1292, gathered, '2.07'),
  binary('vcipher', 1288, (b, x, y) => b.vxor(onState(b, x, s => AESMixColumns(b, cipher(b, s))), y), '2.07'),
  binary('vcipherlast', 1289, (b, x, y) => b.vxor(onState(b, x, s => cipher(b, s)), y), '2.07'),
  binary('vncipher', 1352, (b, x, y) => onState(b, x, s => AESInvMixColumns(b, b.vxor(decipher(b, s), reversed(b, y)))), '2.07'),
  binary('vncipherlast', 1353, (b, x, y) => b.vxor(onState(b, x, s => decipher(b, s)), y), '2.07'),
  insn('vsbox', '000100 VRT:5 VRA:5 00000 10111001000', {
    feature: '2.07',
    asm: f => `vsbox\t${v(f.VRT)},${v(f.VRA)}`,
    exec: (b, f) => setVR(b, f.VRT, AESSubBytes(b, VR(b, f.VRA))),
  }),
  vshasigma('w', 1666),
  vshasigma('d', 1730),
  binary('vpmsumb', 1032, sumOfBytes, '2.07'),
  binary('vpmsumd', 1224, sumOfDoublewords, '2.07'),
  ternary('vpermxor', 45, (b, x, y, z) => {
    const at = (numbers: V128): V128 => b.vsub(8, constant(b, 8, 15n), numbers);
    return b.vxor(b.vswizzle(x, at(b.vshrU(8, z, b.i32(4)))), b.vswizzle(y, at(b.vand(z, constant(b, 8, 15n)))));
  }, '2.07'),
  unary('vnegw', 1538, (b, x) => b.vneg(32, x), '3.0', 6),
  unary('vnegd', 1538, (b, x) => b.vneg(64, x), '3.0', 7),
  ...letters.map((letter, i) => unary(`vctz${letter}`, 1538, (b, x) => countTrailingZeros(b, sizes[letter], x), '3.0', 28 + i)),
  unary('vprtybw', 1538, (b, x) => parity(b, 32, x), '3.0', 8),
  unary('vprtybd', 1538, (b, x) => parity(b, 64, x), '3.0', 9),
  unary('vprtybq', 1538, (b, x) => {
    const doublewords = parity(b, 64, x);
    return b.vset(64, zero(b), 0, b.xor(b.vget(64, doublewords, 0), b.vget(64, doublewords, 1)));
  }, '3.0', 10),
  extendSign('vextsb2w', 8, 32, 16),
  extendSign('vextsh2w', 16, 32, 17),
  extendSign('vextsb2d', 8, 64, 24),
  extendSign('vextsh2d', 16, 64, 25),
  extendSign('vextsw2d', 32, 64, 26),
  countOfBytes('vclzlsbb', 0, (b, last) => b.clz(b.or(b.shl(last, b.i32(16)), b.i32(0x8000)))),
  countOfBytes('vctzlsbb', 1, (b, last) => b.ctz(b.or(last, b.i32(0x1_0000)))),
  binary('vpmsumh', 1096, (b, x, y) => sumOfProducts(b, 32, x, y), '2.07'),
  binary('vpmsumw', 1160, (b, x, y) => sumOfProducts(b, 64, x, y), '2.07'),
];
