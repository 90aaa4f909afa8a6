/** Advanced SIMD two-register miscellaneous, and the scalar ones: integer, of one size throughout (DDI 0487, C7). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { vector } from '../names.ts';
import { lowBytes, setV, setVQ, V } from '../pseudocode.ts';
import { UnsignedRecipEstimate, UnsignedRSqrtEstimate } from '../simd/estimate.ts';
import {
  addPairsLong, constant, countLeadingZeros, countOnes, doubled, laneOf, negative, reversal, shuffleLanes, zero, type NarrowLane,
} from '../simd/lanes.ts';
import { absoluteSaturated, addSignedToUnsigned, addUnsignedToSigned, negateSaturated } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { bytesOf, hasSize, scalars, vectors } from './simd-form.ts';

type Operation = (b: Builder, lane: Lane, x: V128, d: () => V128) => V128;

interface Form {
  /** Element sizes, of 'bhsd', that the vector form and the scalar form have. */
  readonly sizes: string;
  readonly scalar?: string;
  /** Sets FPSR.QC, for which lanes that the instruction does not have must be zero. */
  readonly saturating?: boolean;
  /** What follows the sources: CMEQ (zero). */
  readonly suffix?: string;
}

function twoMisc(mnemonic: string, U: 0 | 1, opcode: string, form: Form, operation: Operation): Insn[] {
  const { scalar, suffix = '' } = form;
  const name = `${mnemonic.toUpperCase()}${suffix && ' (zero)'}`;
  const entries = [fpInsn(`${name} (vector)`, `0 Q!1 ${fixed(U)} 01110 size!2 10000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    valid: f => hasSize(form.sizes, f.size) && (f.size !== 3 || f.Q === 1),
    asm: f => `${mnemonic}\t${vectors(f.Q, f.size, f.Rd, f.Rn)}${suffix}`,
    exec(b, f) {
      const source = (value: V128): V128 => (form.saturating && !f.Q ? lowBytes(b, value, 8) : value);
      setVQ(b, f.Rd, f.Q, operation(b, laneOf(f.size), source(V(b, f.Rn)), () => source(V(b, f.Rd))));
    },
  })];
  if (scalar === undefined) return entries;
  return [...entries, fpInsn(`${name} (scalar)`, `01 ${fixed(U)} 11110 size!2 10000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    valid: f => hasSize(scalar, f.size),
    asm: f => `${mnemonic}\t${scalars(f.size, f.Rd, f.Rn)}${suffix}`,
    exec(b, f) {
      const low = (value: V128): V128 => lowBytes(b, value, bytesOf(f.size));
      setV(b, f.Rd, low(operation(b, laneOf(f.size), low(V(b, f.Rn)), () => low(V(b, f.Rd)))));
    },
  })];
}

const ALL: Form = { sizes: 'bhsd', scalar: 'd' };
const COMPARE: Form = { ...ALL, suffix: ', #0' };
const SATURATING: Form = { sizes: 'bhsd', scalar: 'bhsd', saturating: true };

const comparisons: readonly Insn[] = [
  ...twoMisc('cmgt', 0, '01000', COMPARE, (b, lane, x) => b.vgtS(lane, x, zero(b))),
  ...twoMisc('cmge', 1, '01000', COMPARE, (b, lane, x) => b.vgeS(lane, x, zero(b))),
  ...twoMisc('cmeq', 0, '01001', COMPARE, (b, lane, x) => b.veq(lane, x, zero(b))),
  ...twoMisc('cmle', 1, '01001', COMPARE, (b, lane, x) => b.vgeS(lane, zero(b), x)),
  ...twoMisc('cmlt', 0, '01010', COMPARE, (b, lane, x) => negative(b, lane, x)),
];

const arithmetic: readonly Insn[] = [
  ...twoMisc('abs', 0, '01011', ALL, (b, lane, x) => b.vabs(lane, x)),
  ...twoMisc('neg', 1, '01011', ALL, (b, lane, x) => b.vneg(lane, x)),
  ...twoMisc('sqabs', 0, '00111', SATURATING, absoluteSaturated),
  ...twoMisc('sqneg', 1, '00111', SATURATING, negateSaturated),
  ...twoMisc('suqadd', 0, '00011', SATURATING, (b, lane, x, d) => addUnsignedToSigned(b, lane, d(), x)),
  ...twoMisc('usqadd', 1, '00011', SATURATING, (b, lane, x, d) => addSignedToUnsigned(b, lane, d(), x)),
];

/** Bits of each byte reversed, by tables of the reversed nibbles. */
export function reverseBits(b: Builder, x: V128): V128 {
  const reversed = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
  const table = b.v128(reversed.reduceRight((bits, n) => (bits << 8n) | BigInt(n), 0n));
  const low = b.vswizzle(table, b.vand(x, constant(b, 8, 0xfn)));
  return b.vor(b.vshl(8, low, b.i32(4)), b.vswizzle(table, b.vshrU(8, x, b.i32(4))));
}

type Unary = (b: Builder, x: V128) => V128;

/** These have one element size, that of `arrangement`; `size` is more of their opcode. */
function ofOneSize(mnemonic: string, U: 0 | 1, size: string, opcode: string, arrangement: number, operation: Unary): Insn {
  return fpInsn(`${mnemonic.toUpperCase()} (vector)`, `0 Q!1 ${fixed(U)} 01110 ${fixed(size)} 10000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    asm: f => `${mnemonic}\t${vectors(f.Q, arrangement, f.Rd, f.Rn)}`,
    exec: (b, f) => setVQ(b, f.Rd, f.Q, operation(b, V(b, f.Rn))),
  });
}

const reverse = (container: number): Operation => (b, lane, x) => shuffleLanes(b, lane, x, x, reversal(lane, container));

const bitwise: readonly Insn[] = [
  ...twoMisc('rev64', 0, '00000', { sizes: 'bhs' }, reverse(64)),
  ...twoMisc('rev32', 1, '00000', { sizes: 'bh' }, reverse(32)),
  ...twoMisc('rev16', 0, '00001', { sizes: 'b' }, reverse(16)),
  ...twoMisc('cls', 0, '00100', { sizes: 'bhs' }, (b, lane, x) =>
    b.vsub(lane, countLeadingZeros(b, lane as NarrowLane, b.vxor(x, negative(b, lane, x))), constant(b, lane, 1n))),
  ...twoMisc('clz', 1, '00100', { sizes: 'bhs' }, (b, lane, x) => countLeadingZeros(b, lane as NarrowLane, x)),
  ofOneSize('cnt', 0, '00', '00101', 0, (b, x) => countOnes(b, 8, x)),
  ofOneSize('mvn', 1, '00', '00101', 0, (b, x) => b.vnot(x)),
  ofOneSize('rbit', 1, '01', '00101', 0, reverseBits),
];

function addPairs(mnemonic: string, U: 0 | 1, opcode: string, accumulate: boolean): Insn {
  return fpInsn(mnemonic.toUpperCase(), `0 Q!1 ${fixed(U)} 01110 size!2 10000 ${fixed(opcode)} 10 Rn:5 Rd:5`, {
    valid: f => f.size !== 3,
    asm: f => `${mnemonic}\t${vector(f.Q, f.size + 1, f.Rd)}, ${vector(f.Q, f.size, f.Rn)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as NarrowLane;
      const sums = addPairsLong(b, lane, U === 1, V(b, f.Rn));
      setVQ(b, f.Rd, f.Q, accumulate ? b.vadd(doubled(lane), V(b, f.Rd), sums) : sums);
    },
  });
}

export const simdTwoMisc: readonly Insn[] = [
  ...comparisons,
  ...arithmetic,
  ...bitwise,
  addPairs('saddlp', 0, '00010', false),
  addPairs('uaddlp', 1, '00010', false),
  addPairs('sadalp', 0, '00110', true),
  addPairs('uadalp', 1, '00110', true),
  ofOneSize('urecpe', 0, '10', '11100', 2, (b, x) => b.call(UnsignedRecipEstimate, x)),
  ofOneSize('ursqrte', 1, '10', '11100', 2, (b, x) => b.call(UnsignedRSqrtEstimate, x)),
];
