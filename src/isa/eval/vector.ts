/** The evaluator's operations on 128-bit vectors, lane by lane on bigints. */
import type { I32, Lane, V128 } from '../builder.ts';
import { bitsOf, count, i32, i64, type Ops, v128 } from './value.ts';

type VectorOps = Ops<'vadd' | 'vsub' | 'vmul' | 'vneg' | 'vabs' | 'vaddSatS' | 'vaddSatU' | 'vsubSatS' | 'vsubSatU' | 'vminS' | 'vminU' | 'vmaxS'
  | 'vmaxU' | 'vavgU' | 'veq' | 'vgtS' | 'vgeS' | 'vgtU' | 'vgeU' | 'vshl' | 'vshrS' | 'vshrU' | 'vand' | 'vor' | 'vxor' | 'vnot' | 'vandNot'
  | 'vselect' | 'vpopcnt' | 'vswizzle' | 'vshuffle' | 'vsplat' | 'vget' | 'vset' | 'vextendS' | 'vextendU' | 'vmulWideS' | 'vmulWideU'
  | 'vnarrowS' | 'vnarrowU' | 'vaddPairsS' | 'vaddPairsU' | 'vany' | 'vall' | 'vbitmask'>;

type Half = 'low' | 'high';

function unsignedLanes(lane: number, x: V128): bigint[] {
  return Array.from({ length: 128 / lane }, (_, i) => BigInt.asUintN(lane, bitsOf(x) >> BigInt(i * lane)));
}

function signedLanes(lane: number, x: V128): bigint[] {
  return unsignedLanes(lane, x).map(v => BigInt.asIntN(lane, v));
}

function join(lane: number, values: readonly bigint[]): V128 {
  return v128(values.reduceRight((all, v) => (all << BigInt(lane)) | BigInt.asUintN(lane, v), 0n));
}

type LanesOf = typeof unsignedLanes;

const each = (lanes: LanesOf, f: (x: bigint, lane: number) => bigint) => (lane: Lane, x: V128): V128 =>
  join(lane, lanes(lane, x).map(v => f(v, lane)));

const pairwise = (lanes: LanesOf, f: (x: bigint, y: bigint, lane: number) => bigint) => (lane: Lane, x: V128, y: V128): V128 => {
  const ys = lanes(lane, y);
  return join(lane, lanes(lane, x).map((v, i) => f(v, ys[i] as bigint, lane)));
};

const comparison = (lanes: LanesOf, f: (x: bigint, y: bigint) => boolean) => pairwise(lanes, (x, y) => (f(x, y) ? -1n : 0n));

const shift = (lanes: LanesOf, f: (x: bigint, n: bigint) => bigint) => (lane: Lane, x: V128, n: I32): V128 =>
  join(lane, lanes(lane, x).map(v => f(v, count(n, lane))));

const clamp = (v: bigint, low: bigint, high: bigint): bigint => (v < low ? low : v > high ? high : v);
const saturateS = (v: bigint, lane: number): bigint => clamp(v, -(1n << BigInt(lane - 1)), (1n << BigInt(lane - 1)) - 1n);
const saturateU = (v: bigint, lane: number): bigint => clamp(v, 0n, (1n << BigInt(lane)) - 1n);

const half = (lanes: LanesOf, lane: number, which: Half, x: V128): bigint[] => {
  const all = lanes(lane, x);
  return which === 'low' ? all.slice(0, all.length / 2) : all.slice(all.length / 2);
};

const widen = (lanes: LanesOf) => (lane: 8 | 16 | 32, which: Half, x: V128): V128 => join(lane * 2, half(lanes, lane, which, x));

const multiplyWide = (lanes: LanesOf) => (lane: 8 | 16 | 32, which: Half, x: V128, y: V128): V128 => {
  const ys = half(lanes, lane, which, y);
  return join(lane * 2, half(lanes, lane, which, x).map((v, i) => v * (ys[i] as bigint)));
};

const narrow = (saturate: typeof saturateS) => (lane: 16 | 32, x: V128, y: V128): V128 =>
  join(lane / 2, [...signedLanes(lane, x), ...signedLanes(lane, y)].map(v => saturate(v, lane / 2)));

const addPairs = (lanes: LanesOf) => (lane: 8 | 16, x: V128): V128 => {
  const all = lanes(lane, x);
  return join(lane * 2, Array.from({ length: all.length / 2 }, (_, i) => (all[2 * i] as bigint) + (all[2 * i + 1] as bigint)));
};

function ones(byte: bigint): bigint {
  let n = 0n;
  for (let rest = byte; rest !== 0n; rest &= rest - 1n) n++;
  return n;
}

/** Bytes of `table` by index, 0 beyond its end. */
const lookUp = (table: readonly bigint[], indices: readonly number[]): V128 => join(8, indices.map(i => table[i] ?? 0n));

const min = (x: bigint, y: bigint): bigint => (x < y ? x : y);
const max = (x: bigint, y: bigint): bigint => (x > y ? x : y);
const U = unsignedLanes;
const S = signedLanes;

function checkIndex(lane: Lane, index: number): void {
  if (!(Number.isInteger(index) && index >= 0 && index < 128 / lane)) throw new RangeError(`a vector of ${lane}-bit lanes has no lane ${index}`);
}

export const vectorOps: VectorOps = {
  vadd: pairwise(U, (x, y) => x + y),
  vsub: pairwise(U, (x, y) => x - y),
  vmul: pairwise(U, (x, y) => x * y),
  vneg: each(U, x => -x),
  vabs: each(S, x => (x < 0n ? -x : x)),
  vaddSatS: pairwise(S, (x, y, lane) => saturateS(x + y, lane)),
  vaddSatU: pairwise(U, (x, y, lane) => saturateU(x + y, lane)),
  vsubSatS: pairwise(S, (x, y, lane) => saturateS(x - y, lane)),
  vsubSatU: pairwise(U, (x, y, lane) => saturateU(x - y, lane)),
  vminS: pairwise(S, min),
  vminU: pairwise(U, min),
  vmaxS: pairwise(S, max),
  vmaxU: pairwise(U, max),
  vavgU: pairwise(U, (x, y) => (x + y + 1n) >> 1n),
  veq: comparison(U, (x, y) => x === y),
  vgtS: comparison(S, (x, y) => x > y),
  vgeS: comparison(S, (x, y) => x >= y),
  vgtU: comparison(U, (x, y) => x > y),
  vgeU: comparison(U, (x, y) => x >= y),
  vshl: shift(U, (x, n) => x << n),
  vshrS: shift(S, (x, n) => x >> n),
  vshrU: shift(U, (x, n) => x >> n),
  vand: (x, y) => v128(bitsOf(x) & bitsOf(y)),
  vor: (x, y) => v128(bitsOf(x) | bitsOf(y)),
  vxor: (x, y) => v128(bitsOf(x) ^ bitsOf(y)),
  vnot: x => v128(~bitsOf(x)),
  vandNot: (x, y) => v128(bitsOf(x) & ~bitsOf(y)),
  vselect: (mask, x, y) => v128((bitsOf(x) & bitsOf(mask)) | (bitsOf(y) & ~bitsOf(mask))),
  vpopcnt: x => join(8, U(8, x).map(ones)),
  vswizzle: (x, y) => lookUp(U(8, x), U(8, y).map(Number)),
  vshuffle: (x, y, lanes) => {
    if (lanes.length !== 16 || lanes.some(i => !(i >= 0 && i < 32))) throw new RangeError(`a shuffle takes 16 indices of 0..31, not ${lanes}`);
    return lookUp([...U(8, x), ...U(8, y)], lanes);
  },
  vsplat: (lane, x) => join(lane, Array.from({ length: 128 / lane }, () => bitsOf(x))),
  vget: (lane, x, index) => {
    checkIndex(lane, index);
    return i64(U(lane, x)[index] as bigint);
  },
  vset: (lane, x, index, value) => {
    checkIndex(lane, index);
    return join(lane, U(lane, x).with(index, bitsOf(value)));
  },
  vextendS: widen(S),
  vextendU: widen(U),
  vmulWideS: multiplyWide(S),
  vmulWideU: multiplyWide(U),
  vnarrowS: narrow(saturateS),
  vnarrowU: narrow(saturateU),
  vaddPairsS: addPairs(S),
  vaddPairsU: addPairs(U),
  vany: x => i32(bitsOf(x) === 0n ? 0 : 1),
  vall: (lane, x) => i32(U(lane, x).every(v => v !== 0n) ? 1 : 0),
  vbitmask: (lane, x) => i32(S(lane, x).reduce((mask, v, i) => (v < 0n ? mask | (1n << BigInt(i)) : mask), 0n)),
};
