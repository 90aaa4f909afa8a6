/**
 * Bytes and halfwords side by side: ARM DDI 0487, F5.1, SADD16 … UHSUB8, SEL, USAD8, USADA8. They are lanes of a vector whose
 * words all hold the same; its lowest is the result.
 */
import type { Builder, I32, Operand, V128 } from '../../../../isa/builder.ts';
import { fields } from '../../state.ts';
import { regs, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { Rnot15, setR } from '../pseudocode.ts';

type Lane = 8 | 16;

const vector = (b: Builder, r: Operand): V128 => b.vsplat(32, b.extU(Rnot15(b, r)));
const word = (b: Builder, x: V128): I32 => b.wrap(b.vget(32, x, 0));
/** A bit for each byte. */
const bitOfBytes = (b: Builder, x: V128): I32 => b.and(b.vbitmask(8, x), b.i32(15));

/** A result, and all ones in the lanes of it that GE is set for, where it is. */
interface Result { readonly value: V128; readonly GE?: V128 }

const isPositive = (b: Builder, lane: Lane, x: V128): V128 => b.vgeS(lane, x, b.v128(0n));

/** Modulo the lane. GE: signed ones aren't negative (saturation keeps their signs), unsigned ones carry or don't borrow. */
function modulo(b: Builder, lane: Lane, U: number, sub: boolean, x: V128, y: V128): Result {
  if (sub) return { value: b.vsub(lane, x, y), GE: U ? b.vgeU(lane, x, y) : isPositive(b, lane, b.vsubSatS(lane, x, y)) };
  const value = b.vadd(lane, x, y);
  return { value, GE: U ? b.vgtU(lane, x, value) : isPositive(b, lane, b.vaddSatS(lane, x, y)) };
}

function saturated(b: Builder, lane: Lane, U: number, sub: boolean, x: V128, y: V128): Result {
  if (sub) return { value: U ? b.vsubSatU(lane, x, y) : b.vsubSatS(lane, x, y) };
  return { value: U ? b.vaddSatU(lane, x, y) : b.vaddSatS(lane, x, y) };
}

/** Halves without a bit more: x + y is (x ^ y) + 2 (x & y), x - y is (x ^ y) - 2 (~x & y). */
function halved(b: Builder, lane: Lane, U: number, sub: boolean, x: V128, y: V128): Result {
  const different = b.vxor(x, y);
  const half = U ? b.vshrU(lane, different, b.i32(1)) : b.vshrS(lane, different, b.i32(1));
  return { value: sub ? b.vsub(lane, half, b.vandNot(y, x)) : b.vadd(lane, half, b.vand(x, y)) };
}

const kinds = [
  { name: '', inA32: '01', inT32: '00', compute: modulo },
  { name: 'q', inA32: '10', inT32: '01', compute: saturated },
  { name: 'h', inA32: '11', inT32: '10', compute: halved },
] as const;

/** `lower` and `upper`: whether lanes are subtracted; the two differ where the halves of the second source are exchanged. */
const operations = [
  { name: 'add16', inA32: '000', inT32: '001', lane: 16, lower: false, upper: false },
  { name: 'asx', inA32: '001', inT32: '010', lane: 16, lower: true, upper: false },
  { name: 'sax', inA32: '010', inT32: '110', lane: 16, lower: false, upper: true },
  { name: 'sub16', inA32: '011', inT32: '101', lane: 16, lower: true, upper: true },
  { name: 'add8', inA32: '100', inT32: '000', lane: 8, lower: false, upper: false },
  { name: 'sub8', inA32: '111', inT32: '100', lane: 8, lower: true, upper: true },
] as const;

type Kind = typeof kinds[number];
type Operation = typeof operations[number];

function result(b: Builder, kind: Kind, { lane, lower, upper }: Operation, U: number, x: V128, y: V128): Result {
  if (lower === upper) return kind.compute(b, lane, U, lower, x, y);
  const exchanged = b.vor(b.vshl(32, y, b.i32(16)), b.vshrU(32, y, b.i32(16)));
  const top = b.v128(0xffff_0000n);
  const above = kind.compute(b, lane, U, upper, x, exchanged);
  const below = kind.compute(b, lane, U, lower, x, exchanged);
  const value = b.vselect(top, above.value, below.value);
  return above.GE && below.GE ? { value, GE: b.vselect(top, above.GE, below.GE) } : { value };
}

function parallel(kind: Kind, operation: Operation): Pair {
  // SADD16, QADD16, SHADD16; UADD16, UQADD16, UHADD16
  const name = (U: number): string => `${U ? `u${kind.name}` : kind.name === 'q' ? 'q' : `s${kind.name}`}${operation.name}`;
  return pair(`${name(0)}, ${name(1)}`.toUpperCase(), `01100 U!1 ${kind.inA32} Rn:4 Rd:4 1111 ${operation.inA32} 1 Rm:4`,
    `111110101 ${operation.inT32} Rn:4 1111 Rd:4 0 U!1 ${kind.inT32} Rm:4`, {
      valid: f => noPC(f.Rn, f.Rd, f.Rm),
      asm: f => spelt(name(f.U), f, regs(f.Rd, f.Rn, f.Rm)),
      exec(b, f) {
        const { value, GE } = result(b, kind, operation, f.U, vector(b, f.Rn), vector(b, f.Rm));
        setR(b, f.Rd, word(b, value));
        if (GE) b.set(fields.GE, bitOfBytes(b, GE));
      },
    });
}

const SEL = pair('SEL', '01101000 Rn:4 Rd:4 11111011 Rm:4', '111110101010 Rn:4 1111 Rd:4 1000 Rm:4', {
  valid: f => noPC(f.Rn, f.Rd, f.Rm),
  asm: f => spelt('sel', f, regs(f.Rd, f.Rn, f.Rm)),
  exec(b, f) {
    // The product has bit n of GE at bit 8 n, among others.
    const bits = b.and(b.mul(b.get(fields.GE), b.i32(0x0020_4081)), b.i32(0x0101_0101));
    const mask = b.mul(bits, b.i32(0xff));
    setR(b, f.Rd, b.or(b.and(Rnot15(b, f.Rn), mask), b.and(Rnot15(b, f.Rm), b.not(mask))));
  },
});

function sumOfDifferences(b: Builder, f: { Rn: Operand; Rm: Operand }): I32 {
  const n = vector(b, f.Rn);
  const m = vector(b, f.Rm);
  const differences = b.vor(b.vsubSatU(8, n, m), b.vsubSatU(8, m, n));
  return word(b, b.vaddPairsU(16, b.vaddPairsU(8, differences)));
}

const USAD8 = pair('USAD8', '01111000 Rd:4 1111 Rm:4 0001 Rn:4', '111110110111 Rn:4 1111 Rd:4 0000 Rm:4', {
  overrides: ['USADA8'],
  valid: f => noPC(f.Rd, f.Rm, f.Rn),
  asm: f => spelt('usad8', f, regs(f.Rd, f.Rn, f.Rm)),
  exec: (b, f) => setR(b, f.Rd, sumOfDifferences(b, f)),
});
const USADA8 = pair('USADA8', '01111000 Rd:4 Ra:4 Rm:4 0001 Rn:4', '111110110111 Rn:4 Ra:4 Rd:4 0000 Rm:4', {
  valid: f => noPC(f.Rd, f.Ra, f.Rm, f.Rn),
  asm: f => spelt('usada8', f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
  exec: (b, f) => setR(b, f.Rd, b.add(Rnot15(b, f.Ra), sumOfDifferences(b, f))),
});

export const parallelInsns: readonly Pair[] = [...kinds.flatMap(kind => operations.map(operation => parallel(kind, operation))), SEL, USAD8, USADA8];
