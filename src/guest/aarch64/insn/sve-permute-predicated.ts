/** SVE permutes under a predicate: CPY of scalars, COMPACT, CLASTA …, LASTA …, RBIT, REVB …, SPLICE, SEL (DDI 0487, C8). */
import type { Builder, I32, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { reg, regSP, scalar } from '../names.ts';
import { lowBytes, setV, setX, V, X, XorSP } from '../pseudocode.ts';
import { laneOf, reversal, shuffleLanes } from '../simd/lanes.ts';
import { merging, z, zs } from '../sve/names.ts';
import { bytesBelow, bytesFrom, elementAt, lastActive, lowest, placeAfterLast, placeOfLast } from '../sve/places.ts';
import { elementsOf, maskOf, merged, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { bytesOf } from './simd-form.ts';
import { reverseBits } from './simd-two-misc.ts';
import { sveInsn } from './sve-access.ts';

const extracts: readonly (readonly [letter: string, opcode: 0 | 1, place: (b: Builder, esize: Lane, p: I32) => I32])[] = [
  ['a', 0, placeAfterLast],
  ['b', 1, placeOfLast],
];

/** Whether any element is active. */
const any = (b: Builder, esize: Lane, p: I32): I32 => b.ne(elementsOf(b, esize, p), b.i32(0));
const general = (size: number, r: number): string => reg(size === 3 ? 1 : 0, r);

const extracting: readonly Insn[] = extracts.flatMap(([letter, opcode, place]) => {
  const last = (b: Builder, esize: Lane, p: I32, x: V128): V128 => elementAt(b, esize, x, place(b, esize, p));
  const name = letter.toUpperCase();
  return [
    sveInsn(`LAST${name} (scalar)`, `00000101 size!2 10000 ${fixed(opcode)} 101 Pg:3 Zn:5 Rd:5`, {
      asm: f => `last${letter}\t${general(f.size, f.Rd)}, p${f.Pg}, ${z(f.size, f.Zn)}`,
      exec: (b, f) => setX(b, f.Rd, lowest(b, laneOf(f.size), last(b, laneOf(f.size), P(b, f.Pg), V(b, f.Zn)))),
    }),
    sveInsn(`LAST${name} (SIMD&FP scalar)`, `00000101 size!2 10001 ${fixed(opcode)} 100 Pg:3 Zn:5 Vd:5`, {
      asm: f => `last${letter}\t${scalar(f.size, f.Vd)}, p${f.Pg}, ${z(f.size, f.Zn)}`,
      exec: (b, f) => setV(b, f.Vd, last(b, laneOf(f.size), P(b, f.Pg), V(b, f.Zn))),
    }),
    sveInsn(`CLAST${name} (scalar)`, `00000101 size!2 11000 ${fixed(opcode)} 101 Pg:3 Zm:5 Rdn:5`, {
      asm: f => `clast${letter}\t${general(f.size, f.Rdn)}, p${f.Pg}, ${general(f.size, f.Rdn)}, ${z(f.size, f.Zm)}`,
      exec(b, f) {
        const esize = laneOf(f.size);
        const p = P(b, f.Pg);
        const old = b.vsplat(64, X(b, f.Rdn, 64));
        setX(b, f.Rdn, lowest(b, esize, b.select(any(b, esize, p), last(b, esize, p, V(b, f.Zm)), old)));
      },
    }),
    sveInsn(`CLAST${name} (SIMD&FP scalar)`, `00000101 size!2 10101 ${fixed(opcode)} 100 Pg:3 Zm:5 Vdn:5`, {
      asm: f => `clast${letter}\t${scalar(f.size, f.Vdn)}, p${f.Pg}, ${scalar(f.size, f.Vdn)}, ${z(f.size, f.Zm)}`,
      exec(b, f) {
        const esize = laneOf(f.size);
        const p = P(b, f.Pg);
        setV(b, f.Vdn, b.select(any(b, esize, p), last(b, esize, p, V(b, f.Zm)), lowBytes(b, V(b, f.Vdn), bytesOf(f.size))));
      },
    }),
    sveInsn(`CLAST${name} (vectors)`, `00000101 size!2 10100 ${fixed(opcode)} 100 Pg:3 Zm:5 Zdn:5`, {
      asm: f => `clast${letter}\t${z(f.size, f.Zdn)}, p${f.Pg}, ${zs(f.size, f.Zdn, f.Zm)}`,
      exec(b, f) {
        const esize = laneOf(f.size);
        const p = P(b, f.Pg);
        const element = b.vsplat(esize, lowest(b, esize, last(b, esize, p, V(b, f.Zm))));
        setV(b, f.Zdn, b.select(any(b, esize, p), element, V(b, f.Zdn)));
      },
    }),
  ];
});

type Reversal = (b: Builder, lane: Lane, x: V128) => V128;
const reversed =
  (part: Lane): Reversal =>
  (b, lane, x) =>
    shuffleLanes(b, part, x, x, reversal(part, lane));

const reversals: readonly (readonly [mnemonic: string, opcode: string, smallest: number, of: Reversal])[] = [
  ['revb', '00', 1, reversed(8)],
  ['revh', '01', 2, reversed(16)],
  ['revw', '10', 3, reversed(32)],
  ['rbit', '11', 0, (b, lane, x) => reversed(8)(b, lane, reverseBits(b, x))],
];

/** The active elements side by side from the lowest place on, zeros above them. */
function compact(b: Builder, lane: Lane, p: I32, x: V128): V128 {
  const places = Array.from({ length: 128 / lane }, (_, i) => i);
  const zero = b.v128(0n);
  // From the last one on, each active element goes below those that are there.
  return places.reduceRight((done, e) => {
    const below = shuffleLanes(b, lane, x, done, places.map(i => (i === 0 ? e : 128 / lane + i - 1)));
    return b.select(b.and(p, b.i32(1 << ((e * lane) / 8))), below, done);
  }, zero);
}

export const svePermutePredicated: readonly Insn[] = [
  sveInsn('CPY (SIMD&FP scalar)', '00000101 size!2 100000 100 Pg:3 Vn:5 Zd:5', {
    asm: f => `mov\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${scalar(f.size, f.Vn)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setV(b, f.Zd, merged(b, lane, P(b, f.Pg), b.vsplat(lane, lowest(b, lane, V(b, f.Vn))), V(b, f.Zd)));
    },
  }),
  sveInsn('CPY (scalar)', '00000101 size!2 101000 101 Pg:3 Rn:5 Zd:5', {
    asm: f => `mov\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${regSP(f.size === 3 ? 1 : 0, f.Rn)}`,
    exec: (b, f) => setV(b, f.Zd, merged(b, laneOf(f.size), P(b, f.Pg), b.vsplat(laneOf(f.size), XorSP(b, f.Rn)), V(b, f.Zd))),
  }),
  sveInsn('COMPACT', '00000101 size!2 100001 100 Pg:3 Zn:5 Zd:5', {
    valid: f => f.size >= 2,
    asm: f => `compact\t${z(f.size, f.Zd)}, p${f.Pg}, ${z(f.size, f.Zn)}`,
    exec: (b, f) => setV(b, f.Zd, compact(b, laneOf(f.size), P(b, f.Pg), V(b, f.Zn))),
  }),
  ...extracting,
  ...reversals.map(([mnemonic, opcode, smallest, of]) =>
    sveInsn(mnemonic.toUpperCase(), `00000101 size!2 1001 ${fixed(opcode)} 100 Pg:3 Zn:5 Zd:5`, {
      valid: f => f.size >= smallest,
      asm: f => `${mnemonic}\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${z(f.size, f.Zn)}`,
      exec: (b, f) => setV(b, f.Zd, merged(b, laneOf(f.size), P(b, f.Pg), of(b, laneOf(f.size), V(b, f.Zn)), V(b, f.Zd))),
    }),
  ),
  sveInsn('SPLICE', '00000101 size!2 101100 100 Pg:3 Zm:5 Zdn:5', {
    asm: f => `splice\t${z(f.size, f.Zdn)}, p${f.Pg}, ${zs(f.size, f.Zdn, f.Zm)}`,
    exec(b, f) {
      const esize = laneOf(f.size);
      const p = P(b, f.Pg);
      // From the first to the last active element, both included; nothing where none is active.
      const end = b.add(lastActive(b, esize, p), b.i32(esize / 8));
      const first = b.ctz(elementsOf(b, esize, p));
      const length = b.select(any(b, esize, p), b.sub(end, first), b.i32(0));
      const segment = b.vand(b.vswizzle(V(b, f.Zdn), bytesFrom(b, first)), bytesBelow(b, length));
      setV(b, f.Zdn, b.vor(segment, b.vswizzle(V(b, f.Zm), bytesFrom(b, b.neg(length)))));
    },
  }),
  sveInsn('SEL (vectors)', '00000101 size!2 1 Zm:5 11 Pg:4 Zn:5 Zd:5', {
    asm: f =>
      f.Zm === f.Zd
        ? `mov\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${z(f.size, f.Zn)}`
        : `sel\t${z(f.size, f.Zd)}, p${f.Pg}, ${zs(f.size, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zd, b.vselect(maskOf(b, laneOf(f.size), P(b, f.Pg)), V(b, f.Zn), V(b, f.Zm))),
  }),
];
