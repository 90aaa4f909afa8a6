/**
 * SVE conversions: between precisions, from and to integers (DDI 0487, C8: FCVT, FCVTZS, FCVTZU, SCVTF, UCVTF). Where the
 * sizes differ elements are those of the wider one, and the narrower one is in their low bits.
 */
import type { Builder, I64, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import type { FpSize } from '../fp/format.ts';
import * as scalarFp from '../fp/scalar-convert.ts';
import { FPRounding } from '../fp/status.ts';
import * as vectorFp from '../fp/vector-convert.ts';
import { setV, V } from '../pseudocode.ts';
import { narrow } from '../simd/lanes.ts';
import { elementsIn } from '../sve/fp.ts';
import { merging, z } from '../sve/names.ts';
import { maskOf, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

type Conversion = (b: Builder, from: FpSize, to: FpSize, x: V128) => V128;

/** Element by element, each alone in the low bits of a vector. */
function elementwise(b: Builder, esize: FpSize, x: V128, of: (element: V128) => I64): V128 {
  let result = b.v128(0n);
  for (let e = 0; e < elementsIn(esize); e++) result = b.vset(esize, result, e, of(b.vset(64, b.v128(0n), 0, b.vget(esize, x, e))));
  return result;
}

const wider = (from: FpSize, to: FpSize): FpSize => (from > to ? from : to);

const convert: Conversion = (b, from, to, x) => {
  const esize = wider(from, to);
  if (from === 2 * to) return b.vextendU(to as 16 | 32, 'low', vectorFp.FPConvert(b, from, to, elementsIn(esize), x, 0, true));
  if (to === 2 * from) return vectorFp.FPConvert(b, from, to, elementsIn(esize), narrow(b, from as 16 | 32, x), 0, true);
  return elementwise(b, esize, x, e => b.vget(to, scalarFp.FPConvert(b, from, to, e, true), 0));
};

const toInteger =
  (unsigned: boolean): Conversion =>
  (b, from, to, x) => {
    if (from === to) return vectorFp.FPToFixed(b, from, elementsIn(from), x, FPRounding.ZERO, unsigned);
    return elementwise(b, wider(from, to), x, e => {
      const integer = scalarFp.FPToFixed(b, from, to as 32 | 64, e, FPRounding.ZERO, unsigned);
      return to === 32 && !unsigned ? b.signExtend(integer, 32) : integer;
    });
  };

const fromInteger =
  (unsigned: boolean): Conversion =>
  (b, from, to, x) => {
    if (from === to) return vectorFp.FixedToFP(b, to, elementsIn(to), x, unsigned);
    return elementwise(b, wider(from, to), x, e => b.vget(to, scalarFp.FixedToFP(b, from, to, b.vget(64, e, 0), unsigned), 0));
  };

type Row = readonly [mnemonic: string, opc: string, opcode: string, from: FpSize, to: FpSize, of: Conversion];

const ofPrecisions: readonly Row[] = [
  ['fcvt', '10', '001000', 32, 16, convert],
  ['fcvt', '10', '001001', 16, 32, convert],
  ['fcvt', '11', '001000', 64, 16, convert],
  ['fcvt', '11', '001001', 16, 64, convert],
  ['fcvt', '11', '001010', 64, 32, convert],
  ['fcvt', '11', '001011', 32, 64, convert],
];

/** Bits 23 and 22, and 18 and 17, by the sizes of the integer and the float. */
const integerSizes: readonly (readonly [opc: string, opc2: string, integer: FpSize, float: FpSize])[] = [
  ['01', '01', 16, 16],
  ['01', '10', 32, 16],
  ['01', '11', 64, 16],
  ['10', '10', 32, 32],
  ['11', '00', 32, 64],
  ['11', '10', 64, 32],
  ['11', '11', 64, 64],
];

const ofIntegers: readonly Row[] = integerSizes.flatMap(([opc, opc2, integer, float]): Row[] => [
  ['scvtf', opc, `010${opc2}0`, integer, float, fromInteger(false)],
  ['ucvtf', opc, `010${opc2}1`, integer, float, fromInteger(true)],
  ['fcvtzs', opc, `011${opc2}0`, float, integer, toInteger(false)],
  ['fcvtzu', opc, `011${opc2}1`, float, integer, toInteger(true)],
]);

const sizeOf = { 16: 1, 32: 2, 64: 3 } as const;

export const sveFpConvert: readonly Insn[] = [...ofPrecisions, ...ofIntegers].map(([mnemonic, opc, opcode, from, to, of]) =>
  sveInsn(`${mnemonic.toUpperCase()} (${from} to ${to})`, `01100101 ${fixed(opc)} ${fixed(opcode)} 101 Pg:3 Zn:5 Zd:5`, {
    asm: f => `${mnemonic}\t${z(sizeOf[to], f.Zd)}, ${merging(f.Pg)}, ${z(sizeOf[from], f.Zn)}`,
    exec(b, f) {
      const mask = maskOf(b, wider(from, to), P(b, f.Pg));
      setV(b, f.Zd, b.vselect(mask, of(b, from, to, b.vand(mask, V(b, f.Zn))), V(b, f.Zd)));
    },
  }),
);
