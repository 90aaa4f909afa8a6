/** The evaluator's integer operations and condition flags, on bigints. */
import type { I32, I64, Int } from '../builder.ts';
import { bitsOf, count, i32, i64, type Ops, reverseBytes, same, signed, v128, widthOf } from './value.ts';

type IntegerOps = Ops<'i32' | 'i64' | 'v128' | 'operand' | 'replaced' | 'width' | 'add' | 'sub' | 'mul' | 'mulHighU' | 'mulHighS' | 'divU' | 'divS' | 'and'
  | 'or' | 'xor' | 'not' | 'neg' | 'shl' | 'shrU' | 'shrS' | 'rotl' | 'rotr' | 'clz' | 'ctz' | 'popcnt' | 'bswap' | 'eqz' | 'eq' | 'ne' | 'ltU'
  | 'ltS' | 'leU' | 'leS' | 'select' | 'wrap' | 'extU' | 'extS' | 'signExtend' | 'nzcvOfAdd' | 'nzcvOfSub' | 'nzcvOfAddCarry'
  | 'nzcvOfLogic' | 'condition'>;

const truth = (c: boolean): I32 => i32(c ? 1 : 0);

function rotateLeft<T extends Int>(x: T, by: bigint): T {
  const width = BigInt(widthOf(x));
  return same(x, (bitsOf(x) << by) | (bitsOf(x) >> (width - by)));
}

function ones(bits: bigint): bigint {
  let n = 0n;
  for (let rest = bits; rest !== 0n; rest &= rest - 1n) n++;
  return n;
}

const length = (bits: bigint): number => (bits === 0n ? 0 : bits.toString(2).length);

/** AddWithCarry's flags: of the result against the unsigned and the signed sum. */
function flagsOfSum<T extends Int>(x: T, y: T, carry: bigint): I32 {
  const width = widthOf(x);
  const unsignedSum = bitsOf(x) + bitsOf(y) + carry;
  const signedSum = signed(x) + signed(y) + carry;
  const result = BigInt.asUintN(width, unsignedSum);
  const n = result >> BigInt(width - 1);
  const z = result === 0n ? 1n : 0n;
  const c = result === unsignedSum ? 0n : 1n;
  const v = BigInt.asIntN(width, result) === signedSum ? 0n : 1n;
  return i32((n << 31n) | (z << 30n) | (c << 29n) | (v << 28n));
}

function holds(cond: number, nzcv: bigint): boolean {
  const [N, Z, C, V] = [31n, 30n, 29n, 28n].map(bit => ((nzcv >> bit) & 1n) === 1n) as [boolean, boolean, boolean, boolean];
  const base = [Z, C, N, V, C && !Z, N === V, N === V && !Z, true][cond >> 1] as boolean;
  return (cond & 1) === 1 && cond !== 15 ? !base : base;
}

export const integerOps: IntegerOps = {
  i32: n => i32(n),
  i64: n => {
    if (typeof n === 'number' && !Number.isSafeInteger(n)) throw new RangeError(`${n} is not a safe integer`);
    return i64(n);
  },
  v128,
  operand: o => o as unknown as I32,
  replaced: (o, from, to) => (bitsOf(o as unknown as I32) === BigInt(from) ? i32(to) : (o as unknown as I32)),
  width: widthOf,
  add: (x, y) => same(x, bitsOf(x) + bitsOf(y)),
  sub: (x, y) => same(x, bitsOf(x) - bitsOf(y)),
  mul: (x, y) => same(x, bitsOf(x) * bitsOf(y)),
  mulHighU: (x, y) => i64((bitsOf(x) * bitsOf(y)) >> 64n),
  mulHighS: (x, y) => i64((signed(x) * signed(y)) >> 64n),
  divU: (x, y) => same(x, bitsOf(y) === 0n ? 0n : bitsOf(x) / bitsOf(y)),
  divS: (x, y) => same(x, bitsOf(y) === 0n ? 0n : signed(x) / signed(y)),
  and: (x, y) => same(x, bitsOf(x) & bitsOf(y)),
  or: (x, y) => same(x, bitsOf(x) | bitsOf(y)),
  xor: (x, y) => same(x, bitsOf(x) ^ bitsOf(y)),
  not: x => same(x, ~bitsOf(x)),
  neg: x => same(x, -bitsOf(x)),
  shl: (x, n) => same(x, bitsOf(x) << count(n, widthOf(x))),
  shrU: (x, n) => same(x, bitsOf(x) >> count(n, widthOf(x))),
  shrS: (x, n) => same(x, signed(x) >> count(n, widthOf(x))),
  rotl: (x, n) => rotateLeft(x, count(n, widthOf(x))),
  rotr: (x, n) => rotateLeft(x, BigInt(widthOf(x)) - count(n, widthOf(x))),
  clz: x => same(x, BigInt(widthOf(x) - length(bitsOf(x)))),
  ctz: x => same(x, bitsOf(x) === 0n ? BigInt(widthOf(x)) : BigInt(length(bitsOf(x) & -bitsOf(x)) - 1)),
  popcnt: x => same(x, ones(bitsOf(x))),
  bswap: x => same(x, reverseBytes(bitsOf(x), widthOf(x) / 8)),
  eqz: x => truth(bitsOf(x) === 0n),
  eq: (x, y) => truth(bitsOf(x) === bitsOf(y)),
  ne: (x, y) => truth(bitsOf(x) !== bitsOf(y)),
  ltU: (x, y) => truth(bitsOf(x) < bitsOf(y)),
  ltS: (x, y) => truth(signed(x) < signed(y)),
  leU: (x, y) => truth(bitsOf(x) <= bitsOf(y)),
  leS: (x, y) => truth(signed(x) <= signed(y)),
  select: (c, x, y) => (bitsOf(c) === 0n ? y : x),
  wrap: x => i32(bitsOf(x)),
  extU: x => i64(bitsOf(x)),
  extS: x => i64(signed(x)),
  signExtend: (x, from) => same(x, BigInt.asIntN(from, bitsOf(x))),
  nzcvOfAdd: (x, y) => flagsOfSum(x, y, 0n),
  nzcvOfSub: (x, y) => flagsOfSum(x, same(y, ~bitsOf(y)), 1n),
  nzcvOfAddCarry: (x, y, carry) => flagsOfSum(x, y, bitsOf(carry)),
  nzcvOfLogic: (result: Int | I64, carry = i32(0), overflow = i32(0)) => i32(((bitsOf(result) >> BigInt(widthOf(result) - 1)) << 31n)
    | (bitsOf(result) === 0n ? 1n << 30n : 0n) | (bitsOf(carry) << 29n) | (bitsOf(overflow) << 28n)),
  condition: (cond, nzcv) => truth(holds(cond, bitsOf(nzcv))),
};
