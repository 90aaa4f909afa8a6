/**
 * Vector arithmetic over a Builder, element by element: the host's SIMD where no element can differ from the exact
 * helpers (see scalar.ts). Elements beyond `count` of N bits are ignored, and zero in the result. One element is a scalar.
 */
import type { Builder, I32, V128 } from '../../../isa/builder.ts';
import { formatOf, ones, type FpSize } from './format.ts';
import * as helpers from './operations.ts';
import { shapeOf, type Binary, type Unary } from './operations.ts';
import { fields } from '../state.ts';
import * as scalar from './scalar.ts';
import { fast, flushing } from './scalar.ts';
import { FZ } from './status.ts';
import { finiteLanes, fusedMultiplyAddLanes, normalLanesOr, numbers, unlikeSubnormalLanes, zeroLanes } from '../../../isa/hostvector.ts';

type Width = 32 | 64;
export type VectorUnary = (b: Builder, N: FpSize, count: number, x: V128) => V128;
export type VectorBinary = (b: Builder, N: FpSize, count: number, x: V128, y: V128) => V128;

/** What is sure of each lane (all ones), and the result. */
type FastLanes = (b: Builder, N: Width, x: V128, y: V128) => [sure: V128, result: V128];

/** The bits of `count` elements. */
const extent = (b: Builder, N: FpSize, count: number): V128 => b.v128(ones(N * count));

/** Whether `sure` has all lanes that count. */
const allSure = (b: Builder, N: FpSize, count: number, sure: V128): I32 => b.eqz(b.vany(b.vandNot(extent(b, N, count), sure)));
const cut = (b: Builder, N: FpSize, count: number, result: V128): V128 =>
  N * count === 128 ? result : b.vand(result, extent(b, N, count));

/** Where FPCR.FZ is translated for: operands that aren't flushed, and results that are zero or above the subnormal numbers. */
function settledLanes(b: Builder, N: Width, operands: readonly V128[], result: V128, sure: V128): V128 {
  if (!flushing(b)) return sure;
  const settled = normalLanesOr(b, N, zeroLanes(b, N, result), result);
  return operands.reduce((all, x) => b.vand(all, unlikeSubnormalLanes(b, N, x)), b.vand(sure, settled));
}

/** Comparisons and the like are exact, and their results not to be flushed. */
const exactly = (b: Builder): I32 => (flushing(b) ? b.i32(1) : b.eqz(b.and(b.get(fields.FPCR), b.i32(FZ))));
const unflushedLanes = (b: Builder, N: Width, x: V128, y: V128, sure: V128): V128 =>
  flushing(b) ? b.vand(sure, b.vand(unlikeSubnormalLanes(b, N, x), unlikeSubnormalLanes(b, N, y))) : sure;

function binary(helper: Binary, permitted: (b: Builder) => I32, compute: FastLanes, ofOne?: scalar.ScalarBinary): VectorBinary {
  return (b, N, count, x, y) => {
    if (count === 1 && ofOne) return ofOne(b, N, x, y);
    const shape = shapeOf(b, N, count);
    if (N === 16) return b.call(helper, x, y, shape);
    return b.fallback(helper, [x, y, shape], () => {
      const [sure, result] = compute(b, N, x, y);
      const all = permitted === exactly ? unflushedLanes(b, N, x, y, sure) : settledLanes(b, N, [x, y], result, sure);
      return [b.and(permitted(b), allSure(b, N, count, all)), cut(b, N, count, result)];
    });
  };
}

function unary(helper: Unary, compute: (b: Builder, N: Width, x: V128) => [sure: V128, result: V128]): VectorUnary {
  return (b, N, count, x) => {
    const shape = shapeOf(b, N, count);
    if (N === 16) return b.call(helper, x, shape);
    return b.fallback(helper, [x, shape], () => {
      const [sure, result] = compute(b, N, x);
      return [b.and(fast(b), allSure(b, N, count, settledLanes(b, N, [x], result, sure))), cut(b, N, count, result)];
    });
  };
}

const slowUnary =
  (helper: Unary): VectorUnary =>
  (b, N, count, x) =>
    b.call(helper, x, shapeOf(b, N, count));

const sum =
  (op: 'vfadd' | 'vfsub'): FastLanes =>
  (b, N, x, y) => {
    const result = b[op](N, x, y);
    return [finiteLanes(b, N, result), result];
  };

export const FPAdd = binary(helpers.FPAdd, fast, sum('vfadd'), scalar.FPAdd);
export const FPSub = binary(helpers.FPSub, fast, sum('vfsub'), scalar.FPSub);
export const FPAbsDiff = binary(
  helpers.FPAbsDiff,
  fast,
  (b, N, x, y) => {
    const [sure, result] = sum('vfsub')(b, N, x, y);
    return [sure, b.vfabs(N, result)];
  },
  scalar.FPAbsDiff,
);

const product: FastLanes = (b, N, x, y) => {
  const result = b.vfmul(N, x, y);
  return [normalLanesOr(b, N, b.vor(zeroLanes(b, N, x), zeroLanes(b, N, y)), result), result];
};

export const FPMul = binary(helpers.FPMul, fast, product, scalar.FPMul);
export const FPMulX = binary(helpers.FPMulX, fast, product, scalar.FPMulX);
export const FPDiv = binary(
  helpers.FPDiv,
  fast,
  (b, N, x, y) => {
    const result = b.vfdiv(N, x, y);
    return [normalLanesOr(b, N, zeroLanes(b, N, x), result), result];
  },
  scalar.FPDiv,
);
export const FPSqrt = unary(helpers.FPSqrt, (b, N, x) => {
  const result = b.vfsqrt(N, x);
  return [finiteLanes(b, N, result), result];
});

/** x * 2 ** y, y being integers: a product with a power of two, where that is a normal number. */
export const FPScale = binary(helpers.FPScale, fast, (b, N, x, y) => {
  const { E, F } = formatOf(N);
  const bias = 2 ** (E - 1) - 1;
  const exponent = b.vadd(N, y, b.vsplat(N, b.i64(bias)));
  const normal = b.vand(b.vgtS(N, exponent, b.v128(0n)), b.vgtS(N, b.vsplat(N, b.i64(2 * bias + 1)), exponent));
  const zero = zeroLanes(b, N, x);
  const result = b.vselect(zero, x, b.vfmul(N, x, b.vshl(N, exponent, b.i32(F))));
  return [b.vand(b.vor(normal, zero), normalLanesOr(b, N, zero, result)), result];
});

/** FMLA, or FMLS where `subtract`, which negates op1. */
export function FPMulAdd(b: Builder, N: FpSize, count: number, addend: V128, op1: V128, op2: V128, subtract: boolean): V128 {
  const factor = subtract ? negated(b, N, op1) : op1;
  if (count === 1) return scalar.FPMulAdd(b, N, addend, factor, op2);
  const shape = shapeOf(b, N, count);
  if (N === 16) return b.call(helpers.FPMulAdd, addend, factor, op2, shape);
  return b.fallback(helpers.FPMulAdd, [addend, factor, op2, shape], () => {
    const [sure, result] = fusedMultiplyAddLanes(b, N, factor, op2, addend);
    const all = settledLanes(b, N, [addend, op1, op2], result, sure);
    return [b.and(fast(b), allSure(b, N, count, all)), cut(b, N, count, result)];
  });
}

export const negated = (b: Builder, N: FpSize, x: V128): V128 => b.vxor(x, b.vsplat(N, b.i64(1n << BigInt(N - 1))));

const extreme =
  (direction: 'max' | 'min'): FastLanes =>
  (b, N, x, y) => {
    const equal = direction === 'max' ? b.vand(x, y) : b.vor(x, y);
    const [ofLess, ofGreater] = direction === 'max' ? [y, x] : [x, y];
    const result = b.vselect(b.vflt(N, x, y), ofLess, b.vselect(b.vflt(N, y, x), ofGreater, equal));
    return [numbers(b, N, x, y), result];
  };

export const FPMax = binary(helpers.FPMax, exactly, extreme('max'), scalar.FPMax);
export const FPMin = binary(helpers.FPMin, exactly, extreme('min'), scalar.FPMin);
export const FPMaxNum = binary(helpers.FPMaxNum, exactly, extreme('max'), scalar.FPMaxNum);
export const FPMinNum = binary(helpers.FPMinNum, exactly, extreme('min'), scalar.FPMinNum);

const comparison = (helper: Binary, compute: (b: Builder, N: Width, x: V128, y: V128) => V128): VectorBinary =>
  binary(helper, exactly, (b, N, x, y) => [numbers(b, N, x, y), compute(b, N, x, y)]);

export const FPCompareEQ = comparison(helpers.FPCompareEQ, (b, N, x, y) => b.vfeq(N, x, y));
export const FPCompareUN = comparison(helpers.FPCompareUN, b => b.v128(0n));
export const FPCompareGE = comparison(helpers.FPCompareGE, (b, N, x, y) => b.vfle(N, y, x));
export const FPCompareGT = comparison(helpers.FPCompareGT, (b, N, x, y) => b.vflt(N, y, x));
export const FPAbsCompareGE = comparison(helpers.FPAbsCompareGE, (b, N, x, y) => b.vfle(N, b.vfabs(N, y), b.vfabs(N, x)));
export const FPAbsCompareGT = comparison(helpers.FPAbsCompareGT, (b, N, x, y) => b.vflt(N, b.vfabs(N, y), b.vfabs(N, x)));

/** The bits of a float in every lane. */
const constant = (b: Builder, N: Width, ofDouble: bigint, ofSingle: bigint): V128 => b.vsplat(N, b.i64(N === 64 ? ofDouble : ofSingle));

/** 2 - x * y. Infinity times zero is a NaN here, and so the helper's. */
export const FPRecipStepFused = binary(helpers.FPRecipStepFused, fast, (b, N, x, y) =>
  fusedMultiplyAddLanes(b, N, negated(b, N, x), y, constant(b, N, 0x4000_0000_0000_0000n, 0x4000_0000n)),
);

/** (3 - x * y) / 2: halving is exact, since a sum with 3 is zero or far above the subnormal numbers. */
export const FPRSqrtStepFused = binary(helpers.FPRSqrtStepFused, fast, (b, N, x, y) => {
  const [sure, result] = fusedMultiplyAddLanes(b, N, negated(b, N, x), y, constant(b, N, 0x4008_0000_0000_0000n, 0x4040_0000n));
  return [sure, b.vfmul(N, result, constant(b, N, 0x3fe0_0000_0000_0000n, 0x3f00_0000n))];
});

/** AArch32's steps, whose products are rounded: 2 - x * y, and half of 3 - x * y. */
const fromProduct = (b: Builder, N: Width, from: V128, x: V128, y: V128): [sure: V128, result: V128] => {
  const [sure, rounded] = product(b, N, x, y);
  const result = b.vfsub(N, from, rounded);
  return [b.vand(sure, finiteLanes(b, N, result)), result];
};
export const FPRecipStep = binary(helpers.FPRecipStep, fast, (b, N, x, y) =>
  fromProduct(b, N, constant(b, N, 0x4000_0000_0000_0000n, 0x4000_0000n), x, y),
);
export const FPRSqrtStep = binary(helpers.FPRSqrtStep, fast, (b, N, x, y) => {
  const [sure, result] = fromProduct(b, N, constant(b, N, 0x4008_0000_0000_0000n, 0x4040_0000n), x, y);
  return [sure, b.vfmul(N, result, constant(b, N, 0x3fe0_0000_0000_0000n, 0x3f00_0000n))];
});
export const FPRecipEstimate = slowUnary(helpers.FPRecipEst);
export const FPRSqrtEstimate = slowUnary(helpers.FPRSqrtEst);
export const FPRecpX = slowUnary(helpers.FPRecipExponent);

const bytesOf = (N: FpSize, elements: readonly number[]): number[] =>
  elements.flatMap(e => Array.from({ length: N / 8 }, (_, i) => e * (N / 8) + i));

/** The elements with even and with odd numbers of two vectors of `count` elements, those of x first. */
function pairs(b: Builder, N: FpSize, count: number, x: V128, y: V128): [even: V128, odd: V128] {
  const perVector = 128 / N;
  const place = (e: number): number => (e < count ? e : perVector + e - count);
  const pick = (first: 0 | 1): V128 => {
    const elements = Array.from({ length: perVector }, (_, i) => (i < count ? place(2 * i + first) : 0));
    return b.vshuffle(x, y, bytesOf(N, elements));
  };
  return [pick(0), pick(1)];
}

/** Of neighbouring elements of y:x. */
export const pairwise =
  (of: VectorBinary): VectorBinary =>
  (b, N, count, x, y) => {
    const [even, odd] = pairs(b, N, count, x, y);
    return of(b, N, count, even, odd);
  };

/** Reduce: of neighbours, then of the results, to one element. */
export function reduce(b: Builder, N: FpSize, count: number, x: V128, of: VectorBinary): V128 {
  if (count === 1) return x;
  const [even, odd] = pairs(b, N, count, x, x);
  return reduce(b, N, count / 2, of(b, N, count / 2, even, odd), of);
}
