/** Advanced SIMD two registers and a shift amount (ARM DDI 0487, F4.1 and F6: VSHR, VSLI, VQSHRN, VSHLL, VCVT of fixed point …). */
import type { Builder, I32, Lane, V128 } from '../../../../isa/builder.ts';
import { FPPowerOfTwo } from '../../fp/format.ts';
import { FPRounding } from '../../fp/status.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import { FPToFixed, FixedToFP } from '../../fp/vector-convert.ts';
import { fixed } from '../../insn/fixed.ts';
import { SLI, SRI } from '../../insn/simd-shift-immediate.ts';
import {
  doubled, extend, laneOf, narrow, shiftLeft, shiftRightBy, shiftRightRoundedBy, type NarrowLane, type WideLane,
} from '../../simd/lanes.ts';
import { narrowSaturated, shiftLeftSaturated, type Saturation } from '../../simd/saturate.ts';
import { type Both, simd } from '../both.ts';
import { D, setD, setVector, vector, vectorName } from '../vfp.ts';
import { even, twoAreEven, twoVectorNames, twoVectors } from './simd-form.ts';

/** L:imm6: the size is the highest bit set, below which the amount stands; those with none of the upper bits are others. */
interface Amount { readonly L: number; readonly imm: number; readonly low: number }
const immh = (f: Amount): number => (f.L << 3) | f.imm;
const sizeOf = (f: Amount): number => 31 - Math.clz32(immh(f));
const value = (f: Amount): number => (immh(f) << 3) | f.low;
const rightShift = (f: Amount): number => 2 * laneOf(sizeOf(f)) - value(f);
const leftShift = (f: Amount): number => value(f) - laneOf(sizeOf(f));

type Operation = (b: Builder, lane: Lane, n: I32, m: V128, d: () => V128) => V128;
type Direction = 'left' | 'right';

/** `type`: of elements; su, s or u by the bit U. */
function shift(mnemonic: string, U: 0 | 1 | 'both', opcode: string, direction: Direction, type: string, operation: (unsigned: boolean) => Operation): Both {
  const count = direction === 'left' ? leftShift : rightShift;
  const bit = (U === 'both' ? 'U!1' : fixed(U)) as 'U!1';
  return simd(`${mnemonic.toUpperCase()} (immediate)`, bit, `1 D:1 imm!3 low:3 Vd:4 ${fixed(opcode)} L!1 Q!1 M:1 1 Vm:4`, {
    valid: f => immh(f) !== 0 && twoAreEven(f),
    derive: f => ({ ...twoVectors(f), amount: count(f) }),
    asm: f => `${mnemonic}.${type === 'su' ? (f.U ? 'u' : 's') : type}${laneOf(sizeOf(f))}\t${twoVectorNames(f)}, #${count(f)}`,
    exec(b, f) {
      const of = operation(U === 'both' ? f.U === 1 : U === 1);
      const lane = laneOf(sizeOf({ ...f, low: 0 }));
      setVector(b, f.Q, f.d, of(b, lane, b.operand(f.amount), vector(b, f.Q, f.m), () => vector(b, f.Q, f.d)));
    },
  });
}

const saturated = (from: Saturation): Operation => (b, lane, n, m) => shiftLeftSaturated(b, lane, from, m, n);

const same: readonly Both[] = [
  shift('vshr', 'both', '0000', 'right', 'su', unsigned => (b, lane, n, m) => shiftRightBy(b, lane, unsigned, m, n)),
  shift('vsra', 'both', '0001', 'right', 'su', unsigned => (b, lane, n, m, d) => b.vadd(lane, d(), shiftRightBy(b, lane, unsigned, m, n))),
  shift('vrshr', 'both', '0010', 'right', 'su', unsigned => (b, lane, n, m) => shiftRightRoundedBy(b, lane, unsigned, m, n)),
  shift('vrsra', 'both', '0011', 'right', 'su', unsigned => (b, lane, n, m, d) => b.vadd(lane, d(), shiftRightRoundedBy(b, lane, unsigned, m, n))),
  shift('vsri', 1, '0100', 'right', '', () => SRI),
  shift('vshl', 0, '0101', 'left', 's', () => (b, lane, n, m) => b.vshl(lane, m, n)),
  shift('vsli', 1, '0101', 'left', '', () => SLI),
  shift('vqshlu', 1, '0110', 'left', 's', () => saturated('toUnsigned')),
  shift('vqshl', 'both', '0111', 'left', 'su', unsigned => saturated(unsigned ? 'unsigned' : 'signed')),
];

/** A shift by less than the width of `lane`. */
type Shift = (b: Builder, lane: WideLane, unsigned: boolean, x: V128, n: I32) => V128;
const plain: Shift = (b, lane, unsigned, x, n) => (unsigned ? b.vshrU(lane, x, n) : b.vshrS(lane, x, n));

/** `type` before the bits of the wide elements; `from`: without it nothing saturates. */
function narrowing(mnemonic: string, U: 0 | 1, opcode: string, rounding: 0 | 1, type: string, from: Saturation | undefined): Both {
  const amount: Shift = rounding ? shiftRightRoundedBy : plain;
  return simd(`${mnemonic.toUpperCase()} (${type})`, fixed(U), `1 D:1 imm!3 low:3 Vd:4 ${fixed(opcode)} 0 ${fixed(rounding)} M:1 1 Vm:4`, {
    valid: f => f.imm !== 0 && even(1, f.Vm),
    derive: f => ({ ...twoVectors(f), amount: rightShift({ ...f, L: 0 }) }),
    asm(f) {
      const { d, m } = twoVectors(f);
      return `${mnemonic}.${type}${2 * laneOf(sizeOf({ ...f, L: 0 }))}\td${d}, ${vectorName(1, m)}, #${rightShift({ ...f, L: 0 })}`;
    },
    exec(b, f) {
      const lane = laneOf(sizeOf({ L: 0, imm: f.imm, low: 0 })) as NarrowLane;
      const shifted = amount(b, doubled(lane), from === undefined || from === 'unsigned', vector(b, 1, f.m), b.operand(f.amount));
      setD(b, f.d, from === undefined ? narrow(b, lane, shifted) : narrowSaturated(b, lane, from, shifted));
    },
  });
}

/** VSHLL, which is VMOVL where the shift is by 0. */
const VSHLL = simd('VSHLL', 'U!1', '1 D:1 imm!3 low!3 Vd:4 1010 00 M:1 1 Vm:4', {
  valid: f => f.imm !== 0 && even(1, f.Vd),
  derive: twoVectors,
  asm(f) {
    const { d, m } = twoVectors(f);
    const n = leftShift({ ...f, L: 0 });
    const type = `${f.U ? 'u' : 's'}${laneOf(sizeOf({ ...f, L: 0 }))}`;
    return `${n === 0 ? 'vmovl' : 'vshll'}.${type}\t${vectorName(1, d)}, d${m}${n === 0 ? '' : `, #${n}`}`;
  },
  exec(b, f) {
    const amount = { L: 0, imm: f.imm, low: f.low };
    const lane = laneOf(sizeOf(amount)) as NarrowLane;
    setVector(b, 1, f.d, shiftLeft(b, doubled(lane), extend(b, lane, f.U === 1, 'low', D(b, f.m)), leftShift(amount)));
  },
});

/** To (op 1) and from fixed point; imm6 is 64 less the fraction bits, of which there are up to as many as an element has. */
const fixedPoint: readonly Both[] = ([[32, '1', {}], [16, '0', { feature: 'FP16' }]] as const).map(([N, bit, feature]) =>
  simd(`VCVT (fixed-point, ${N})`, 'U!1', `1 D:1 imm6:6 Vd:4 11 ${bit} op!1 0 Q!1 M:1 1 Vm:4`, {
    ...feature,
    valid: f => 64 - f.imm6 <= N && twoAreEven(f),
    derive(f) {
      const fbits = 64 - f.imm6;
      return { ...twoVectors(f), fbits, factor: N === 16 ? 0n : FPPowerOfTwo(32, 0, f.op ? fbits : -fbits) };
    },
    asm(f) {
      const integer = `${f.U ? 'u' : 's'}${N}`;
      return `vcvt.${f.op ? `${integer}.f${N}` : `f${N}.${integer}`}\t${twoVectorNames(f)}, #${64 - f.imm6}`;
    },
    exec(b, f) {
      const how = { fbits: b.operand(f.fbits), factor: b.wrap(f.factor) };
      const count = (f.Q ? 128 : 64) / N;
      const m = vector(b, f.Q, f.m);
      setVector(b, f.Q, f.d, underStandardFPSCR(b, () =>
        (f.op ? FPToFixed(b, N, count, m, FPRounding.ZERO, f.U === 1, how) : FixedToFP(b, N, count, m, f.U === 1, how))));
    },
  }),
);

export const simdShift: readonly Both[] = [
  ...same,
  narrowing('vshrn', 0, '1000', 0, 'i', undefined),
  narrowing('vrshrn', 0, '1000', 1, 'i', undefined),
  narrowing('vqshrun', 1, '1000', 0, 's', 'toUnsigned'),
  narrowing('vqrshrun', 1, '1000', 1, 's', 'toUnsigned'),
  narrowing('vqshrn', 0, '1001', 0, 's', 'signed'),
  narrowing('vqrshrn', 0, '1001', 1, 's', 'signed'),
  narrowing('vqshrn', 1, '1001', 0, 'u', 'unsigned'),
  narrowing('vqrshrn', 1, '1001', 1, 'u', 'unsigned'),
  VSHLL,
  ...fixedPoint,
];
