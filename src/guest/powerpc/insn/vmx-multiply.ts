/** Vector products and sums across elements: Power ISA 2.07B Book I, 6.9.1.3 to 6.9.1.5; those of quadwords in 3.0B. */
import type { Builder, I32, I64, V128 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { addPairsLong, constant, doubled, extend, multiplyWide, type NarrowLane } from '../../../isa/vector/lanes.ts';
import { binary, sizes, ternary, type Size } from '../vmx/form.ts';
import { v } from '../names.ts';
import { fixed } from '../pseudocode.ts';
import { setSAT, setVR, VR } from '../vmx/registers.ts';
import { addSaturated, packed, saturatedWords } from '../vmx/saturate.ts';

/** The manual's even elements are the upper halves of lanes of twice the width, the odd ones the lower halves. */
type Parity = 'even' | 'odd';

function halves(b: Builder, lane: NarrowLane, parity: Parity, unsigned: boolean, x: V128): V128 {
  const wide = doubled(lane);
  const n: I32 = b.i32(lane);
  const up = parity === 'even' ? x : b.vshl(wide, x, n);
  return unsigned ? b.vshrU(wide, up, n) : b.vshrS(wide, up, n);
}

/** Products of even or odd elements at twice the width. */
function products(b: Builder, lane: NarrowLane, parity: Parity, signs: readonly [unsigned: boolean, unsigned: boolean], x: V128, y: V128): V128 {
  return b.vmul(doubled(lane), halves(b, lane, parity, signs[0], x), halves(b, lane, parity, signs[1], y));
}

function wide(parity: Parity, unsigned: boolean, XO: number): Insn[] {
  return (['b', 'h', 'w'] as const).map((letter: Size, i) =>
    binary(`vmul${parity === 'even' ? 'e' : 'o'}${unsigned ? 'u' : 's'}${letter}`, XO + 64 * i,
      (b, x, y) => products(b, sizes[letter] as NarrowLane, parity, [unsigned, unsigned], x, y), letter === 'w' ? '2.07' : 'VMX'));
}

/** ((x * y + rounding) >> 15) + z of halfwords, saturated. */
function multiplyHighAdd(b: Builder, rounding: bigint, x: V128, y: V128, z: V128): V128 {
  const [high, low] = (['high', 'low'] as const).map(half => {
    const product = b.vadd(32, multiplyWide(b, 16, false, half, x, y), constant(b, 32, rounding));
    return b.vadd(32, b.vshrS(32, product, b.i32(15)), extend(b, 16, false, half, z));
  }) as [V128, V128];
  const result = b.vnarrowS(32, low, high);
  setSAT(b, b.vor(b.vxor(extend(b, 16, false, 'high', result), high), b.vxor(extend(b, 16, false, 'low', result), low)));
  return result;
}

/** Products of the bytes of each word, summed. */
function byteProducts(b: Builder, signs: readonly [boolean, boolean], x: V128, y: V128): V128 {
  const sum = (parity: Parity): V128 => addPairsLong(b, 16, signs[0], products(b, 8, parity, signs, x, y));
  return b.vadd(32, sum('even'), sum('odd'));
}

const halfwordProducts = (b: Builder, unsigned: boolean, x: V128, y: V128): [V128, V128] =>
  [products(b, 16, 'even', [unsigned, unsigned], x, y), products(b, 16, 'odd', [unsigned, unsigned], x, y)];

/** The exact sum of words, saturated once: in doublewords, where nothing is lost. */
function signedSum(b: Builder, ...terms: readonly V128[]): V128 {
  const [high, low] = (['high', 'low'] as const).map(half =>
    saturatedWords(b, terms.map(t => extend(b, 32, false, half, t)).reduce((x, y) => b.vadd(64, x, y)))) as [V128, V128];
  return packed(b, 64, high, low);
}

/** All words of a vector, with the last word of another, as a signed sum. */
function sumOfWords(b: Builder, x: V128, y: V128): V128 {
  const pairs = addPairsLong(b, 32, false, x);
  const sum = b.add(b.add(b.vget(64, pairs, 0), b.vget(64, pairs, 1)), b.extS(b.wrap(b.vget(64, y, 0))));
  return saturatedWords(b, b.vset(64, b.v128(0n), 0, sum));
}

const lastWords = (b: Builder, x: V128): V128 => b.vshrS(64, b.vshl(64, x, b.i32(32)), b.i32(32));

/** Low and high doublewords of x * y + z, and what is carried out. */
function multiplyAddQuadword(b: Builder, x: V128, y: I64, z: I64): readonly [I64, I64, I64] {
  const step = (p: I64, carry: I64): [I64, I64] => {
    const low = b.add(b.mul(p, y), carry);
    return [low, b.add(b.mulHighU(p, y), b.extU(b.ltU(low, carry)))];
  };
  const [low, middle] = step(b.vget(64, x, 0), z);
  return [low, ...step(b.vget(64, x, 1), middle)];
}
const quadword = (b: Builder, low: I64, high: I64): V128 => b.vset(64, b.vsplat(64, low), 1, high);

/** Ten times a quadword and, with `extended`, the digit in the last bits of VRB. */
const timesTen = (name: string, XO: number, part: 'sum' | 'carry', extended: boolean): Insn =>
  insn(name, `000100 VRT:5 VRA:5 ${extended ? 'VRB:5' : '00000'} ${fixed(XO, 11)}` as '000100 VRT:5 VRA:5 VRB:5 0', {
    feature: '3.0',
    asm: f => `${name}\t${v(f.VRT)},${v(f.VRA)}${extended ? `,${v(f.VRB)}` : ''}`,
    exec(b, f) {
      const digit = extended ? b.and(b.vget(64, VR(b, f.VRB), 0), b.i64(15)) : b.i64(0);
      const [low, high, carry] = multiplyAddQuadword(b, VR(b, f.VRA), b.i64(10), digit);
      setVR(b, f.VRT, part === 'sum' ? quadword(b, low, high) : quadword(b, carry, b.i64(0)));
    },
  });

/** The products of the doublewords, added to a quadword. */
function sumOfDoublewordProducts(b: Builder, x: V128, y: V128, z: V128): V128 {
  let [low, high] = [b.vget(64, z, 0), b.vget(64, z, 1)];
  for (const at of [0, 1]) {
    const [p, q] = [b.vget(64, x, at), b.vget(64, y, at)];
    const product = b.mul(p, q);
    low = b.add(low, product);
    high = b.add(b.add(high, b.mulHighU(p, q)), b.extU(b.ltU(low, product)));
  }
  return quadword(b, low, high);
}

export const vmxMultiply: readonly Insn[] = [
  ...wide('odd', true, 8),
  ...wide('odd', false, 264),
  ...wide('even', true, 520),
  ...wide('even', false, 776),
  binary('vmuluwm', 137, (b, x, y) => b.vmul(32, x, y), '2.07'),
  ternary('vmhaddshs', 32, (b, x, y, z) => multiplyHighAdd(b, 0n, x, y, z)),
  ternary('vmhraddshs', 33, (b, x, y, z) => multiplyHighAdd(b, 0x4000n, x, y, z)),
  ternary('vmladduhm', 34, (b, x, y, z) => b.vadd(16, b.vmul(16, x, y), z)),
  ternary('vmsumubm', 36, (b, x, y, z) => b.vadd(32, byteProducts(b, [true, true], x, y), z)),
  ternary('vmsummbm', 37, (b, x, y, z) => b.vadd(32, byteProducts(b, [false, true], x, y), z)),
  ternary('vmsumuhm', 38, (b, x, y, z) => halfwordProducts(b, true, x, y).reduce((sum, p) => b.vadd(32, sum, p), z)),
  ternary('vmsumuhs', 39, (b, x, y, z) => halfwordProducts(b, true, x, y).reduce((sum, p) => addSaturated(b, 32, true, sum, p), z)),
  ternary('vmsumshm', 40, (b, x, y, z) => halfwordProducts(b, false, x, y).reduce((sum, p) => b.vadd(32, sum, p), z)),
  ternary('vmsumshs', 41, (b, x, y, z) => signedSum(b, ...halfwordProducts(b, false, x, y), z)),
  binary('vsum4ubs', 1544, (b, x, y) => addSaturated(b, 32, true, addPairsLong(b, 16, true, addPairsLong(b, 8, true, x)), y)),
  binary('vsum4sbs', 1800, (b, x, y) => addSaturated(b, 32, false, addPairsLong(b, 16, false, addPairsLong(b, 8, false, x)), y)),
  binary('vsum4shs', 1608, (b, x, y) => addSaturated(b, 32, false, addPairsLong(b, 16, false, x), y)),
  binary('vsum2sws', 1672, (b, x, y) => saturatedWords(b, b.vadd(64, addPairsLong(b, 32, false, x), lastWords(b, y)))),
  binary('vsumsws', 1928, sumOfWords),
  timesTen('vmul10cuq', 1, 'carry', false),
  timesTen('vmul10ecuq', 65, 'carry', true),
  timesTen('vmul10uq', 513, 'sum', false),
  timesTen('vmul10euq', 577, 'sum', true),
  ternary('vmsumudm', 35, sumOfDoublewordProducts, '3.0'),
];
