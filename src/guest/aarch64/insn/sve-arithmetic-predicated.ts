/** SVE integer operations under a predicate (DDI 0487, C4.1 "SVE Integer Binary Arithmetic - Predicated", "Unary", "Multiply-Add", C8.2). */
import type { Builder, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { absoluteDifference, constant, laneOf, max, min, zero, type NarrowLane } from '../simd/lanes.ts';
import { countLeadingSigns, countLeadingZeros, countOnes, divide, extendLow, multiply, multiplyHigh } from '../sve/integer.ts';
import { merging, z, zs } from '../sve/names.ts';
import { merged, P } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

type Binary = (b: Builder, lane: Lane, x: V128, y: V128) => V128;
type Unary = (b: Builder, lane: Lane, x: V128) => V128;
const anySize = (): boolean => true;
const atLeast = (least: number) => (f: { readonly size: number }): boolean => f.size >= least;

/** `opcode`: bits 20 to 16. */
const binary = (mnemonic: string, opcode: string, operation: Binary, valid: (f: { readonly size: number }) => boolean = anySize): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (vectors, predicated)`, `00000100 size!2 0 ${fixed(opcode)} 000 Pg:3 Zm:5 Zdn:5`, {
    valid,
    asm: f => `${mnemonic}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zdn, f.Zm)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const x = V(b, f.Zdn);
      setV(b, f.Zdn, merged(b, lane, P(b, f.Pg), operation(b, lane, x, V(b, f.Zm)), x));
    },
  });

const exchanged = (operation: Binary): Binary => (b, lane, x, y) => operation(b, lane, y, x);
const add: Binary = (b, lane, x, y) => b.vadd(lane, x, y);
const subtract: Binary = (b, lane, x, y) => b.vsub(lane, x, y);
const division = (unsigned: boolean): Binary => (b, lane, x, y) => divide(b, lane, unsigned, x, y);
const signedness = ['s', 'u'] as const;

const arithmetic: readonly Insn[] = [
  binary('add', '00000', add),
  binary('sub', '00001', subtract),
  binary('subr', '00011', exchanged(subtract)),
  ...signedness.flatMap((letter, U) => {
    const unsigned = U === 1;
    return [
      binary(`${letter}max`, `0100${U}`, (b, lane, x, y) => max(b, lane, unsigned, x, y)),
      binary(`${letter}min`, `0101${U}`, (b, lane, x, y) => min(b, lane, unsigned, x, y)),
      binary(`${letter}abd`, `0110${U}`, (b, lane, x, y) => absoluteDifference(b, lane as NarrowLane, unsigned, x, y)),
      binary(`${letter}mulh`, `1001${U}`, (b, lane, x, y) => multiplyHigh(b, lane, unsigned, x, y)),
      binary(`${letter}div`, `1010${U}`, division(unsigned), atLeast(2)),
      binary(`${letter}divr`, `1011${U}`, exchanged(division(unsigned)), atLeast(2)),
    ];
  }),
  binary('mul', '10000', multiply),
  binary('orr', '11000', (b, _lane, x, y) => b.vor(x, y)),
  binary('eor', '11001', (b, _lane, x, y) => b.vxor(x, y)),
  binary('and', '11010', (b, _lane, x, y) => b.vand(x, y)),
  binary('bic', '11011', (b, _lane, x, y) => b.vandNot(x, y)),
];

const unary = (mnemonic: string, opcode: string, operation: Unary, valid: (f: { readonly size: number }) => boolean = anySize): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (predicated)`, `00000100 size!2 01 ${fixed(opcode)} 101 Pg:3 Zn:5 Zd:5`, {
    valid,
    asm: f => `${mnemonic}\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, ${z(f.size, f.Zn)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setV(b, f.Zd, merged(b, lane, P(b, f.Pg), operation(b, lane, V(b, f.Zn)), V(b, f.Zd)));
    },
  });

const extensions = ['b', 'h', 'w'].flatMap((letter, from) => signedness.map((sign, U) =>
  unary(`${sign}xt${letter}`, `0${['00', '01', '10'][from]}${U}`, (b, lane, x) => extendLow(b, lane, U === 1, 8 << from, x), atLeast(from + 1))));

const ofOne: readonly Insn[] = [
  ...extensions,
  unary('abs', '0110', (b, lane, x) => b.vabs(lane, x)),
  unary('neg', '0111', (b, lane, x) => b.vneg(lane, x)),
  unary('cls', '1000', countLeadingSigns),
  unary('clz', '1001', countLeadingZeros),
  unary('cnt', '1010', countOnes),
  unary('cnot', '1011', (b, lane, x) => b.vand(b.veq(lane, x, zero(b)), constant(b, lane, 1n))),
  unary('not', '1110', (b, _lane, x) => b.vnot(x)),
];

/** Zda plus or less the product. */
const accumulate = (mnemonic: string, op: string, sum: Binary): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (vectors)`, `00000100 size!2 0 Zm:5 01 ${fixed(op)} Pg:3 Zn:5 Zda:5`, {
    asm: f => `${mnemonic}\t${z(f.size, f.Zda)}, ${merging(f.Pg)}, ${zs(f.size, f.Zn, f.Zm)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const a = V(b, f.Zda);
      setV(b, f.Zda, merged(b, lane, P(b, f.Pg), sum(b, lane, a, multiply(b, lane, V(b, f.Zn), V(b, f.Zm))), a));
    },
  });

/** The same into a factor. */
const multiplyAdd = (mnemonic: string, op: string, sum: Binary): Insn =>
  sveInsn(mnemonic.toUpperCase(), `00000100 size!2 0 Zm:5 11 ${fixed(op)} Pg:3 Za:5 Zdn:5`, {
    asm: f => `${mnemonic}\t${z(f.size, f.Zdn)}, ${merging(f.Pg)}, ${zs(f.size, f.Zm, f.Za)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const x = V(b, f.Zdn);
      setV(b, f.Zdn, merged(b, lane, P(b, f.Pg), sum(b, lane, V(b, f.Za), multiply(b, lane, x, V(b, f.Zm))), x));
    },
  });

export const sveArithmeticPredicated: readonly Insn[] = [
  ...arithmetic,
  ...ofOne,
  accumulate('mla', '0', add),
  accumulate('mls', '1', subtract),
  multiplyAdd('mad', '0', add),
  multiplyAdd('msb', '1', subtract),
];
