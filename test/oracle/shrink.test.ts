/** The block fuzzer's way from a difference to its instruction. QEMU's place is taken by the reference evaluator, with one instruction wrong. */
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { slot, slots } from '../../tools/oracle/aarch64/block-program.ts';
import { Comparison } from '../../tools/oracle/blocks/compare.ts';
import { explain } from '../../tools/oracle/blocks/explain.ts';
import { Generator } from '../../tools/oracle/blocks/generate.ts';
import { ReferenceBlocks } from '../../tools/oracle/blocks/reference.ts';
import { Shrinker } from '../../tools/oracle/blocks/shrink.ts';
import { type Batch, BLOCK_WORDS, CODE, CODE_BYTES, DATA, type Piece, RECORD, type Target } from '../../tools/oracle/blocks/target.ts';
import { targetNamed } from '../../tools/oracle/targets.ts';

const aarch64 = targetNamed('aarch64');
const NOP = aarch64.nop;
const ADD_X16 = 0x8b11_0210; // ADD X16, X16, X17
const ADD_X18 = 0x8b11_0252; // ADD X18, X18, X17
const LDXR = 0xc85f_7c10; // X16, [X0]
const STXR = 0xc812_7c11; // W18, X17, [X0]
const BR_X14 = 0xd61f_01c0;
const SUB_X16 = 0xcb11_0210;
const SUB_X18 = 0xcb11_0252;
const LITERAL = 0x1234_5678_9abc_def1n;
const b = (words: number): number => (0x1400_0000 | words) >>> 0;
const ldrLiteral = (Rt: number, words: number): number => (0x5800_0000 | (words << 5) | Rt) >>> 0;

/** Takes the one for the other instruction. */
type Wrong = readonly (readonly [number, number])[];
const x16: Wrong[number] = [ADD_X16, SUB_X16];
const x18: Wrong[number] = [ADD_X18, SUB_X18];
const storesX3: Wrong[number] = [STXR, 0xc812_7c03];
const wrongIn = (wrong: Wrong) => (target: Target, code: Uint32Array, pieces: readonly Piece[]): (BigUint64Array | undefined)[] => {
  const reference = new ReferenceBlocks(target as unknown as Target<never>);
  reference.load(code.map(word => new Map(wrong).get(word) ?? word));
  return pieces.map(piece => reference.run(piece));
};

/** One block, the first of all or another one, and what stands in other places. */
function batch(words: readonly number[], block: number, registers: Readonly<Record<number, bigint>>, others: Readonly<Record<number, number>> = {}): Batch {
  const code = new Uint32Array(CODE_BYTES / 4).fill(aarch64.trap);
  code.set(words, block * BLOCK_WORDS);
  for (const [at, word] of Object.entries(others)) code[Number(at)] = word;
  const state = new BigUint64Array(slots.length);
  for (const [n, value] of Object.entries(registers)) state[slot.x + Number(n)] = value;
  return { code, pieces: [{ first: block * BLOCK_WORDS, length: words.length, state }] };
}

function differences(wrong: Wrong, given: Batch, target = aarch64) {
  const comparison = new Comparison(target, wrongIn(wrong));
  return { comparison, shrinker: new Shrinker(target, comparison), found: comparison.run(given, new Random(1), 1) };
}

const literalOf = (at: number): Record<number, number> => ({ [at]: Number(LITERAL & 0xffff_ffffn), [at + 1]: Number(LITERAL >> 32n) });

test('an instruction is found by itself that needs a literal from the next block', () => {
  const words = [NOP, ldrLiteral(17, BLOCK_WORDS), NOP, NOP, ADD_X16, NOP, NOP];
  const { found, shrinker } = differences([x16], batch(words, 0, {}, literalOf(BLOCK_WORDS + 1)));
  expect(found.map(d => d.engines)).toEqual([['cold', 'jit', 'reference']]);
  const { piece, ours, theirs } = shrinker.shortest(found[0]!);
  expect([piece.first, piece.length, piece.state[slot.x + 17]]).toEqual([4, 1, LITERAL]);
  expect([ours, theirs].map(record => record[RECORD.slots + slot.x + 16])).toEqual([LITERAL, BigInt.asUintN(64, -LITERAL)]);
});

test('an instruction is found by itself that is reached by an address in a register', () => {
  const words = [BR_X14, ADD_X16, NOP, ADD_X16, NOP];
  const { found, shrinker } = differences([x16], batch(words, 2, { 14: BigInt(CODE + 4 * (2 * BLOCK_WORDS + 3)), 17: 1n }));
  const { piece } = shrinker.shortest(found[0]!);
  expect([piece.first, piece.length]).toEqual([2 * BLOCK_WORDS + 3, 1]);
});

test('the fewest instructions are left where one alone shows nothing', () => {
  const { found, shrinker } = differences([storesX3], batch([NOP, NOP, LDXR, NOP, STXR, NOP], 0, { 0: BigInt(DATA), 3: 1n }));
  expect(shrinker.instruction(found[0]!)).toBeUndefined();
  expect(shrinker.shortest(found[0]!).piece).toMatchObject({ first: 2, length: 3 });
});

test('what a block does in the next one is the same everywhere, and is found there', () => {
  const given = batch([NOP, b(BLOCK_WORDS), NOP], 0, { 17: 3n }, { [BLOCK_WORDS + 1]: ADD_X16, [BLOCK_WORDS + 2]: NOP });
  const right = differences([], given);
  expect([right.found, right.comparison.completed]).toEqual([[], 4]);
  const { found, shrinker } = differences([x16], given);
  expect(shrinker.instruction(found[0]!)?.piece).toMatchObject({ first: BLOCK_WORDS + 1, length: 1 });
});

test('a difference that one instruction alone does not show has no reason', () => {
  const given = batch([b(2), NOP, LDXR, NOP, STXR], 0, { 0: BigInt(DATA), 3: 1n });
  const { found, shrinker } = differences([storesX3], given);
  const { reasons, unknown } = explain({ ...aarch64, instructionDeviation: () => 'known' }, shrinker, found[0]!);
  expect([reasons.size, unknown?.piece]).toMatchObject([0, { first: 2, length: 3 }]);
});

test('a block without an end is left out, and its words stay for others', () => {
  const { code, pieces } = batch([b(0)], 1, {});
  code.set([ldrLiteral(17, BLOCK_WORDS)], 0);
  const all = { code, pieces: [{ ...pieces[0]!, first: 0 }, ...pieces] };
  const comparison = new Comparison(aarch64, wrongIn([]));
  expect(comparison.run(all, new Random(1), 1)).toEqual([]);
  expect(comparison.completed).toBe(1);
  expect(comparison.ends(code, all.pieces[0]!).at(-1)!.state[slot.x + 17]).toBe(BigInt(b(0)));
});

test('a block is explained only where each of its instructions is', () => {
  const knows = (...known: number[]): Target => ({ ...aarch64, instructionDeviation: (_insn, word) => (known.includes(word) ? `known ${known.indexOf(word)}` : undefined) });
  const given = batch([NOP, ADD_X16, NOP, ADD_X18, NOP], 0, { 17: 1n });
  const explained = (target: Target) => {
    const { found, shrinker } = differences([x16, x18], given, target);
    const { reasons, unknown } = explain(target, shrinker, found[0]!);
    return [[...reasons].sort(), unknown?.piece.first];
  };
  expect(explained(knows(ADD_X16, ADD_X18))).toEqual([['known 0', 'known 1'], undefined]);
  expect(explained(knows(ADD_X16))[1]).toBe(3);
  expect(explained(knows(ADD_X18))[1]).toBe(1);
});

test('a batch comes again by its number', () => {
  const random = new Random(7);
  random.u64();
  const again = new Random(random.seed);
  const generator = new Generator(aarch64, '.');
  expect(generator.batch(3, again)).toEqual(generator.batch(3, random));
});

test('AddPAC explains a signed register alone, of an address whose bit 55 is set and whose bit 63 is not', () => {
  const PACIB = 0xdac1_07d1; // X17, X30
  const AUTIB = 0xdac1_17d1;
  const reason = (word: number, address: bigint, ...changed: number[]): string | undefined => {
    const before = new BigUint64Array(slots.length);
    before[slot.x + 17] = address;
    const ours = new BigUint64Array(RECORD.slots + slots.length);
    const theirs = ours.slice();
    for (const register of changed) theirs[RECORD.slots + slot.x + register] = 1n;
    return aarch64.instructionDeviation(aarch64.decoder.decode(word)!, word, before, ours, theirs);
  };
  const disagrees = 0x0080_0000_1000_0000n;
  expect(reason(PACIB, disagrees, 17)).toContain('AddPAC');
  expect(reason(PACIB, disagrees, 17, 18)).toBeUndefined();
  expect(reason(AUTIB, disagrees, 17)).toBeUndefined();
  for (const agreed of [0n, 0xff80_0000_0000_0000n, 0x8000_0000_0000_0000n]) expect(reason(PACIB, agreed, 17)).toBeUndefined();
});
