/** Advanced SIMD two registers, miscellaneous: floating point, by the standard FPSCR value (ARM DDI 0487, F4.1 and F6). */
import type { Builder, V128 } from '../../../../isa/builder.ts';
import { ones } from '../../fp/format.ts';
import * as fp from '../../fp/vector.ts';
import { FixedToFP, FPConvert, FPConvertBF, FPRoundInt, FPToFixed } from '../../fp/vector-convert.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import { FPRounding, type Rounding } from '../../fp/status.ts';
import { fixed } from '../../insn/fixed.ts';
import { type Both, simd } from '../both.ts';
import { D, setD, setVector, vector, vectorName } from '../vfp.ts';
import { even, twoAreEven, twoVectorNames, twoVectors } from './simd-form.ts';
import type { Size } from './simd-fp-three-same.ts';
import { withoutSize11 as overrides } from './simd-overridden.ts';

type Operation = (b: Builder, N: Size, count: number, m: V128) => V128;

const againstZero = (of: fp.VectorBinary): Operation => (b, N, count, m) => of(b, N, count, m, b.v128(0n));
const zeroAgainst = (of: fp.VectorBinary): Operation => (b, N, count, m) => of(b, N, count, b.v128(0n), m);
const integral = (rounding: Rounding, exact = false): Operation => (b, N, count, m) => FPRoundInt(b, N, count, m, rounding, exact);
const toInteger = (rounding: Rounding, unsigned: boolean): Operation => (b, N, count, m) => FPToFixed(b, N, count, m, rounding, unsigned);
const fromInteger = (unsigned: boolean): Operation => (b, N, count, m) => FixedToFP(b, N, count, m, unsigned);

/** Mnemonic, type ('' is the float's alone, else the other one is an integer's), bits 17..16 and 10..7, what stands behind. */
type Row = readonly [mnemonic: string, type: '' | 'to s' | 'to u' | 'from s' | 'from u', opc1: string, opc2: string, operation: Operation, suffix?: string];

const directed: readonly Row[] = ([['a', '00', FPRounding.TIEAWAY], ['n', '01', FPRounding.TIEEVEN], ['p', '10', FPRounding.POSINF], ['m', '11', FPRounding.NEGINF]] as const)
  .flatMap(([suffix, RM, rounding]): Row[] => [
    [`vcvt${suffix}`, 'to s', '11', `0${RM}0`, toInteger(rounding, false)],
    [`vcvt${suffix}`, 'to u', '11', `0${RM}1`, toInteger(rounding, true)],
  ]);

const rows: readonly Row[] = [
  ['vcgt', '', '01', '1000', againstZero(fp.FPCompareGT), ', #0'],
  ['vcge', '', '01', '1001', againstZero(fp.FPCompareGE), ', #0'],
  ['vceq', '', '01', '1010', againstZero(fp.FPCompareEQ), ', #0'],
  ['vcle', '', '01', '1011', zeroAgainst(fp.FPCompareGE), ', #0'],
  ['vclt', '', '01', '1100', zeroAgainst(fp.FPCompareGT), ', #0'],
  ['vabs', '', '01', '1110', (b, N, _count, m) => b.vand(m, b.vsplat(N, b.i64(ones(N - 1))))],
  ['vneg', '', '01', '1111', (b, N, _count, m) => fp.negated(b, N, m)],
  ['vrintn', '', '10', '1000', integral(FPRounding.TIEEVEN)],
  ['vrintx', '', '10', '1001', integral(FPRounding.TIEEVEN, true)],
  ['vrinta', '', '10', '1010', integral(FPRounding.TIEAWAY)],
  ['vrintz', '', '10', '1011', integral(FPRounding.ZERO)],
  ['vrintm', '', '10', '1101', integral(FPRounding.NEGINF)],
  ['vrintp', '', '10', '1111', integral(FPRounding.POSINF)],
  ...directed,
  ['vrecpe', '', '11', '1010', fp.FPRecipEstimate],
  ['vrsqrte', '', '11', '1011', fp.FPRSqrtEstimate],
  ['vcvt', 'from s', '11', '1100', fromInteger(false)],
  ['vcvt', 'from u', '11', '1101', fromInteger(true)],
  ['vcvt', 'to s', '11', '1110', toInteger(FPRounding.ZERO, false)],
  ['vcvt', 'to u', '11', '1111', toInteger(FPRounding.ZERO, true)],
];

function typeOf(type: Row[1], N: Size): string {
  const [direction, sign] = type.split(' ') as [string, string | undefined];
  if (sign === undefined) return `f${N}`;
  return direction === 'to' ? `${sign}${N}.f${N}` : `f${N}.${sign}${N}`;
}

const arithmetic: readonly Both[] = ([[32, '10', {}], [16, '01', { feature: 'FP16' }]] as const).flatMap(([N, size, feature]) =>
  rows.map(([mnemonic, type, opc1, opc2, operation, suffix = '']) =>
    simd(`${mnemonic.toUpperCase()} (${typeOf(type, N)}${suffix && ', zero'})`, '1', `1 D:1 11 ${size} ${fixed(opc1)} Vd:4 0 ${fixed(opc2)} Q!1 M:1 0 Vm:4`, {
      overrides,
      ...feature,
      valid: twoAreEven,
      derive: twoVectors,
      asm: f => `${mnemonic}.${typeOf(type, N)}\t${twoVectorNames(f)}${suffix}`,
      exec(b, f) {
        const m = vector(b, f.Q, f.m);
        setVector(b, f.Q, f.d, underStandardFPSCR(b, () => operation(b, N, (f.Q ? 128 : 64) / N, m)));
      },
    }),
  ),
);

const narrowing: readonly Both[] = ([
  ['f16', '0', {}, (b: Builder, m: V128) => FPConvert(b, 32, 16, 4, m, 0)],
  ['bf16', '1', { feature: 'BF16' }, (b: Builder, m: V128) => FPConvertBF(b, 4, m)],
] as const).map(([type, op, feature, convert]) =>
  simd(`VCVT (f32 to ${type})`, '1', `1 D:1 11 01 10 Vd:4 0 1100 ${op} M:1 0 Vm:4`, {
    overrides,
    ...feature,
    valid: f => even(1, f.Vm),
    derive: twoVectors,
    asm(f) {
      const { d, m } = twoVectors(f);
      return `vcvt.${type}.f32\td${d}, ${vectorName(1, m)}`;
    },
    exec(b, f) {
      const m = vector(b, 1, f.m);
      setD(b, f.d, underStandardFPSCR(b, () => convert(b, m)));
    },
  }),
);

const widening = simd('VCVT (f16 to f32)', '1', '1 D:1 11 01 10 Vd:4 0 1110 0 M:1 0 Vm:4', {
  overrides,
  valid: f => even(1, f.Vd),
  derive: twoVectors,
  asm(f) {
    const { d, m } = twoVectors(f);
    return `vcvt.f32.f16\t${vectorName(1, d)}, d${m}`;
  },
  exec(b, f) {
    const m = D(b, f.m);
    setVector(b, 1, f.d, underStandardFPSCR(b, () => FPConvert(b, 16, 32, 4, m, 0)));
  },
});

export const simdFpTwoMisc: readonly Both[] = [...arithmetic, ...narrowing, widening];
