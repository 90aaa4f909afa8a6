/**
 * The Power ISA's choices in IEEE 754 (2.07B Book I, 4.3.2, 4.3.5 and 4.4), for scalars. Registers hold doubles: an
 * operation with a single-precision result has doubles as operands, and a result in single format that is widened then.
 */
import { convertedNaN, quieted, unpack, type FpSize, type Unpacked } from '../../../float/format.ts';
import { Exception, Invalid, type Rounding, type Rules } from '../../../float/rules.ts';
import { FI, FR, OE, OX, roundingOf, UE, UX, VXCVI, VXIDI, VXIMZ, VXISI, VXSNAN, VXSQRT, VXZDZ, XX, ZX } from './fpscr.ts';

/** What an operation works with, and what it has reported. */
export interface Context {
  readonly FPSCR: number;
  readonly rounding: Rounding;
  /** FPSCR's bits of the exceptions, with FR and FI. */
  raised: number;
}

export const contextOf = (FPSCR: number, rounding = roundingOf(FPSCR)): Context => ({ FPSCR, rounding, raised: 0 });

const reasons: Readonly<Record<Invalid, number>> = {
  [Invalid.SIGNALLING_NAN]: VXSNAN,
  [Invalid.INFINITY_MINUS_INFINITY]: VXISI,
  [Invalid.INFINITY_BY_INFINITY]: VXIDI,
  [Invalid.ZERO_BY_ZERO]: VXZDZ,
  [Invalid.INFINITY_TIMES_ZERO]: VXIMZ,
  [Invalid.ROOT]: VXSQRT,
  [Invalid.CONVERSION]: VXCVI,
};

function bitsOf(exception: Exception, detail: number): number {
  switch (exception) {
    case Exception.INVALID:
      return reasons[detail as Invalid];
    case Exception.DIVIDE_BY_ZERO:
      return ZX;
    case Exception.OVERFLOW:
      return OX;
    case Exception.UNDERFLOW:
      return UX;
    case Exception.INEXACT:
      return XX | FI | (detail ? FR : 0);
  }
}

type Operands = readonly (readonly [Unpacked, bigint])[];

/** The first NaN of FRA, FRB and FRC (4.3.2.4). Of a multiply-add the addend comes first here, and is FRB. */
function firstNaN([a, b, c]: Operands): bigint | undefined {
  const order = c === undefined ? [a, b] : [b, a, c];
  return order.find(o => o !== undefined && (o[0].type === 'QNaN' || o[0].type === 'SNaN'))?.[1];
}

export const rules: Rules<Context> = {
  // Operands are doubles even where the result is not.
  unpack: (_s, _N, op) => unpack(64, op),
  rounding: s => s.rounding,
  // FPSCR.NI asks for results that may differ from IEEE's; we choose the same ones.
  flushes: () => false,
  raise(s, exception, detail = 0) {
    s.raised |= bitsOf(exception, detail);
  },
  processNaNs(s, N, operands) {
    const nan = firstNaN(operands);
    if (nan === undefined) return undefined;
    if (operands.some(([u]) => u.type === 'SNaN')) s.raised |= VXSNAN;
    return N === 64 ? quieted(64, nan) : convertedNaN(64, N, nan);
  },
  invalidProductBeatsNaN: false,
  traps: (s, exception) => (s.FPSCR & (exception === Exception.OVERFLOW ? OE : UE)) !== 0,
};

/** Elements of vectors have their own format, and their exceptions don't change results: VSX's of one precision (7.4). */
export const sameFormat: Rules<Context> = { ...rules, unpack: (_s, N: FpSize, op) => unpack(N, op) };
