/**
 * Floating-point operations as helpers. Operands are vectors; `shape` says how many elements of which size an
 * operation has, so that scalar and vector forms share one helper. Elements beyond the shape are zero in the result.
 */
import { hostAdd, hostDivide, hostMaximum, hostMinimum, hostMultiply, hostMultiplyAdd, hostMultiplySubtract, hostRoot, hostSubtract } from '../../../float/host.ts';
import type { Builder, I32 } from '../../../isa/builder.ts';
import { defineHelper, type Helper } from '../../../isa/call.ts';
import { fields } from '../state.ts';
import * as arithmetic from './arithmetic.ts';
import * as bfloat from './bfloat.ts';
import * as compare from './compare.ts';
import { FPConvert, FPConvertSVE, FPRoundInt, FPRoundIntN, FPToFixed, FPToFixedJS, FixedToFP, widenHalf } from './convert.ts';
import { FPRSqrtEstimate, FPRecipEstimate, FPRecpX } from './estimate.ts';
import { FPExpCoefficient, quickExponential } from './exponential.ts';
import { ones, type FpSize } from './format.ts';
import { quickBFDotAdd } from './quick-bfloat.ts';
import { quickConvert, quickConvertBF, quickFromFixed, quickRoundInt, quickRoundIntN, quickToFixed, quickToJavaScript } from './quick-convert.ts';
import { quickRSqrtEstimate, quickRecipEstimate, quickRecpX } from './quick-estimate.ts';
import { halved, quick, quickCompare, quickMask, type Quick } from './quick.ts';
import { stateFor, STANDARD, standardFPSCR } from './standard.ts';
import { FPRoundingMode, type FpCpu, type FpState, type Rounding } from './status.ts';

const counted = 'floating-point operations';
const how = { touches: [fields.FPCR, fields.FPSR, fields.fpFast, fields.fpFastFlushing], counted };
const withQuick = (host: Quick | undefined): typeof how & { quick?: Quick } => (host ? { ...how, quick: host } : how);

export type Unary = Helper<readonly ['v128', 'i32'], 'v128'>;
export type Binary = Helper<readonly ['v128', 'v128', 'i32'], 'v128'>;
export type Ternary = Helper<readonly ['v128', 'v128', 'v128', 'i32'], 'v128'>;

/** The `shape` argument: `elements` of N bits, and which FPCR. */
export const shapeOf = (b: Builder, N: FpSize, elements: number): I32 => b.i32(N | (elements << 8) | (standardFPSCR(b) ? STANDARD : 0));

/** Computes a result element by element; `element` gets the bit position of the element. */
function lanes(shape: bigint, element: (N: FpSize, at: bigint) => bigint): bigint {
  const N = Number(shape & 0xffn) as FpSize;
  const elements = Number((shape >> 8n) & 0xffn);
  let result = 0n;
  for (let e = 0; e < elements; e++) {
    const at = BigInt(e * N);
    result |= element(N, at) << at;
  }
  return result;
}

const lane = (N: number, at: bigint, v: bigint): bigint => (v >> at) & ones(N);

function unary(name: string, op: (s: FpState, N: FpSize, x: bigint) => bigint, host?: Quick): Unary {
  return defineHelper(name, ['v128', 'i32'], 'v128', withQuick(host), (cpu: FpCpu, x, shape) =>
    lanes(shape, (N, at) => op(stateFor(cpu.state, shape), N, lane(N, at, x))),
  );
}

function binary(name: string, op: (s: FpState, N: FpSize, x: bigint, y: bigint) => bigint, host?: Quick): Binary {
  return defineHelper(name, ['v128', 'v128', 'i32'], 'v128', withQuick(host), (cpu: FpCpu, x, y, shape) =>
    lanes(shape, (N, at) => op(stateFor(cpu.state, shape), N, lane(N, at, x), lane(N, at, y))),
  );
}

function ternary(name: string, op: (s: FpState, N: FpSize, a: bigint, x: bigint, y: bigint) => bigint, host?: Quick): Ternary {
  return defineHelper(name, ['v128', 'v128', 'v128', 'i32'], 'v128', withQuick(host), (cpu: FpCpu, a, x, y, shape) =>
    lanes(shape, (N, at) => op(stateFor(cpu.state, shape), N, lane(N, at, a), lane(N, at, x), lane(N, at, y))),
  );
}

export const FPAdd = binary('FPAdd', arithmetic.FPAdd, quick(2, hostAdd));
export const FPSub = binary('FPSub', arithmetic.FPSub, quick(2, hostSubtract));
export const FPAbsDiff = binary('FPAbsDiff', arithmetic.FPAbsDiff, quick(2, hostSubtract, { sign: 'clear' }));
export const FPMul = binary('FPMul', arithmetic.FPMul, quick(2, hostMultiply));
export const FPNegMul = binary('FPNegMul', arithmetic.FPNegMul, quick(2, hostMultiply, { sign: 'flip' }));
/** Differs from FPMul for infinities. */
export const FPMulX = binary('FPMulX', arithmetic.FPMulX, quick(2, hostMultiply, { ownNaNs: true }));
export const FPDiv = binary('FPDiv', arithmetic.FPDiv, quick(2, hostDivide));
export const FPSqrt = unary('FPSqrt', arithmetic.FPSqrt, quick(1, hostRoot));
/** addend, op1, op2. */
export const FPMulAdd = ternary('FPMulAdd', arithmetic.FPMulAdd, quick(3, hostMultiplyAdd));
export const FPRecipStepFused = binary('FPRecipStepFused', arithmetic.FPRecipStepFused, quick(2, hostMultiplySubtract(2), { ownNaNs: true }));
export const FPRSqrtStepFused = binary(
  'FPRSqrtStepFused',
  arithmetic.FPRSqrtStepFused,
  quick(2, halved(hostMultiplySubtract(3)), { ownNaNs: true }),
);

/** AArch32's. */
export const FPRecipStep = binary('FPRecipStep', arithmetic.FPRecipStep);
export const FPRSqrtStep = binary('FPRSqrtStep', arithmetic.FPRSqrtStep);

export const FPScale = binary('FPScale', arithmetic.FPScale);

export const FPMax = binary('FPMax', compare.FPMax, quick(2, hostMaximum));
export const FPMin = binary('FPMin', compare.FPMin, quick(2, hostMinimum));
export const FPMaxNum = binary('FPMaxNum', compare.FPMaxNum, quick(2, hostMaximum, { ownNaNs: true }));
export const FPMinNum = binary('FPMinNum', compare.FPMinNum, quick(2, hostMinimum, { ownNaNs: true }));
export const FPCompareEQ = binary('FPCompareEQ', compare.FPCompareEQ, quickMask((x, y) => x === y, true));
export const FPCompareUN = binary('FPCompareUN', compare.FPCompareUN);
export const FPCompareGE = binary('FPCompareGE', compare.FPCompareGE, quickMask((x, y) => x >= y));
export const FPCompareGT = binary('FPCompareGT', compare.FPCompareGT, quickMask((x, y) => x > y));
export const FPAbsCompareGE = binary('FPAbsCompareGE', compare.FPAbsCompareGE, quickMask((x, y) => x >= y, false, true));
export const FPAbsCompareGT = binary('FPAbsCompareGT', compare.FPAbsCompareGT, quickMask((x, y) => x > y, false, true));

export const FPRecipEst = unary('FPRecipEstimate', FPRecipEstimate, quickRecipEstimate);
export const FPRSqrtEst = unary('FPRSqrtEstimate', FPRSqrtEstimate, quickRSqrtEstimate);
export const FPRecipExponent = unary('FPRecpX', FPRecpX, quickRecpX);

/** FEXPA's numbers from a table. */
export const FPExponential = unary('FPExpCoefficient', (_s, N, x) => FPExpCoefficient(N, x), quickExponential);

/** FPCompare where `holds`, else the flags given: NZCV. `how`: operand size, plus 0x100 to signal quiet NaNs. */
export const FPConditionalCompare = defineHelper(
  'FPConditionalCompare',
  ['i32', 'v128', 'v128', 'i32', 'i32'],
  'i32',
  { ...how, quick: quickCompare },
  (cpu: FpCpu, holds, x, y, otherwise, how) => {
    if (!holds) return otherwise;
    const N = Number(how & 0xffn) as FpSize;
    return compare.FPCompare(cpu.state, N, lane(N, 0n, x), lane(N, 0n, y), (how & 0x100n) !== 0n);
  },
);

/** How a conversion rounds: as given, or as FPCR says. */
export type RoundingChoice = Rounding | 'FPCR';
const FPCR_ROUNDING = 7;

/**
 * The `how` argument of conversions: sizes from (bits 7..0) and to (15..8), elements (19..16), rounding (22..20), a flag (23); and
 * which FPCR.
 */
export function conversion(b: Builder, from: number, to: number, elements: number, rounding: RoundingChoice, flag: boolean): I32 {
  const mode = rounding === 'FPCR' ? FPCR_ROUNDING : rounding;
  return b.i32(from | (to << 8) | (elements << 16) | (mode << 20) | (flag ? 1 << 23 : 0) | (standardFPSCR(b) ? STANDARD : 0));
}

type Conversion = (s: FpState, from: number, to: number, x: bigint, rounding: Rounding, flag: boolean) => bigint;

function convertLanes(state: FpState, x: bigint, how: bigint, op: Conversion): bigint {
  const s = stateFor(state, how);
  const code = Number(how);
  const from = code & 0xff;
  const to = (code >> 8) & 0xff;
  const elements = (code >> 16) & 15;
  const rounding = (code >> 20) & 7;
  let result = 0n;
  for (let e = 0; e < elements; e++) {
    const mode = rounding === FPCR_ROUNDING ? FPRoundingMode(s) : (rounding as Rounding);
    result |= op(s, from, to, lane(from, BigInt(e * from), x), mode, (code & (1 << 23)) !== 0) << BigInt(e * to);
  }
  return result;
}

/** The flag: FPCR.AHP means nothing. */
export const FPConversion = defineHelper('FPConvert', ['v128', 'i32'], 'v128', withQuick(quickConvert), (cpu: FpCpu, x, how) =>
  convertLanes(cpu.state, x, how, (s, N, M, op, rounding, ofSVE) =>
    (ofSVE ? FPConvertSVE : FPConvert)(s, N as FpSize, M as FpSize, op, rounding),
  ),
);

export const FPConversionBF = defineHelper('FPConvertBF', ['v128', 'i32'], 'v128', withQuick(quickConvertBF), (cpu: FpCpu, x, how) =>
  convertLanes(cpu.state, x, how, (s, _N, _M, op, rounding) => bfloat.FPConvertBF(s, op, rounding)),
);

/** addend, op1, op2. It knows no FPCR and reports nothing. */
export const BFDotAdd = defineHelper('BFDotAdd', ['v128', 'v128', 'v128', 'i32'], 'v128', { counted, quick: quickBFDotAdd }, (_cpu, a, x, y, shape) =>
  lanes(shape, (N, at) => bfloat.BFDotAdd(lane(N, at, a), lane(N, at, x), lane(N, at, y))),
);

/** Half precision in the low halves of words to single precision, signalling NaNs as they are, and nothing reported. */
export const FPWidenHalf = defineHelper('FPWidenHalf', ['v128', 'i32'], 'v128', { touches: [fields.FPCR] }, (cpu: FpCpu, x, shape) =>
  lanes(shape, (N, at) => widenHalf(cpu.state, lane(N, at, x))),
);

/** The flag: whether inexactness is reported. */
export const FPRoundIntegral = defineHelper('FPRoundInt', ['v128', 'i32'], 'v128', withQuick(quickRoundInt), (cpu: FpCpu, x, how) =>
  convertLanes(cpu.state, x, how, (s, N, _M, op, rounding, exact) => FPRoundInt(s, N as FpSize, op, rounding, exact)),
);

/** The flag: to 64 bits, else to 32. */
export const FPRoundIntegralN = defineHelper('FPRoundIntN', ['v128', 'i32'], 'v128', withQuick(quickRoundIntN), (cpu: FpCpu, x, how) =>
  convertLanes(cpu.state, x, how, (s, N, _M, op, rounding, wide) => FPRoundIntN(s, N as FpSize, op, rounding, wide ? 64 : 32)),
);

/** Arguments of these four: vector or register, fraction bits, how. The flag: unsigned. */
function toFixed(cpu: FpCpu, x: bigint, fbits: bigint, how: bigint): bigint {
  return convertLanes(cpu.state, x, how, (s, N, M, op, rounding, unsigned) =>
    FPToFixed(s, N as FpSize, M, op, Number(fbits), unsigned, rounding),
  );
}
function fromFixed(cpu: FpCpu, x: bigint, fbits: bigint, how: bigint): bigint {
  return convertLanes(cpu.state, x, how, (s, M, N, op, rounding, unsigned) =>
    FixedToFP(s, M, N as FpSize, op, Number(fbits), unsigned, rounding),
  );
}
export const FPToFixedPoint = defineHelper('FPToFixed', ['v128', 'i32', 'i32'], 'v128', withQuick(quickToFixed), toFixed);
export const FixedPointToFP = defineHelper('FixedToFP', ['v128', 'i32', 'i32'], 'v128', withQuick(quickFromFixed), fromFixed);
export const FPToFixedInteger = defineHelper('FPToFixedInteger', ['v128', 'i32', 'i32'], 'i64', withQuick(quickToFixed), toFixed);
export const FixedIntegerToFP = defineHelper('FixedIntegerToFP', ['i64', 'i32', 'i32'], 'v128', withQuick(quickFromFixed), fromFixed);

/** Z in bit 32, the result below. */
export const FPToJavaScript = defineHelper('FPToFixedJS', ['v128'], 'i64', withQuick(quickToJavaScript), (cpu: FpCpu, x) => {
  const { result, Z } = FPToFixedJS(cpu.state, lane(64, 0n, x));
  return result | (BigInt(Z) << 32n);
});
