/**
 * Floating-point operations, computed exactly: from FPSCR and operands to a result and what it reports (Power ISA 2.07B
 * Book I, 4.6.5 to 4.6.7). Nothing is written here, so that an operation can be asked again what it left in FR, FI and FPRF.
 */
import { add, divide, multiply, multiplyAdd, squareRoot, subtract } from '../../../float/arithmetic.ts';
import { fromInteger, toInteger, toIntegral } from '../../../float/convert.ts';
import { exponentOf, fractionOf, formatOf, isNaN, negated, ones, signOf, unpack, type FpSize } from '../../../float/format.ts';
import { round } from '../../../float/round.ts';
import { Rounding } from '../../../float/rules.ts';
import { INVALID, VE, VXCVI, VXSNAN, ZE, ZX } from './fpscr.ts';
import { type Context, contextOf, rules } from './rules.ts';

type Compute = (s: Context, N: FpSize, a: bigint, b: bigint, c: bigint) => bigint;

const ONE = 0x3ff0_0000_0000_0000n;
const minus = (x: bigint): bigint => negated(64, x);

/** A NaN keeps its sign: operands are negated only where they are numbers. */
const minusNumber = (x: bigint): bigint => (isNaN(unpack(64, x).type) ? x : minus(x));

const maddOf: Compute = (s, N, a, b, c) => multiplyAdd(rules, s, N, b, a, c);
const msubOf: Compute = (s, N, a, b, c) => multiplyAdd(rules, s, N, minusNumber(b), a, c);
const negatedNumber = (compute: Compute): Compute => (s, N, a, b, c) => {
  const result = compute(s, N, a, b, c);
  return isNaN(unpack(N, result).type) ? result : negated(N, result);
};

const integral = (rounding: Rounding): Compute => (s, N, _a, b) => toIntegral(rules, s, N, b, rounding, false);

/** To a narrower or the same format, as any arithmetic rounds. */
const rounded: Compute = (s, N, _a, b) => {
  const x = unpack(64, b);
  const nan = rules.processNaNs(s, N, [[x, b]]);
  if (nan !== undefined) return nan;
  if (x.type === 'nonzero') return round(rules, s, N, x.sign, x.mant, x.exp, s.rounding);
  const { E, F } = formatOf(N);
  return (BigInt(x.sign) << BigInt(N - 1)) | (x.type === 'zero' ? 0n : ones(E) << BigInt(F));
};

/** 1 / sqrt(b), the root rounded first: an estimate (4.6.5.1) may have any error below 1/32. */
const reciprocalRoot: Compute = (s, N, _a, b) => {
  const x = unpack(64, b);
  const invalidOrNaN = isNaN(x.type) || (x.sign === 1 && x.type !== 'zero');
  return invalidOrNaN ? squareRoot(rules, s, N, b) : divide(rules, s, N, ONE, squareRoot(rules, s, 64, b));
};

/** To an integer. Nothing is said of what stands above a word in the doubleword: we choose its sign, and 0 for a NaN, which becomes the lowest one. */
const integer = (width: 32 | 64, unsigned: boolean, toZero: boolean): Compute => (s, _N, _a, b) => {
  const x = unpack(64, b);
  if (isNaN(x.type)) {
    s.raised |= x.type === 'SNaN' ? VXCVI | VXSNAN : VXCVI;
    return unsigned ? 0n : 1n << BigInt(width - 1);
  }
  const result = toInteger(rules, s, x, width, 0, unsigned, toZero ? Rounding.ZERO : s.rounding);
  return unsigned ? result : BigInt.asUintN(64, BigInt.asIntN(width, result));
};

/** Each operation with operands FRA, FRB and FRC; those of one operand have it in FRB. The order gives the codes. */
const computes = {
  fadd: (s, N, a, b) => add(rules, s, N, a, b),
  fsub: (s, N, a, b) => subtract(rules, s, N, a, b),
  fmul: (s, N, a, _b, c) => multiply(rules, s, N, a, c),
  fdiv: (s, N, a, b) => divide(rules, s, N, a, b),
  fsqrt: (s, N, _a, b) => squareRoot(rules, s, N, b),
  fmadd: maddOf,
  fmsub: msubOf,
  fnmadd: negatedNumber(maddOf),
  fnmsub: negatedNumber(msubOf),
  frsp: rounded,
  fre: (s, N, _a, b) => divide(rules, s, N, ONE, b),
  frsqrte: reciprocalRoot,
  frin: integral(Rounding.TIEAWAY),
  friz: integral(Rounding.ZERO),
  frip: integral(Rounding.POSINF),
  frim: integral(Rounding.NEGINF),
  fcfid: (s, N, _a, b) => fromInteger(rules, s, 64, N, b, 0, false, s.rounding),
  fcfidu: (s, N, _a, b) => fromInteger(rules, s, 64, N, b, 0, true, s.rounding),
  fctiw: integer(32, false, false),
  fctiwz: integer(32, false, true),
  fctiwu: integer(32, true, false),
  fctiwuz: integer(32, true, true),
  fctid: integer(64, false, false),
  fctidz: integer(64, false, true),
  fctidu: integer(64, true, false),
  fctiduz: integer(64, true, true),
} satisfies Record<string, Compute>;

export type Operation = keyof typeof computes;

const operations: readonly Operation[] = Object.keys(computes) as Operation[];
const SINGLE = 0x100;
/** A number that is not 0 for an operation and the format of its result. */
export const codeOf = (operation: Operation, N: 32 | 64): number => (operations.indexOf(operation) + 1) | (N === 32 ? SINGLE : 0);

export interface Computed {
  /** As a double. */
  readonly result: bigint;
  readonly raised: number;
  /** An enabled exception leaves target and FPRF as they were (4.4.1.2, 4.4.2.2). */
  readonly suppressed: boolean;
  /** FPRF, in its place. Where it is undefined, after conversions to integers, we choose 0. */
  readonly FPRF: number;
}

export function compute(code: number, FPSCR: number, a: bigint, b: bigint, c: bigint): Computed {
  const N = code & SINGLE ? 32 : 64;
  const s = contextOf(FPSCR);
  const operation = operations[(code & 0xff) - 1] as Operation;
  const result = (computes[operation] as Compute)(s, N, a, b, c);
  const suppressed = ((s.raised & INVALID) !== 0 && (FPSCR & VE) !== 0) || ((s.raised & ZX) !== 0 && (FPSCR & ZE) !== 0);
  const FPRF = operation.startsWith('fcti') ? 0 : classOf(N, result) << 12;
  return { result: N === 64 ? result : widened(result), raised: s.raised, suppressed, FPRF };
}

/** A single as a double: exact, and a signalling NaN stays one (4.6.2, DOUBLE). */
export function widened(single: bigint): bigint {
  const x = unpack(32, single);
  const sign = BigInt(x.sign) << 63n;
  if (x.type === 'zero') return sign;
  if (x.type !== 'nonzero') return sign | (0x7ffn << 52n) | (fractionOf(32, single) << 29n);
  const high = BigInt(x.mant.toString(2).length - 1);
  return sign | ((BigInt(x.exp + 1023) + high) << 52n) | ((x.mant << (52n - high)) & ones(52));
}

/** FPRF's five bits for a result (4.2.2, figure 47). */
export function classOf(N: FpSize, x: bigint): number {
  const { type } = unpack(N, x);
  const negative = signOf(N, x) === 1;
  if (isNaN(type)) return 0b10001;
  if (type === 'infinity') return negative ? 0b01001 : 0b00101;
  if (type === 'zero') return negative ? 0b10010 : 0b00010;
  if (exponentOf(N, x) === 0n) return negative ? 0b11000 : 0b10100;
  return negative ? 0b01000 : 0b00100;
}
