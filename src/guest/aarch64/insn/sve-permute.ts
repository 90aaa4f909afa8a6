/** SVE permutes of vectors, unpredicated: DUP, INSR, REV, SUNPKHI …, TBL, ZIP1 …, EXT (DDI 0487, C8). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { reg, regSP, scalar } from '../names.ts';
import { setV, V, X, XorSP } from '../pseudocode.ts';
import { constant, extend, greater, laneOf, shiftLeft, shuffleLanes, type NarrowLane } from '../simd/lanes.ts';
import { z, zs } from '../sve/names.ts';
import { bytesFrom, bytesOfElement, inEveryLane } from '../sve/places.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

const elements = (lane: Lane): number => 128 / lane;
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Of DUP (element) for each size: bits 20 to 16, which tell it, and what of the index is in them. */
const duplicated: readonly (readonly [size: number, pattern: 'low:4 1'])[] = [
  [0, 'low:4 1'],
  [1, 'low:3 10' as 'low:4 1'],
  [2, 'low:2 100' as 'low:4 1'],
  [3, 'low:1 1000' as 'low:4 1'],
];

/** Element numbers that no vector of 128 bits has select no byte. */
const NO_BYTES = 0x8080_8080_8080_8080n;
const elementBytes = (size: number, index: number): bigint => (index < 16 >> size ? bytesOfElement(8 << size, index) : NO_BYTES);
const indexOf = (size: number, f: { readonly high: number; readonly low: number }): number => (f.high << (4 - size)) | f.low;
/** objdump has the alias's own names, and those of scalars for the lowest element. */
const nameOf = (size: number, r: number, index: number): string => (index === 0 ? scalar(size, r) : `${z(size, r)}[${index}]`);

/** Which element of Zm:Zn (each of `n`) the result's element i is. */
type Selection = (i: number, part: number, n: number) => number;
const interleavings: readonly (readonly [mnemonic: string, opcode: string, selection: Selection])[] = [
  ['zip', '00', (i, part, n) => (i >> 1) + (part * n) / 2 + (i & 1) * n],
  ['uzp', '01', (i, part) => 2 * i + part],
  ['trn', '10', (i, part, n) => (i & ~1) + part + (i & 1) * n],
];

const titleOfParts = (mnemonic: string): string => `${mnemonic.toUpperCase()}1, ${mnemonic.toUpperCase()}2`;

/** The elements of x that `indices` select: zero for numbers that it doesn't have. */
function lookUp(b: Builder, lane: Lane, x: V128, indices: V128): V128 {
  if (lane === 8) return b.vswizzle(x, indices);
  const bytes = lane / 8;
  const inside = greater(b, lane, true, constant(b, lane, BigInt(elements(lane))), indices);
  const first = shiftLeft(b, lane, indices, Math.log2(bytes));
  const inEveryByte = shuffleLanes(b, 8, first, first, count(16).map(i => i - (i % bytes)));
  return b.vand(inside, b.vswizzle(x, b.vadd(8, inEveryByte, constant(b, lane, bytesOfElement(lane, 0)))));
}

/** x moved up by an element, with `low` as the lowest one. */
const inserted = (b: Builder, lane: Lane, x: V128, low: V128): V128 =>
  shuffleLanes(b, lane, x, low, count(elements(lane)).map(i => (i === 0 ? elements(lane) : i - 1)));

export const svePermute: readonly Insn[] = [
  sveInsn('DUP (scalar)', '00000101 size!2 100000 001110 Rn:5 Zd:5', {
    asm: f => `mov\t${z(f.size, f.Zd)}, ${regSP(f.size === 3 ? 1 : 0, f.Rn)}`,
    exec: (b, f) => setV(b, f.Zd, b.vsplat(laneOf(f.size), XorSP(b, f.Rn))),
  }),
  ...duplicated.map(([size, pattern]) =>
    sveInsn(`DUP (indexed, ${8 << size})`, `00000101 high:2 1 ${pattern} 001000 Zn:5 Zd:5`, {
      derive: f => ({ bytes: elementBytes(size, indexOf(size, f)) }),
      asm: f => `mov\t${z(size, f.Zd)}, ${nameOf(size, f.Zn, indexOf(size, f))}`,
      exec: (b, f) => setV(b, f.Zd, inEveryLane(b, laneOf(size), V(b, f.Zn), f.bytes)),
    }),
  ),
  sveInsn('DUP (indexed, 128)', '00000101 high!2 1 10000 001000 Zn:5 Zd:5', {
    asm: f => `mov\t${z(4, f.Zd)}, ${nameOf(4, f.Zn, f.high)}`,
    exec: (b, f) => setV(b, f.Zd, f.high === 0 ? V(b, f.Zn) : b.v128(0n)),
  }),
  sveInsn('INSR (scalar)', '00000101 size!2 100100 001110 Rm:5 Zdn:5', {
    asm: f => `insr\t${z(f.size, f.Zdn)}, ${reg(f.size === 3 ? 1 : 0, f.Rm)}`,
    exec: (b, f) => setV(b, f.Zdn, inserted(b, laneOf(f.size), V(b, f.Zdn), b.vsplat(laneOf(f.size), X(b, f.Rm, 64)))),
  }),
  sveInsn('INSR (SIMD&FP scalar)', '00000101 size!2 110100 001110 Vm:5 Zdn:5', {
    asm: f => `insr\t${z(f.size, f.Zdn)}, ${scalar(f.size, f.Vm)}`,
    exec: (b, f) => setV(b, f.Zdn, inserted(b, laneOf(f.size), V(b, f.Zdn), V(b, f.Vm))),
  }),
  sveInsn('REV (vector)', '00000101 size!2 111000 001110 Zn:5 Zd:5', {
    asm: f => `rev\t${zs(f.size, f.Zd, f.Zn)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setV(b, f.Zd, shuffleLanes(b, lane, V(b, f.Zn), V(b, f.Zn), count(elements(lane)).reverse()));
    },
  }),
  sveInsn('SUNPKHI, SUNPKLO, UUNPKHI, UUNPKLO', '00000101 size!2 1100 U!1 H!1 001110 Zn:5 Zd:5', {
    valid: f => f.size !== 0,
    asm: f => `${f.U ? 'u' : 's'}unpk${f.H ? 'hi' : 'lo'}\t${z(f.size, f.Zd)}, ${z(f.size - 1, f.Zn)}`,
    exec: (b, f) => setV(b, f.Zd, extend(b, laneOf(f.size - 1) as NarrowLane, f.U === 1, f.H ? 'high' : 'low', V(b, f.Zn))),
  }),
  sveInsn('TBL', '00000101 size!2 1 Zm:5 001100 Zn:5 Zd:5', {
    asm: f => `tbl\t${z(f.size, f.Zd)}, {${z(f.size, f.Zn)}}, ${z(f.size, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zd, lookUp(b, laneOf(f.size), V(b, f.Zn), V(b, f.Zm))),
  }),
  ...interleavings.map(([mnemonic, opcode, selection]) =>
    sveInsn(`${titleOfParts(mnemonic)} (vectors)`, `00000101 size!2 1 Zm:5 011 ${fixed(opcode)} part!1 Zn:5 Zd:5`, {
      asm: f => `${mnemonic}${f.part + 1}\t${zs(f.size, f.Zd, f.Zn, f.Zm)}`,
      exec(b, f) {
        const lane = laneOf(f.size);
        const n = elements(lane);
        setV(b, f.Zd, shuffleLanes(b, lane, V(b, f.Zn), V(b, f.Zm), count(n).map(i => selection(i, f.part, n))));
      },
    }),
  ),
  sveInsn('EXT', '00000101 001 high:5 000 low:3 Zm:5 Zdn:5', {
    // A position beyond the vector is none.
    derive: f => ({ position: f.high > 1 ? 0 : (f.high << 3) | f.low }),
    asm: f => `ext\t${zs(0, f.Zdn, f.Zdn, f.Zm)}, #${(f.high << 3) | f.low}`,
    exec(b, f) {
      const position = b.operand(f.position);
      const low = b.vswizzle(V(b, f.Zdn), bytesFrom(b, position));
      setV(b, f.Zdn, b.vor(low, b.vswizzle(V(b, f.Zm), bytesFrom(b, b.sub(position, b.i32(16))))));
    },
  }),
];
