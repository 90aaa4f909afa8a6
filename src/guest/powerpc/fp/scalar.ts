/**
 * Scalar floating point over a Builder: the host's arithmetic where it can't differ from the exact helpers (see
 * fpscr.ts, `fpFast`). Operands and results are doubles' bits.
 *
 * A single-precision result has the host's single arithmetic where all operands are singles, as they should be.
 */
import type { Builder, F32, F64, Float, I32, I64 } from '../../../isa/builder.ts';
import { finite, fusedMultiplyAdd, isZero, normalOr } from '../../../isa/hostfloat.ts';
import { fields } from '../state.ts';
import { defer } from './deferred.ts';
import { arithmeticExactly, doubleOf, singleOf, trapEnabled } from './exact.ts';
import { codeOf, type Operation } from './operations.ts';

export type Width = 32 | 64;
type Fast = (b: Builder, N: Width, x: Float, y: Float, z: Float) => [sure: I32, result: Float];

export const fast = (b: Builder): I32 => b.get(fields.fpFast);
export const double = (b: Builder, x: I64): F64 => b.floatOfBits(x);

const sum = (op: 'fadd' | 'fsub'): Fast => (b, N, x, y) => {
  const result = b[op]<Float>(x, y);
  return [finite(b, N, result), result];
};

/** An operand that is zero makes products and quotients exact. */
const product: Fast = (b, N, x, _y, z) => {
  const result = b.fmul<Float>(x, z);
  return [normalOr(b, N, b.or(isZero(b, x), isZero(b, z)), result), result];
};

const quotient: Fast = (b, N, x, y) => {
  const result = b.fdiv<Float>(x, y);
  return [normalOr(b, N, isZero(b, x), result), result];
};

const root: Fast = (b, N, _x, y) => {
  const result = b.fsqrt<Float>(y);
  return [finite(b, N, result), result];
};

const multiplyAdd = (negateAddend: boolean, negateResult: boolean): Fast => (b, N, x, y, z) => {
  const [sure, result] = fusedMultiplyAdd(b, N, b.vOfFloat(x), b.vOfFloat(z), b.vOfFloat(negateAddend ? b.fneg<Float>(y) : y));
  return [sure, negateResult ? b.fneg<Float>(result) : result];
};

const fastOf: Partial<Record<Operation, Fast>> = {
  fadd: sum('fadd'),
  fsub: sum('fsub'),
  fmul: product,
  fdiv: quotient,
  fsqrt: root,
  fmadd: multiplyAdd(false, false),
  fmsub: multiplyAdd(true, false),
  fnmadd: multiplyAdd(false, true),
  fnmsub: multiplyAdd(true, true),
};

/** A double as a single, and whether it is one. */
function single(b: Builder, x: I64): [is: I32, value: F32] {
  const value = b.demote(double(b, x));
  return [b.feq(b.promote(value), double(b, x)), value];
}

function quickly(b: Builder, operation: Operation, N: Width, operands: readonly [I64, I64, I64]): [I32, I64] {
  if (operation === 'frsp') {
    const value = double(b, operands[1]);
    const result = b.demote(value);
    return [b.and(fast(b), normalOr(b, 32, isZero(b, value), result)), b.bitsOfFloat(b.promote(result))];
  }
  if (operation === 'fcfid' && N === 64) {
    const fits = b.eq(b.shrS(b.shl(operands[1], b.i32(10)), b.i32(10)), operands[1]);
    return [b.or(fast(b), fits), b.bitsOfFloat(b.fromIntS(64, operands[1]))];
  }
  if (operation in integers) return quickInteger(b, operation as keyof typeof integers, double(b, operands[1]));
  const compute = fastOf[operation] as Fast;
  if (N === 64) {
    const [x, y, z] = operands.map(o => double(b, o)) as [F64, F64, F64];
    const [sure, result] = compute(b, N, x, y, z);
    return [b.and(fast(b), sure), b.bitsOfFloat(result as F64)];
  }
  const [x, y, z] = operands.map(o => single(b, o)) as [[I32, F32], [I32, F32], [I32, F32]];
  const [sure, result] = compute(b, N, x[1], y[1], z[1]);
  const singles = b.and(x[0], b.and(y[0], z[0]));
  return [b.and(fast(b), b.and(singles, sure)), b.bitsOfFloat(b.promote(result as F32))];
}

const integers = { fctiw: 32, fctiwz: 32, fctid: 64, fctidz: 64 } as const;

function quickInteger(b: Builder, operation: keyof typeof integers, x: F64): [I32, I64] {
  const rounded = b.fround(operation.endsWith('z') ? 'zero' : 'nearest', x);
  const limit = b.floatOfBits(b.i64(integers[operation] === 32 ? 0x41e0_0000_0000_0000n : 0x43e0_0000_0000_0000n)); // 2 ** 31, 2 ** 63
  return [b.and(fast(b), b.flt(b.fabs(rounded), limit)), b.toIntS(64, rounded)];
}

const hasFastPath = (operation: Operation, N: Width): boolean =>
  operation in fastOf || operation in integers || operation === 'frsp' || (operation === 'fcfid' && N === 64);

/** The result of FRA, FRB and FRC; `old` is what the target holds. `finish` must follow the write of the target. */
export function arithmetic(b: Builder, operation: Operation, N: Width, [x, y, z]: readonly [I64, I64, I64], old: I64): I64 {
  const code = b.i32(codeOf(operation, N));
  const result = hasFastPath(operation, N)
    ? b.fallback(arithmeticExactly, [code, x, y, z, old], () => quickly(b, operation, N, [x, y, z]))
    : b.call(arithmeticExactly, code, x, y, z, old);
  defer(b, operation, N, [x, y, z]);
  return result;
}

/** CR1 from FPSCR's exception summary where Rc is 1, and the interrupt of an enabled exception. */
export function finish(b: Builder, Rc: number): void {
  if (Rc) setCR1(b);
  b.when(b.get(fields.fpTrap), () => b.call(trapEnabled));
}

export function setCR1(b: Builder): void {
  const FPSCR = b.get(fields.FPSCR);
  for (let i = 0; i < 4; i++) b.setAt(fields.cr, b.i32(4 + i), b.and(b.shrU(FPSCR, b.i32(31 - i)), b.i32(1)));
}

/** The bits of a single as a double: exact, and NaNs stay what they are. */
export const DOUBLE = (b: Builder, x: I32): I64 =>
  b.fallback(doubleOf, [x], () => {
    const value = b.floatOfBits(x);
    return [b.feq(value, value), b.bitsOfFloat(b.promote(value))];
  });

export const SINGLE = (b: Builder, x: I64): I32 =>
  b.fallback(singleOf, [x], () => {
    const [is, value] = single(b, x);
    return [is, b.bitsOfFloat(value)];
  });
