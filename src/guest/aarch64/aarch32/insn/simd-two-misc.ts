/** Advanced SIMD two registers, miscellaneous: integer (ARM DDI 0487, F4.1 and F6). */
import type { Builder, Lane, V128 } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import {
  addPairsLong, constant, countLeadingZeros, countOnes, doubled, extend, laneOf, narrow, negative, reversal, shiftLeft, shuffleLanes, zero,
  type NarrowLane,
} from '../../simd/lanes.ts';
import { UnsignedRecipEstimate, UnsignedRSqrtEstimate } from '../../simd/estimate.ts';
import { absoluteSaturated, narrowSaturated, negateSaturated, type Saturation } from '../../simd/saturate.ts';
import { type Both, simd } from '../both.ts';
import { D, setD, setVector, vector, vectorName } from '../vfp.ts';
import { bitsOf, even, hasSize, twoAreEven, twoVectorNames, twoVectors } from './simd-form.ts';
import { withoutSize11 as overrides } from './simd-overridden.ts';

type Operation = (b: Builder, lane: Lane, m: V128, d: () => V128) => V128;

/** Bits 17..16 and 10..7. `type`: before the bits of an element; with `bare` nothing but that. */
interface Form { readonly sizes: string; readonly type: string; readonly bare?: true; readonly suffix?: string }

function twoMisc(mnemonic: string, opc1: string, opc2: string, { sizes, type, bare, suffix = '' }: Form, operation: Operation): Both {
  return simd(`${mnemonic.toUpperCase()}${suffix && ' (zero)'}${type === 'u' ? ' (unsigned)' : ''}`, '1', `1 D:1 11 size!2 ${fixed(opc1)} Vd:4 0 ${fixed(opc2)} Q!1 M:1 0 Vm:4`, {
    overrides,
    valid: f => hasSize(sizes, f.size) && twoAreEven(f),
    derive: twoVectors,
    asm: f => `${mnemonic}${bare ? type : `.${type}${bitsOf(f.size)}`}\t${twoVectorNames(f)}${suffix}`,
    exec: (b, f) => setVector(b, f.Q, f.d, operation(b, laneOf(f.size), vector(b, f.Q, f.m), () => vector(b, f.Q, f.d))),
  });
}

const reverse = (container: number): Operation => (b, lane, m) => shuffleLanes(b, lane, m, m, reversal(lane, container));
const addPairs = (unsigned: boolean, accumulate: boolean): Operation => (b, lane, m, d) => {
  const sums = addPairsLong(b, lane as NarrowLane, unsigned, m);
  return accumulate ? b.vadd(doubled(lane), d(), sums) : sums;
};
const S = { sizes: 'bhs', type: 's' } as const;
const U = { sizes: 'bhs', type: 'u' } as const;
const PLAIN = { sizes: 'bhs', type: '' } as const;
const ZERO = { ...S, suffix: ', #0' } as const;

const same: readonly Both[] = [
  twoMisc('vrev64', '00', '0000', PLAIN, reverse(64)),
  twoMisc('vrev32', '00', '0001', { sizes: 'bh', type: '' }, reverse(32)),
  twoMisc('vrev16', '00', '0010', { sizes: 'b', type: '' }, reverse(16)),
  twoMisc('vpaddl', '00', '0100', S, addPairs(false, false)),
  twoMisc('vpaddl', '00', '0101', U, addPairs(true, false)),
  twoMisc('vcls', '00', '1000', S, (b, lane, m) =>
    b.vsub(lane, countLeadingZeros(b, lane as NarrowLane, b.vxor(m, negative(b, lane, m))), constant(b, lane, 1n))),
  twoMisc('vclz', '00', '1001', { sizes: 'bhs', type: 'i' }, (b, lane, m) => countLeadingZeros(b, lane as NarrowLane, m)),
  twoMisc('vcnt', '00', '1010', { sizes: 'b', type: '' }, (b, _lane, m) => countOnes(b, 8, m)),
  twoMisc('vmvn', '00', '1011', { sizes: 'b', type: '', bare: true }, (b, _lane, m) => b.vnot(m)),
  twoMisc('vpadal', '00', '1100', S, addPairs(false, true)),
  twoMisc('vpadal', '00', '1101', U, addPairs(true, true)),
  twoMisc('vqabs', '00', '1110', S, absoluteSaturated),
  twoMisc('vqneg', '00', '1111', S, negateSaturated),
  twoMisc('vcgt', '01', '0000', ZERO, (b, lane, m) => b.vgtS(lane, m, zero(b))),
  twoMisc('vcge', '01', '0001', ZERO, (b, lane, m) => b.vgeS(lane, m, zero(b))),
  twoMisc('vceq', '01', '0010', { ...ZERO, type: 'i' }, (b, lane, m) => b.veq(lane, m, zero(b))),
  twoMisc('vcle', '01', '0011', ZERO, (b, lane, m) => b.vgeS(lane, zero(b), m)),
  twoMisc('vclt', '01', '0100', ZERO, (b, lane, m) => negative(b, lane, m)),
  twoMisc('vabs', '01', '0110', S, (b, lane, m) => b.vabs(lane, m)),
  twoMisc('vneg', '01', '0111', S, (b, lane, m) => b.vneg(lane, m)),
  twoMisc('vrecpe', '11', '1000', { sizes: 's', type: 'u' }, (b, _lane, m) => b.call(UnsignedRecipEstimate, m)),
  twoMisc('vrsqrte', '11', '1001', { sizes: 's', type: 'u' }, (b, _lane, m) => b.call(UnsignedRSqrtEstimate, m)),
];

/** VMOVN, and those that saturate: opcode, and bit 6. */
const narrowing: readonly Both[] = ([
  ['vmovn', '0100', '0', 'i', undefined],
  ['vqmovun', '0100', '1', 's', 'toUnsigned'],
  ['vqmovn', '0101', '0', 's', 'signed'],
  ['vqmovn', '0101', '1', 'u', 'unsigned'],
] as const).map(([mnemonic, opcode, op, type, from]: readonly [string, string, string, string, Saturation | undefined]) =>
  simd(`${mnemonic.toUpperCase()} (${type})`, '1', `1 D:1 11 size!2 10 Vd:4 0 ${fixed(opcode)} ${fixed(op)} M:1 0 Vm:4`, {
    overrides,
    valid: f => f.size !== 3 && even(1, f.Vm),
    derive: twoVectors,
    asm(f) {
      const { d, m } = twoVectors(f);
      return `${mnemonic}.${type}${2 * bitsOf(f.size)}\td${d}, ${vectorName(1, m)}`;
    },
    exec(b, f) {
      const lane = laneOf(f.size) as NarrowLane;
      const m = vector(b, 1, f.m);
      setD(b, f.d, from === undefined ? narrow(b, lane, m) : narrowSaturated(b, lane, from, m));
    },
  }),
);

/** By as many bits as an element has. */
const VSHLL = simd('VSHLL (maximum)', '1', '1 D:1 11 size!2 10 Vd:4 0 0110 0 M:1 0 Vm:4', {
  overrides,
  valid: f => f.size !== 3 && even(1, f.Vd),
  derive: twoVectors,
  asm(f) {
    const { d, m } = twoVectors(f);
    return `vshll.i${bitsOf(f.size)}\t${vectorName(1, d)}, d${m}, #${bitsOf(f.size)}`;
  },
  exec(b, f) {
    const lane = laneOf(f.size) as NarrowLane;
    setVector(b, 1, f.d, shiftLeft(b, doubled(lane), extend(b, lane, true, 'low', D(b, f.m)), lane));
  },
});

export const simdTwoMisc: readonly Both[] = [...same, ...narrowing, VSHLL];
