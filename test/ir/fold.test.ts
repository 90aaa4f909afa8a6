/** Constant folding against the same operations on bigints, and that the recording Builder lacks no operation. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Graph, NONE } from '../../src/ir/graph.ts';
import { fold32, fold64 } from '../../src/ir/fold.ts';
import type { IrBuilder } from '../../src/ir/builder.ts';
import type { Builder } from '../../src/isa/builder.ts';
import { op } from '../../src/wasm/opcodes.ts';

/** Does not compile while an operation of the Builder is missing. */
type None<T extends never> = T;
export type Missing = None<Exclude<keyof Builder, keyof IrBuilder>>;

type Meaning = (x: bigint, y: bigint, bits: number) => bigint;
const signed = (v: bigint, bits: number): bigint => BigInt.asIntN(bits, v);
const count = (y: bigint, bits: number): bigint => y % BigInt(bits);
const meanings: Record<string, Meaning> = {
  Add: (x, y) => x + y, Sub: (x, y) => x - y, Mul: (x, y) => x * y, And: (x, y) => x & y, Or: (x, y) => x | y, Xor: (x, y) => x ^ y,
  Shl: (x, y, n) => x << count(y, n), ShrU: (x, y, n) => x >> count(y, n), ShrS: (x, y, n) => signed(x, n) >> count(y, n),
  Rotl: (x, y, n) => (x << count(y, n)) | (x >> (BigInt(n) - count(y, n))), Rotr: (x, y, n) => (x >> count(y, n)) | (x << (BigInt(n) - count(y, n))),
  Eq: (x, y) => (x === y ? 1n : 0n), Ne: (x, y) => (x === y ? 0n : 1n),
  LtU: (x, y) => (x < y ? 1n : 0n), LtS: (x, y, n) => (signed(x, n) < signed(y, n) ? 1n : 0n),
  LeU: (x, y) => (x <= y ? 1n : 0n), LeS: (x, y, n) => (signed(x, n) <= signed(y, n) ? 1n : 0n),
};
const edges = [0n, 1n, 31n, 32n, 63n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn];
const value = (bits: number): fc.Arbitrary<bigint> => fc.oneof(fc.constantFrom(...edges.map(e => BigInt.asUintN(bits, e))), fc.bigInt(0n, 2n ** BigInt(bits) - 1n));
const low = (v: bigint): number => Number(BigInt.asIntN(32, v));

test.each(Object.keys(meanings))('i32 %s', name => {
  const opcode = op[`i32${name}` as keyof typeof op];
  fc.assert(fc.property(value(32), value(32), (x, y) => {
    expect(fold32(opcode, low(x), low(y))).toBe(low(meanings[name]!(x, y, 32)));
  }), { seed: 1, numRuns: 300 });
});

test.each(Object.keys(meanings))('i64 %s', name => {
  const opcode = op[`i64${name}` as keyof typeof op];
  fc.assert(fc.property(value(64), value(64), (x, y) => {
    const g = new Graph();
    const n = fold64(g, opcode, low(x), low(x >> 32n), low(y), low(y >> 32n));
    if (n === NONE) return; // not folded: nothing to be wrong about
    const expected = BigInt.asUintN(64, meanings[name]!(x, y, 64));
    expect([g.lo[n], g.hi[n]]).toEqual([low(expected), low(expected >> 32n)]);
  }), { seed: 1, numRuns: 300 });
});
