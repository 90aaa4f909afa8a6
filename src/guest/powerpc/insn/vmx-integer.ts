/** Vector integer sums, differences, averages, extremes and logic: Power ISA 2.07B Book I, 6.9.1 and 6.9.4. */
import type { Builder, I64, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { absoluteDifference, constant, max, min, roundingHalvingAdd, type NarrowLane } from '../../../isa/vector/lanes.ts';
import { binary, sizes, ternary, type Binary, type Size } from '../vmx/form.ts';
import { addSaturated, subtractSaturated } from '../vmx/saturate.ts';

/** One instruction for each size; doublewords came with version 2.07. `name` has a * for the letter. */
function each(name: string, XO: number, letters: string, operation: (lane: Lane) => Binary, step = 64): Insn[] {
  return [...letters].map((letter, i) =>
    binary(name.replace('*', letter), XO + step * i, operation(sizes[letter as Size]), letter === 'd' ? '2.07' : 'VMX'));
}

const saturating = (unsigned: boolean, operation: typeof addSaturated) => (lane: Lane): Binary => (b, x, y) =>
  operation(b, lane as NarrowLane, unsigned, x, y);
const average = (unsigned: boolean) => (lane: Lane): Binary => (b, x, y) => roundingHalvingAdd(b, lane as NarrowLane, unsigned, x, y);
const extreme = (unsigned: boolean, operation: typeof max) => (lane: Lane): Binary => (b, x, y) => operation(b, lane, unsigned, x, y);

/** 128-bit sums as two doublewords: [low, high, carry]. */
function quadwordSum(b: Builder, x: V128, y: V128, carry: I64): [I64, I64, I64] {
  const sum = (p: I64, q: I64, c: I64): [I64, I64] => {
    const once = b.add(p, q);
    const twice = b.add(once, c);
    return [twice, b.extU(b.or(b.ltU(once, p), b.ltU(twice, once)))];
  };
  const [low, middle] = sum(b.vget(64, x, 0), b.vget(64, y, 0), carry);
  const [high, out] = sum(b.vget(64, x, 1), b.vget(64, y, 1), middle);
  return [low, high, out];
}
const quadword = (b: Builder, low: I64, high: I64): V128 => b.vset(64, b.vsplat(64, low), 1, high);

/** The sum, or the carry out of it. */
const sumOf = (b: Builder, x: V128, y: V128, carry: I64): V128 => {
  const [low, high] = quadwordSum(b, x, y, carry);
  return quadword(b, low, high);
};
const carryOf = (b: Builder, x: V128, y: V128, carry: I64): V128 => quadword(b, quadwordSum(b, x, y, carry)[2], b.i64(0));
const lowestBit = (b: Builder, x: V128): I64 => b.and(b.vget(64, x, 0), b.i64(1));

const quadwords: readonly Insn[] = [
  binary('vadduqm', 256, (b, x, y) => sumOf(b, x, y, b.i64(0)), '2.07'),
  binary('vaddcuq', 320, (b, x, y) => carryOf(b, x, y, b.i64(0)), '2.07'),
  binary('vsubuqm', 1280, (b, x, y) => sumOf(b, x, b.vnot(y), b.i64(1)), '2.07'),
  binary('vsubcuq', 1344, (b, x, y) => carryOf(b, x, b.vnot(y), b.i64(1)), '2.07'),
  ternary('vaddeuqm', 60, (b, x, y, z) => sumOf(b, x, y, lowestBit(b, z)), '2.07'),
  ternary('vaddecuq', 61, (b, x, y, z) => carryOf(b, x, y, lowestBit(b, z)), '2.07'),
  ternary('vsubeuqm', 62, (b, x, y, z) => sumOf(b, x, b.vnot(y), lowestBit(b, z)), '2.07'),
  ternary('vsubecuq', 63, (b, x, y, z) => carryOf(b, x, b.vnot(y), lowestBit(b, z)), '2.07'),
];

const one = (b: Builder): V128 => constant(b, 32, 1n);

export const vmxInteger: readonly Insn[] = [
  ...each('vaddu*m', 0, 'bhwd', lane => (b, x, y) => b.vadd(lane, x, y)),
  ...each('vsubu*m', 1024, 'bhwd', lane => (b, x, y) => b.vsub(lane, x, y)),
  ...each('vaddu*s', 512, 'bhw', saturating(true, addSaturated)),
  ...each('vadds*s', 768, 'bhw', saturating(false, addSaturated)),
  ...each('vsubu*s', 1536, 'bhw', saturating(true, subtractSaturated)),
  ...each('vsubs*s', 1792, 'bhw', saturating(false, subtractSaturated)),
  binary('vaddcuw', 384, (b, x, y) => b.vand(b.vgtU(32, x, b.vadd(32, x, y)), one(b))),
  binary('vsubcuw', 1408, (b, x, y) => b.vand(b.vgeU(32, x, y), one(b))),
  ...each('vavgu*', 1026, 'bhw', average(true)),
  ...each('vavgs*', 1282, 'bhw', average(false)),
  ...each('vmaxu*', 2, 'bhwd', extreme(true, max)),
  ...each('vmaxs*', 258, 'bhwd', extreme(false, max)),
  ...each('vminu*', 514, 'bhwd', extreme(true, min)),
  ...each('vmins*', 770, 'bhwd', extreme(false, min)),
  ...quadwords,
  binary('vand', 1028, (b, x, y) => b.vand(x, y)),
  binary('vandc', 1092, (b, x, y) => b.vandNot(x, y)),
  binary('vor', 1156, (b, x, y) => b.vor(x, y), 'VMX', 'vmr'),
  binary('vorc', 1348, (b, x, y) => b.vor(x, b.vnot(y)), '2.07'),
  binary('vxor', 1220, (b, x, y) => b.vxor(x, y)),
  binary('vnor', 1284, (b, x, y) => b.vnot(b.vor(x, y)), 'VMX', 'vnot'),
  binary('vnand', 1412, (b, x, y) => b.vnot(b.vand(x, y)), '2.07'),
  binary('veqv', 1668, (b, x, y) => b.vnot(b.vxor(x, y)), '2.07'),
  ...(['b', 'h', 'w'] as const).map((letter, i) =>
    binary(`vabsdu${letter}`, 1027 + 64 * i, (b, x, y) => absoluteDifference(b, sizes[letter], true, x, y), '3.0')),
];
