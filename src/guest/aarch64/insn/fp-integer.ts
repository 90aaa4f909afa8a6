/** Scalar conversions to and from general-purpose registers (DDI 0487, C7: FCVTNS … FCVTZU, SCVTF, UCVTF, FMOV general, FJCVTZS). */
import type { Insn } from '../../../isa/insn.ts';
import * as helpers from '../fp/operations.ts';
import { FPToFixed, FixedToFP } from '../fp/scalar-convert.ts';
import { FPRounding } from '../fp/status.ts';
import { FPPowerOfTwo, type FpSize } from '../fp/format.ts';
import { element, reg as generalReg } from '../names.ts';
import { V, X, lowBytes, setNZCV, setV, setX } from '../pseudocode.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { double, half, precisions, single } from './fp-size.ts';

const toInteger = [
  ['fcvtns', '00 000', FPRounding.TIEEVEN, false],
  ['fcvtnu', '00 001', FPRounding.TIEEVEN, true],
  ['fcvtas', '00 100', FPRounding.TIEAWAY, false],
  ['fcvtau', '00 101', FPRounding.TIEAWAY, true],
  ['fcvtps', '01 000', FPRounding.POSINF, false],
  ['fcvtpu', '01 001', FPRounding.POSINF, true],
  ['fcvtms', '10 000', FPRounding.NEGINF, false],
  ['fcvtmu', '10 001', FPRounding.NEGINF, true],
  ['fcvtzs', '11 000', FPRounding.ZERO, false],
  ['fcvtzu', '11 001', FPRounding.ZERO, true],
] as const;

const fromInteger = [
  ['scvtf', '010', false],
  ['ucvtf', '011', true],
] as const;
const signedness = [
  ['s', '000', false],
  ['u', '001', true],
] as const;

const width = (sf: number): 32 | 64 => (sf ? 64 : 32);
/** Bits of 2 ** n as a constant of the float's width; half precision uses none. */
const power = (N: FpSize, n: number): bigint => (N === 16 ? 0n : FPPowerOfTwo(N, 0, n));

const integers: readonly Insn[] = precisions.flatMap(({ N, ftype, feature, reg }) => [
  ...toInteger.map(([mnemonic, opcode, rounding, unsigned]) =>
    fpInsn(`${mnemonic.toUpperCase()} (scalar, ${N})`, `sf!1 0 0 11110 ${ftype} 1 ${fixed(opcode)} 000000 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `${mnemonic}\t${generalReg(f.sf, f.Rd)}, ${reg(f.Rn)}`,
      exec: (b, f) => setX(b, f.Rd, FPToFixed(b, N, width(f.sf), V(b, f.Rn), rounding, unsigned)),
    }),
  ),
  ...fromInteger.map(([mnemonic, opcode, unsigned]) =>
    fpInsn(`${mnemonic.toUpperCase()} (scalar, integer, ${N})`, `sf!1 0 0 11110 ${ftype} 1 00 ${fixed(opcode)} 000000 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `${mnemonic}\t${reg(f.Rd)}, ${generalReg(f.sf, f.Rn)}`,
      exec: (b, f) => setV(b, f.Rd, FixedToFP(b, width(f.sf), N, X(b, f.Rn, 64), unsigned)),
    }),
  ),
]);

const fixedPoint: readonly Insn[] = precisions.flatMap(({ N, ftype, feature, reg }) => [
  ...signedness.map(([suffix, opcode, unsigned]) =>
    fpInsn(`FCVTZ${suffix.toUpperCase()} (scalar, fixed-point, ${N})`, `sf!1 0 0 11110 ${ftype} 0 11 ${fixed(opcode)} scale:6 Rn:5 Rd:5`, {
      ...feature,
      valid: f => f.sf === 1 || f.scale >= 32,
      derive: f => ({ fbits: 64 - f.scale, factor: power(N, 64 - f.scale) }),
      asm: f => `fcvtz${suffix}\t${generalReg(f.sf, f.Rd)}, ${reg(f.Rn)}, #${64 - f.scale}`,
      exec(b, f) {
        const scaling = { fbits: b.operand(f.fbits), factor: N === 64 ? f.factor : b.wrap(f.factor) };
        setX(b, f.Rd, FPToFixed(b, N, width(f.sf), V(b, f.Rn), FPRounding.ZERO, unsigned, scaling));
      },
    }),
  ),
  ...fromInteger.map(([mnemonic, opcode, unsigned]) =>
    fpInsn(`${mnemonic.toUpperCase()} (scalar, fixed-point, ${N})`, `sf!1 0 0 11110 ${ftype} 0 00 ${fixed(opcode)} scale:6 Rn:5 Rd:5`, {
      ...feature,
      valid: f => f.sf === 1 || f.scale >= 32,
      derive: f => ({ fbits: 64 - f.scale, factor: power(N, f.scale - 64) }),
      asm: f => `${mnemonic}\t${reg(f.Rd)}, ${generalReg(f.sf, f.Rn)}, #${64 - f.scale}`,
      exec(b, f) {
        const scaling = { fbits: b.operand(f.fbits), factor: N === 64 ? f.factor : b.wrap(f.factor) };
        setV(b, f.Rd, FixedToFP(b, width(f.sf), N, X(b, f.Rn, 64), unsigned, scaling));
      },
    }),
  ),
]);

/** FMOV between registers of one size, and half precision with either general size. */
const moves = [
  [0, single],
  [1, double],
  [0, half],
  [1, half],
] as const;

const general: readonly Insn[] = [
  ...moves.flatMap(([sf, { N, ftype, feature, reg }]) => [
    fpInsn(`FMOV (${N}-bit float to ${width(sf)}-bit general)`, `${fixed(sf)} 0 0 11110 ${ftype} 1 00 110 000000 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `fmov\t${generalReg(sf, f.Rd)}, ${reg(f.Rn)}`,
      exec: (b, f) => setX(b, f.Rd, b.vget(N, V(b, f.Rn), 0)),
    }),
    fpInsn(`FMOV (${width(sf)}-bit general to ${N}-bit float)`, `${fixed(sf)} 0 0 11110 ${ftype} 1 00 111 000000 Rn:5 Rd:5`, {
      ...feature,
      asm: f => `fmov\t${reg(f.Rd)}, ${generalReg(sf, f.Rn)}`,
      exec: (b, f) => setV(b, f.Rd, lowBytes(b, b.vset(64, b.v128(0n), 0, X(b, f.Rn, 64)), (N / 8) as 2 | 4 | 8)),
    }),
  ]),
  fpInsn('FMOV (top half to general)', '1 0 0 11110 10 1 01 110 000000 Rn:5 Rd:5', {
    asm: f => `fmov\t${generalReg(1, f.Rd)}, ${element(3, f.Rn, 1)}`,
    exec: (b, f) => setX(b, f.Rd, b.vget(64, V(b, f.Rn), 1)),
  }),
  fpInsn('FMOV (general to top half)', '1 0 0 11110 10 1 01 111 000000 Rn:5 Rd:5', {
    asm: f => `fmov\t${element(3, f.Rd, 1)}, ${generalReg(1, f.Rn)}`,
    exec: (b, f) => setV(b, f.Rd, b.vset(64, V(b, f.Rd), 1, X(b, f.Rn, 64))),
  }),
  fpInsn('FJCVTZS', '0 0 0 11110 01 1 11 110 000000 Rn:5 Rd:5', {
    feature: 'JSCVT',
    asm: f => `fjcvtzs\t${generalReg(0, f.Rd)}, ${double.reg(f.Rn)}`,
    exec(b, f) {
      const both = b.call(helpers.FPToJavaScript, V(b, f.Rn));
      setX(b, f.Rd, b.wrap(both));
      setNZCV(b, b.shl(b.wrap(b.shrU(both, b.i32(32))), b.i32(30)));
    },
  }),
];

export const fpInteger: readonly Insn[] = [...integers, ...fixedPoint, ...general];
