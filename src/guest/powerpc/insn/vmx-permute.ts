/** Vector merges, splats, permutations, packs and unpacks: Power ISA 2.07B Book I, 6.8; extracts and inserts of 3.0B. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { constant, extend, type Half, type NarrowLane, type WideLane } from '../../../isa/vector/lanes.ts';
import { v } from '../names.ts';
import { fixed } from '../pseudocode.ts';
import { binary, sizes, ternary, unary } from '../vmx/form.ts';
import { chooseLanes, merged, permuted } from '../vmx/permute.ts';
import { setVR, VR } from '../vmx/registers.ts';
import { narrowed, packed, type Narrowing } from '../vmx/saturate.ts';

const merge = (letter: 'b' | 'h' | 'w', i: number): Insn[] => [
  binary(`vmrgh${letter}`, 12 + 64 * i, (b, x, y) => merged(b, sizes[letter], 'high', x, y)),
  binary(`vmrgl${letter}`, 268 + 64 * i, (b, x, y) => merged(b, sizes[letter], 'low', x, y)),
];

/** Element UIM in every one. The field has a bit less for each size; what is above it must be 0. */
function splat<P extends string>(name: string, lane: 8 | 16 | 32, pattern: P, XO: number): Insn {
  return insn(name, `000100 VRT:5 ${pattern} VRB:5 ${fixed(XO, 11)}` as '000100 VRT:5 UIM!5 VRB:5 0', {
    feature: 'VMX',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRB)},${f.UIM}`,
    exec: (b, f) => setVR(b, f.VRT, b.vsplat(lane, b.vget(lane, VR(b, f.VRB), 128 / lane - 1 - f.UIM))),
  });
}

const splatImmediate = (letter: 'b' | 'h' | 'w', XO: number): Insn =>
  insn(`vspltis${letter}`, `000100 VRT:5 SIM:5 00000 ${fixed(XO, 11)}`, {
    feature: 'VMX',
    derive: f => ({ value: signExtend(f.SIM, 5) }),
    asm: f => `vspltis${letter}\t${v(f.VRT)},${signExtend(f.SIM, 5)}`,
    exec: (b, f) => setVR(b, f.VRT, b.vsplat(sizes[letter], b.extS(b.operand(f.value)))),
  });

const pack = (name: string, XO: number, lane: WideLane, how: Narrowing, feature = 'VMX'): Insn =>
  binary(name, XO, (b, x, y) => narrowed(b, lane, how, x, y), feature);

const field = (b: Builder, x: V128, from: number, mask: bigint, to: number): V128 => {
  const moved = from >= to ? b.vshrU(32, x, b.i32(from - to)) : b.vshl(32, x, b.i32(to - from));
  return b.vand(moved, constant(b, 32, mask << BigInt(to)));
};

/** A pixel of 1, 5, 5 and 5 bits of four bytes: of the first byte the last bit, of the others the first five. */
const pixel = (b: Builder, x: V128): V128 =>
  b.vor(b.vor(field(b, x, 24, 1n, 15), field(b, x, 19, 31n, 10)), b.vor(field(b, x, 11, 31n, 5), field(b, x, 3, 31n, 0)));

/** And back: the first bit is extended to a byte. */
const unpackedPixel = (b: Builder, half: Half, x: V128): V128 => {
  const wide = b.vextendS(16, half, x);
  const sign = b.vand(b.vshrS(32, wide, b.i32(31)), constant(b, 32, 0xff00_0000n));
  return b.vor(b.vor(sign, field(b, wide, 10, 31n, 16)), b.vor(field(b, wide, 5, 31n, 8), field(b, wide, 0, 31n, 0)));
};

const unpack = (letters: string, lane: NarrowLane, XO: number, feature = 'VMX'): Insn[] => [
  unary(`vupkh${letters}`, XO, (b, x) => extend(b, lane, false, 'high', x), feature),
  unary(`vupkl${letters}`, XO + 128, (b, x) => extend(b, lane, false, 'low', x), feature),
];

const EVEN = [0, 4, 2, 6] as const;

export const vmxPermute: readonly Insn[] = [
  ...(['b', 'h', 'w'] as const).flatMap(merge),
  binary('vmrgew', 1932, (b, x, y) => chooseLanes(b, 32, x, y, EVEN), '2.07'),
  binary('vmrgow', 1676, (b, x, y) => chooseLanes(b, 32, x, y, EVEN.map(i => i + 1)), '2.07'),
  splat('vspltb', 8, '0 UIM!4', 524),
  splat('vsplth', 16, '00 UIM!3', 588),
  splat('vspltw', 32, '000 UIM!2', 652),
  splatImmediate('b', 780),
  splatImmediate('h', 844),
  splatImmediate('w', 908),
  ternary('vperm', 43, permuted),
  ternary('vpermr', 59, (b, x, y, z) => permuted(b, x, y, b.vsub(8, constant(b, 8, 31n), z)), '3.0'),
  ternary('vsel', 42, (b, x, y, z) => b.vselect(z, y, x)),
  pack('vpkuhum', 14, 16, 'modulo'),
  pack('vpkuwum', 78, 32, 'modulo'),
  pack('vpkudum', 1102, 64, 'modulo', '2.07'),
  pack('vpkuhus', 142, 16, 'unsigned to unsigned'),
  pack('vpkuwus', 206, 32, 'unsigned to unsigned'),
  pack('vpkudus', 1230, 64, 'unsigned to unsigned', '2.07'),
  pack('vpkshus', 270, 16, 'signed to unsigned'),
  pack('vpkswus', 334, 32, 'signed to unsigned'),
  pack('vpksdus', 1358, 64, 'signed to unsigned', '2.07'),
  pack('vpkshss', 398, 16, 'signed to signed'),
  pack('vpkswss', 462, 32, 'signed to signed'),
  pack('vpksdss', 1486, 64, 'signed to signed', '2.07'),
  binary('vpkpx', 782, (b, x, y) => packed(b, 32, pixel(b, x), pixel(b, y))),
  ...unpack('sb', 8, 526),
  ...unpack('sh', 16, 590),
  ...unpack('sw', 32, 1614, '2.07'),
  unary('vupkhpx', 846, (b, x) => unpackedPixel(b, 'high', x)),
  unary('vupklpx', 974, (b, x) => unpackedPixel(b, 'low', x)),
];
