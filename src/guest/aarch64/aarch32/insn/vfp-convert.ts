/** VFP conversions and roundings (ARM DDI 0487, F4.1 "Floating-point data-processing (two registers)", F6: VCVT, VCVTB, VRINTA …). */
import type { Builder, I32, I64, V128 } from '../../../../isa/builder.ts';
import { FPPowerOfTwo, type FpSize } from '../../fp/format.ts';
import * as helpers from '../../fp/operations.ts';
import { conversion, type RoundingChoice } from '../../fp/operations.ts';
import { FixedToFP, FPConvert, FPRoundInt, FPToFixed } from '../../fp/scalar-convert.ts';
import { FPRounding } from '../../fp/status.ts';
import { fixed } from '../../insn/fixed.ts';
import { always, type Both, vfp } from '../both.ts';
import { S, setFPSCR_NZCV, setS } from '../vfp.ts';
import { double, precisions, single, twoNames, twoRegisters, type Precision } from './vfp-size.ts';

/** Of the VRINTA … and VCVTA …, by bits 17..16. */
const directed = [
  ['a', '00', FPRounding.TIEAWAY],
  ['n', '01', FPRounding.TIEEVEN],
  ['p', '10', FPRounding.POSINF],
  ['m', '11', FPRounding.NEGINF],
] as const;

const fromFPSCR: readonly (readonly [suffix: string, opc2: string, op: 0 | 1, rounding: RoundingChoice, exact: boolean])[] = [
  ['r', '0110', 0, 'FPCR', false],
  ['z', '0110', 1, FPRounding.ZERO, false],
  ['x', '0111', 0, 'FPCR', true],
];

const inVector = (b: Builder, x: I64): V128 => b.vset(64, b.v128(0n), 0, x);

function roundings(p: Precision): Both[] {
  const { N, size, type, feature } = p;
  const entry = { ...feature, derive: twoRegisters(p) };
  return [
    ...fromFPSCR.map(([suffix, opc2, op, rounding, exact]) =>
      vfp(`VRINT${suffix.toUpperCase()} (${N})`, `1110 1 D:1 11 ${fixed(opc2)} Vd:4 10 ${size} ${fixed(op)} 1 M:1 0 Vm:4`, {
        ...entry,
        asm: f => `vrint${suffix}.${type}\t${twoNames(p)(f)}`,
        exec: (b, f) => p.write(b, f.d, FPRoundInt(b, N, p.read(b, f.m), rounding, exact)),
      }),
    ),
    ...directed.map(([suffix, RM, rounding]) =>
      always(`VRINT${suffix.toUpperCase()} (${N})`, `1110 1 D:1 11 10 ${RM} Vd:4 10 ${size} 01 M:1 0 Vm:4`, {
        ...entry,
        asm: f => `vrint${suffix}.${type}\t${twoNames(p)(f)}`,
        exec: (b, f) => p.write(b, f.d, FPRoundInt(b, N, p.read(b, f.m), rounding, false)),
      }),
    ),
  ];
}

/** To and from a 32-bit integer in an S register. */
function integers(p: Precision): Both[] {
  const { N, size, type, feature } = p;
  const names = twoNames(single, p);
  const toInteger = (b: Builder, m: V128, rounding: RoundingChoice, unsigned: boolean): V128 =>
    inVector(b, FPToFixed(b, N, 32, m, rounding, unsigned));
  return [
    vfp(`VCVT, VCVTR to integer (${N})`, `1110 1 D:1 11 110 signed!1 Vd:4 10 ${size} op!1 1 M:1 0 Vm:4`, {
      ...feature,
      derive: twoRegisters(single, p),
      asm: f => `vcvt${f.op ? '' : 'r'}.${f.signed ? 's' : 'u'}32.${type}\t${names(f)}`,
      exec: (b, f) => setS(b, f.d, toInteger(b, p.read(b, f.m), f.op ? FPRounding.ZERO : 'FPCR', f.signed === 0)),
    }),
    ...directed.map(([suffix, RM, rounding]) =>
      always(`VCVT${suffix.toUpperCase()} (${N})`, `1110 1 D:1 11 11 ${RM} Vd:4 10 ${size} signed!1 1 M:1 0 Vm:4`, {
        ...feature,
        derive: twoRegisters(single, p),
        asm: f => `vcvt${suffix}.${f.signed ? 's' : 'u'}32.${type}\t${names(f)}`,
        exec: (b, f) => setS(b, f.d, toInteger(b, p.read(b, f.m), rounding, f.signed === 0)),
      }),
    ),
    vfp(`VCVT from integer (${N})`, `1110 1 D:1 11 1000 Vd:4 10 ${size} signed!1 1 M:1 0 Vm:4`, {
      ...feature,
      derive: twoRegisters(p, single),
      asm: f => `vcvt.${type}.${f.signed ? 's' : 'u'}32\t${twoNames(p, single)(f)}`,
      exec: (b, f) => p.write(b, f.d, FixedToFP(b, 32, N, b.vget(32, S(b, f.m), 0), f.signed === 0)),
    }),
  ];
}

interface Fixed { readonly sx: number; readonly i: number; readonly imm4: number }
const fractionBits = (f: Fixed): number => (f.sx ? 32 : 16) - ((f.imm4 << 1) | f.i);
/** Bits of 2 ** n as a constant of the float's width; half precision uses none. */
const power = (N: FpSize, n: number): bigint => (N === 16 ? 0n : FPPowerOfTwo(N, 0, n));

/** To and from fixed point of 16 or 32 bits in the same register. */
function fixedPoint(p: Precision): Both[] {
  const { N, size, type, feature } = p;
  const kind = (f: { readonly U: number; readonly sx: number }): string => `${f.U ? 'u' : 's'}${f.sx ? 32 : 16}`;
  const operands = (f: Fixed & { readonly D: number; readonly Vd: number }): string => {
    const d = p.name(p.register(f.D, f.Vd));
    return `${d}, ${d}, #${fractionBits(f)}`;
  };
  const scaling = (b: Builder, fbits: I32, factor: I64) => ({ fbits, factor: N === 64 ? factor : b.wrap(factor) });
  return [
    vfp(`VCVT to fixed-point (${N})`, `1110 1 D:1 11 111 U!1 Vd:4 10 ${size} sx!1 1 i:1 0 imm4:4`, {
      ...feature,
      // CONSTRAINED UNPREDICTABLE: fewer than no fraction bits; we choose UNDEFINED
      valid: f => fractionBits(f) >= 0,
      derive: f => ({ d: p.register(f.D, f.Vd), fbits: fractionBits(f), factor: power(N, fractionBits(f)) }),
      asm: f => `vcvt.${kind(f)}.${type}\t${operands(f)}`,
      exec(b, f) {
        const x = p.read(b, f.d);
        const fbits = b.operand(f.fbits);
        const unsigned = f.U === 1;
        if (f.sx && N !== 16) {
          const word = FPToFixed(b, N, 32, x, FPRounding.ZERO, unsigned, scaling(b, fbits, f.factor));
          return p.write(b, f.d, inVector(b, N === 64 && !unsigned ? b.signExtend(word, 32) : word));
        }
        const result = b.call(helpers.FPToFixedInteger, x, fbits, conversion(b, N, f.sx ? 32 : 16, 1, FPRounding.ZERO, unsigned));
        p.write(b, f.d, inVector(b, unsigned || f.sx ? result : b.signExtend(result, 16)));
      },
    }),
    vfp(`VCVT from fixed-point (${N})`, `1110 1 D:1 11 101 U!1 Vd:4 10 ${size} sx!1 1 i:1 0 imm4:4`, {
      ...feature,
      valid: f => fractionBits(f) >= 0,
      derive: f => ({ d: p.register(f.D, f.Vd), fbits: fractionBits(f), factor: power(N, -fractionBits(f)) }),
      asm: f => `vcvt.${type}.${kind(f)}\t${operands(f)}`,
      exec(b, f) {
        const x = b.vget(64, p.read(b, f.d), 0);
        const how = scaling(b, b.operand(f.fbits), f.factor);
        p.write(b, f.d, FixedToFP(b, f.sx ? 32 : 16, N, x, f.U === 1, how, FPRounding.TIEEVEN));
      },
    }),
  ];
}

const precision: readonly Both[] = ([[double, single], [single, double]] as const).map(([to, from]) =>
  vfp(`VCVT (${from.N} to ${to.N})`, `1110 1 D:1 11 0111 Vd:4 10 ${from.size} 11 M:1 0 Vm:4`, {
    derive: twoRegisters(to, from),
    asm: f => `vcvt.${to.type}.${from.type}\t${twoNames(to, from)(f)}`,
    exec: (b, f) => to.write(b, f.d, FPConvert(b, from.N, to.N, from.read(b, f.m))),
  }),
);

/** VCVTB and VCVTT: of the lower or upper half of a single's register. */
const halves: readonly Both[] = [single, double].flatMap(p => [
  vfp(`VCVTB, VCVTT (16 to ${p.N})`, `1110 1 D:1 11 0010 Vd:4 10 ${p.size} T!1 1 M:1 0 Vm:4`, {
    derive: twoRegisters(p, single),
    asm: f => `vcvt${f.T ? 't' : 'b'}.${p.type}.f16\t${twoNames(p, single)(f)}`,
    exec: (b, f) => p.write(b, f.d, FPConvert(b, 16, p.N, inVector(b, b.vget(16, S(b, f.m), f.T)))),
  }),
  vfp(`VCVTB, VCVTT (${p.N} to 16)`, `1110 1 D:1 11 0011 Vd:4 10 ${p.size} T!1 1 M:1 0 Vm:4`, {
    derive: twoRegisters(single, p),
    asm: f => `vcvt${f.T ? 't' : 'b'}.f16.${p.type}\t${twoNames(single, p)(f)}`,
    exec: (b, f) => setHalf(b, f.d, f.T, FPConvert(b, p.N, 16, p.read(b, f.m))),
  }),
]);
const setHalf = (b: Builder, d: Parameters<typeof setS>[1], T: number, value: V128): void =>
  setS(b, d, b.vset(16, S(b, d), T, b.vget(16, value, 0)));

const bfloat = vfp('VCVTB, VCVTT (BFloat16)', '1110 1 D:1 11 0011 Vd:4 1001 T!1 1 M:1 0 Vm:4', {
  feature: 'BF16',
  derive: twoRegisters(single),
  asm: f => `vcvt${f.T ? 't' : 'b'}.bf16.f32\t${twoNames(single)(f)}`,
  exec: (b, f) => setHalf(b, f.d, f.T, b.call(helpers.FPConversionBF, S(b, f.m), conversion(b, 32, 16, 1, 'FPCR', false))),
});

/** The flags of its comparison are FPSCR's Z, the others clear. */
const VJCVT = vfp('VJCVT', '1110 1 D:1 11 1001 Vd:4 1011 11 M:1 0 Vm:4', {
  feature: 'JSCVT',
  derive: twoRegisters(single, double),
  asm: f => `vjcvt.s32.f64\t${twoNames(single, double)(f)}`,
  exec(b, f) {
    const both = b.call(helpers.FPToJavaScript, double.read(b, f.m));
    setS(b, f.d, inVector(b, b.extU(b.wrap(both))));
    setFPSCR_NZCV(b, b.shl(b.wrap(b.shrU(both, b.i32(32))), b.i32(30)));
  },
});

export const vfpConvert: readonly Both[] = [
  ...precisions.flatMap(p => [...roundings(p), ...integers(p), ...fixedPoint(p)]), ...precision, ...halves, bfloat, VJCVT,
];
