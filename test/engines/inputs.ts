/**
 * Register states and memory contents for tests, from a seed. Golden vectors record only the seed: a change here means
 * that they must be recorded anew (`node tools/oracle/record.ts`).
 */
import { Random } from '../../src/base/random.ts';
import { CODE, DATA, DATA_SIZE, type State } from './engine.ts';

const integerEdges = [0n, 1n, 2n, 3n, 0x7fn, 0x80n, 0xffn, 0x100n, 0x7fffn, 0x8000n, 0xffffn, 0x1_0000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn,
  0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn, 0xffff_ffff_8000_0000n, 0xffff_ffff_7fff_ffffn,
  0x5555_5555_5555_5555n, 0x8000_0000_0000_0001n, 0xffff_ffff_0000_0000n];

/** Zero, smallest and largest subnormal, smallest and largest normal, one and its neighbours, infinity, NaNs; made from the format. */
function floatEdges(exponentBits: number, fractionBits: number): bigint[] {
  const fraction = BigInt(fractionBits);
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << fraction;
  const one = ((1n << BigInt(exponentBits - 1)) - 1n) << fraction;
  const quiet = 1n << (fraction - 1n);
  const half = one - (1n << fraction);
  return [0n, 1n, (1n << fraction) - 1n, 1n << fraction, (1n << fraction) + 1n, half, half + 1n, half - 1n, one, one + 1n, one - 1n, one + quiet, one + (1n << fraction),
    one + (2n << fraction) + quiet, one + (fraction << fraction), one + ((fraction + 1n) << fraction), one + (31n << fraction) % infinity, one + (63n << fraction) % infinity,
    infinity - 1n, infinity, infinity + 1n, infinity + quiet - 1n, infinity + quiet, infinity + quiet + 5n];
}

const edges: Readonly<Record<number, readonly bigint[]>> = {
  8: [0n, 1n, 2n, 0x7fn, 0x80n, 0x81n, 0xfen, 0xffn],
  16: floatEdges(5, 10),
  32: floatEdges(8, 23),
  64: floatEdges(11, 52),
};

export function lanes(random: Random, lane: 8 | 16 | 32 | 64): bigint {
  let all = 0n;
  for (let at = 0; at < 128; at += lane) all |= laneValue(random, lane) << BigInt(at);
  return all;
}

export function laneValue(random: Random, lane: 8 | 16 | 32 | 64): bigint {
  const sign = BigInt(random.below(2)) << BigInt(lane - 1);
  switch (random.below(8)) {
    case 0: case 1: return (random.pick(edges[lane] as readonly bigint[]) | sign) & ((1n << BigInt(lane)) - 1n);
    case 2: return BigInt.asUintN(lane, random.pick(integerEdges));
    case 3: return nearOne(random, lane) | sign;
    case 4: return BigInt(random.below(64));
    default: return BigInt.asUintN(lane, random.u64());
  }
}

/** A float of everyday size, so that sums and products neither overflow nor vanish. */
function nearOne(random: Random, lane: number): bigint {
  const fraction = ({ 8: 3, 16: 10, 32: 23, 64: 52 } as Record<number, number>)[lane] as number;
  const bias = (1 << (lane - fraction - 2)) - 1;
  const exponent = BigInt(Math.max(0, bias - 4 + random.below(10)));
  return ((exponent << BigInt(fraction)) | BigInt.asUintN(fraction, random.u64())) & ((1n << BigInt(lane - 1)) - 1n);
}

/** With it set, and FPCR 0, the host's arithmetic may be used. */
const FPSR_IXC = 0x10;

export const laneSizes = [8, 16, 32, 64] as const;

export function integer(random: Random): bigint {
  switch (random.below(8)) {
    case 0: case 1: case 2: return random.pick(integerEdges);
    case 3: return BigInt(random.below(130));
    case 4: return BigInt.asUintN(64, -BigInt(random.below(130)));
    default: return random.u64();
  }
}

/** Into the data area, mostly aligned and with room on both sides; rarely at its very ends. */
export function pointer(random: Random): bigint {
  if (random.chance(1 / 32)) return DATA + BigInt(random.pick([0, 1, DATA_SIZE - 1, DATA_SIZE - 8, DATA_SIZE - 16, DATA_SIZE]));
  const at = 0x1000 + random.below(0x6000);
  return DATA + BigInt(random.chance(0.75) ? at & ~15 : at);
}

function offset(random: Random): bigint {
  return BigInt.asUintN(64, BigInt(random.below(random.chance(0.5) ? 64 : 1024)) * (random.chance(0.25) ? -1n : 1n));
}

export function address(random: Random): bigint {
  return random.chance(0.6) ? pointer(random) : random.chance(0.8) ? offset(random) : integer(random);
}

/** Near the code, never one of its words: where a branch to a register may go. */
export function target(random: Random): bigint {
  return CODE + 0x100n + BigInt(random.below(0x1000) * 4);
}

/** Few elements, all, none, or those of one size. */
export function predicate(random: Random): number {
  switch (random.below(6)) {
    case 0: return 0xffff;
    case 1: return random.pick([0, 1, 0x8000, 0x7fff, 0x0101, 0x1111, 0x5555]);
    case 2: return 0xffff >>> random.below(17);
    case 3: return (random.u32() | random.u32()) & 0xffff;
    default: return random.u32() & 0xffff;
  }
}

/** What LDFF1 left: its first elements, often all. */
export const firstFaults = (random: Random): number => (random.chance(0.4) ? 0xffff : 0xffff >>> random.below(17));

/** From here on seeds give vectors of addresses and offsets: for gathers and scatters. */
export const ADDRESSES_IN_VECTORS = 2 ** 32;

function addresses(random: Random): bigint {
  const lane = random.pick([32, 64]);
  const kind = random.pick([pointer, offset, address]);
  let vector = 0n;
  for (let at = 0; at < 128; at += lane) vector |= BigInt.asUintN(lane, kind(random)) << BigInt(at);
  return vector;
}

/** Even seeds give integers, odd ones mostly addresses in the general registers. */
export function stateOf(seed: number): State {
  const random = new Random(seed);
  const general = seed % 2 === 0
    ? () => (random.chance(1 / 16) ? target(random) : integer(random))
    : () => address(random);
  const lane = random.pick(laneSizes);
  return {
    x: Array.from({ length: 31 }, general),
    sp: random.chance(0.9) ? pointer(random) & ~15n : pointer(random),
    nzcv: random.below(16) * 2 ** 28,
    // RMode, FZ, DN, and AHP with FZ16 now and then.
    fpcr: random.chance(0.6) ? 0 : random.below(16) << 22 | (random.chance(0.2) ? random.below(2) << 26 | random.below(2) << 19 : 0),
    fpsr: random.pick([0, 0, FPSR_IXC, FPSR_IXC, random.u32() & 0x0800_009f]),
    v: Array.from({ length: 32 }, () =>
      (seed >= ADDRESSES_IN_VECTORS ? addresses(random) : lanes(random, random.chance(0.8) ? lane : random.pick(laneSizes)))),
    p: [...Array.from({ length: 16 }, () => predicate(random)), firstFaults(random)],
  };
}

/** What the data area holds at first. */
export const dataArea: Uint8Array = (() => {
  const random = new Random(0x7e55e2a);
  const words = BigUint64Array.from({ length: DATA_SIZE / 8 }, () => laneValue(random, 64));
  return new Uint8Array(words.buffer);
})();
