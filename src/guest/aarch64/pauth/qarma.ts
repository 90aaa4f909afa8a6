/**
 * QARMA5, the cipher of FEAT_PACQARMA5: ARM DDI 0487, J1.1 ComputePAC and what it calls; R. Avanzi, "The QARMA Block
 * Cipher Family" (QARMA-64 with sigma 2 and five rounds). A block is 16 cells of 4 bits, cell 0 the topmost.
 * What is linear of a round is done by the eight bytes of the block, with a table for each: a kernel authenticates every
 * return address.
 */

/** A 128-bit key as the registers have it. */
export interface Key {
  readonly high: bigint;
  readonly low: bigint;
}

const sigma = [11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10];
const tau = [0, 11, 6, 13, 10, 1, 12, 7, 5, 14, 3, 8, 15, 4, 9, 2];
const tweakOrder = [6, 5, 14, 15, 0, 1, 2, 3, 7, 12, 13, 4, 8, 9, 10, 11];
/** Cells of the tweak that go through the shift register. */
const registerCells = new Set([0, 1, 3, 4, 8, 11, 13]);
const roundConstants = [0x0n, 0x13198a2e03707344n, 0xa4093822299f31d0n, 0x082efa98ec4e6c89n, 0x452821e638d01377n];
const ALPHA = 0xc0ac29b7c97c50ddn;
const ROUNDS = roundConstants.length;

type Cells = readonly number[];

const rotate = (cell: number, n: number): number => ((cell << n) | (cell >>> (4 - n))) & 15;
const shuffle = (cells: Cells): Cells => tau.map(from => cells[from] as number);
const invShuffle = (cells: Cells): Cells => cells.map((_, i) => cells[tau.indexOf(i)] as number);
/** PACMult: each column by the circulant of 0, rho, rho squared, rho. It is its own inverse. */
const multiply = (cells: Cells): Cells =>
  cells.map((_, i) => {
    const below = (rows: number): number => cells[(i + 4 * rows) % 16] as number;
    return rotate(below(1), 1) ^ rotate(below(2), 2) ^ rotate(below(3), 1);
  });
const tweak = (cells: Cells): Cells =>
  tweakOrder.map((from, i) => {
    const cell = cells[from] as number;
    return registerCells.has(i) ? ((cell ^ (cell >>> 1)) & 1) << 3 | (cell >>> 1) : cell;
  });

/** A linear map of blocks, as what each value of each byte becomes: the sum of what its bits become. The result is in `low` and `high`. */
class Linear {
  low = 0;
  high = 0;
  private readonly lows = new Int32Array(8 * 256);
  private readonly highs = new Int32Array(8 * 256);

  constructor(map: (cells: Cells) => Cells) {
    const { lows, highs } = this;
    const half = (cells: Cells): number => cells.reduce((bits, cell) => (bits << 4) | cell, 0);
    for (let at = 0; at < lows.length; at++) {
      const value = at & 255;
      const rest = value & (value - 1);
      if (rest !== 0) {
        const byte = at - value;
        lows[at] = lows[byte + rest]! ^ lows[byte + (value ^ rest)]!;
        highs[at] = highs[byte + rest]! ^ highs[byte + (value ^ rest)]!;
      } else if (value !== 0) {
        const cells = new Array<number>(16).fill(0);
        const cell = 15 - 2 * (at >>> 8);
        cells[cell - 1] = value >>> 4;
        cells[cell] = value & 15;
        const image = map(cells);
        highs[at] = half(image.slice(0, 8));
        lows[at] = half(image.slice(8));
      }
    }
  }

  apply(low: number, high: number): void {
    const { lows, highs } = this;
    const a = low & 255;
    const b = 256 | ((low >>> 8) & 255);
    const c = 512 | ((low >>> 16) & 255);
    const d = 768 | (low >>> 24);
    const e = 1024 | (high & 255);
    const f = 1280 | ((high >>> 8) & 255);
    const g = 1536 | ((high >>> 16) & 255);
    const h = 1792 | (high >>> 24);
    this.low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!;
    this.high = highs[a]! ^ highs[b]! ^ highs[c]! ^ highs[d]! ^ highs[e]! ^ highs[f]! ^ highs[g]! ^ highs[h]!;
  }
}

const diffuse = new Linear(cells => multiply(shuffle(cells)));
const undiffuse = new Linear(cells => invShuffle(multiply(cells)));
/** Of the reflector's second half: the substitution between its shuffle and multiplication goes before both. */
const reflect = new Linear(cells => invShuffle(multiply(invShuffle(cells))));
const nextTweak = new Linear(tweak);

/** Two cells at once. */
const pairs = (cells: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, value) => ((cells[value >>> 4] as number) << 4) | (cells[value & 15] as number));
const substitution = pairs(sigma);
const inverseSubstitution = pairs(sigma.map((_, cell) => sigma.indexOf(cell)));

const substitute = (table: Uint8Array, x: number): number =>
  table[x & 255]! | (table[(x >>> 8) & 255]! << 8) | (table[(x >>> 16) & 255]! << 16) | (table[x >>> 24]! << 24);

const lowOf = (x: bigint): number => Number(BigInt.asIntN(32, x));
const highOf = (x: bigint): number => Number(BigInt.asIntN(32, x >> 32n));
const lowConstants = Int32Array.from(roundConstants, lowOf);
const highConstants = Int32Array.from(roundConstants, highOf);
const ALPHA_LOW = lowOf(ALPHA);
const ALPHA_HIGH = highOf(ALPHA);
/** The tweak of each round. */
const lowTweaks = new Int32Array(ROUNDS + 1);
const highTweaks = new Int32Array(ROUNDS + 1);

/** ComputePAC. */
export function QARMA5(data: bigint, modifier: bigint, key: Key): bigint {
  const k0l = lowOf(key.high);
  const k0h = highOf(key.high);
  const k1l = lowOf(key.low);
  const k1h = highOf(key.low);
  // key0 rotated right by one, with its top bit added to its lowest.
  const m0l = (k0l >>> 1) | (k0h << 31);
  const m0h = (k0h >>> 1) | (k0l << 31);
  const modkl = m0l ^ (k0h >>> 31);
  const modkh = m0h;

  let low = lowOf(data) ^ k0l;
  let high = highOf(data) ^ k0h;
  lowTweaks[0] = lowOf(modifier);
  highTweaks[0] = highOf(modifier);
  for (let i = 0; i < ROUNDS; i++) {
    const tl = lowTweaks[i]!;
    const th = highTweaks[i]!;
    low ^= k1l ^ tl ^ lowConstants[i]!;
    high ^= k1h ^ th ^ highConstants[i]!;
    if (i > 0) {
      diffuse.apply(low, high);
      ({ low, high } = diffuse);
    }
    low = substitute(substitution, low);
    high = substitute(substitution, high);
    nextTweak.apply(tl, th);
    lowTweaks[i + 1] = nextTweak.low;
    highTweaks[i + 1] = nextTweak.high;
  }
  diffuse.apply(low ^ modkl ^ lowTweaks[ROUNDS]!, high ^ modkh ^ highTweaks[ROUNDS]!);
  diffuse.apply(substitute(substitution, diffuse.low), substitute(substitution, diffuse.high));
  low = substitute(inverseSubstitution, diffuse.low ^ k1l);
  high = substitute(inverseSubstitution, diffuse.high ^ k1h);
  reflect.apply(low, high);
  low = reflect.low ^ k0l ^ lowTweaks[ROUNDS]!;
  high = reflect.high ^ k0h ^ highTweaks[ROUNDS]!;
  for (let i = ROUNDS - 1; i >= 0; i--) {
    low = substitute(inverseSubstitution, low);
    high = substitute(inverseSubstitution, high);
    if (i > 0) {
      undiffuse.apply(low, high);
      ({ low, high } = undiffuse);
    }
    low ^= k1l ^ lowTweaks[i]! ^ lowConstants[i]! ^ ALPHA_LOW;
    high ^= k1h ^ highTweaks[i]! ^ highConstants[i]! ^ ALPHA_HIGH;
  }
  return (BigInt((high ^ modkh) >>> 0) << 32n) | BigInt((low ^ modkl) >>> 0);
}
