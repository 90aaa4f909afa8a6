/** FEXPA's table (Arm ARM DDI 0487, J1: FPExpCoefficient): the fractions of 2 ** (i / n), rounded to nearest. */
import type { Arena } from '../../../base/arena.ts';
import { formatOf, ones, type FpSize } from './format.ts';
import { clear, putBits, SLOT } from './lane.ts';

/** Bits of an index into the table. */
const indexBits = { 16: 5, 32: 6, 64: 6 } as const;

const PRECISION = 256n;

/** The integer part of a square root, by Newton's steps from above. */
function squareRoot(x: bigint): bigint {
  let root = 1n << BigInt((x.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + x / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function table(N: FpSize): bigint[] {
  let ratio = 2n << PRECISION;
  for (let i = 0; i < indexBits[N]; i++) ratio = squareRoot(ratio << PRECISION);
  const spare = PRECISION - BigInt(formatOf(N).F);
  const made: bigint[] = [];
  for (let power = 1n << PRECISION; made.length < 2 ** indexBits[N]; power = (power * ratio) >> PRECISION) {
    made.push(((power + (1n << (spare - 1n))) >> spare) & ones(formatOf(N).F));
  }
  return made;
}

const tables = new Map<FpSize, bigint[]>();

function tableOf(N: FpSize): bigint[] {
  const known = tables.get(N) ?? table(N);
  tables.set(N, known);
  return known;
}

/** The number whose exponent is the upper bits of `op`, and whose fraction is the one that its lower bits choose. */
export function FPExpCoefficient(N: FpSize, op: bigint): bigint {
  const { E, F } = formatOf(N);
  const fraction = tableOf(N)[Number(op & ones(indexBits[N]))] as bigint;
  return (((op >> BigInt(indexBits[N])) & ones(E)) << BigInt(F)) | fraction;
}

/** Of each entry the upper word of a number with exponent 0, as lane.ts has it, and of doubles the lower one. */
interface Words {
  readonly upper: Uint32Array;
  readonly lower: Uint32Array;
}
const words = new Map<FpSize, Words>();

function wordsOf(N: FpSize): Words {
  const fractions = tableOf(N);
  const upperAt = BigInt(N === 64 ? 32 : N - 32);
  const known = words.get(N) ?? {
    upper: Uint32Array.from(fractions, f => Number(upperAt < 0n ? f << -upperAt : f >> upperAt)),
    lower: Uint32Array.from(fractions, f => Number(BigInt.asUintN(32, f))),
  };
  words.set(N, known);
  return known;
}

/** Of a vector and its shape, without bigints (see quick.ts). */
export function quickExponential(_cpu: unknown, arena: Arena, arg: number, result: number): boolean {
  const shape = arena.u32[(arg + SLOT) >>> 2] as number;
  const N = (shape & 0xff) as FpSize;
  const { upper, lower } = wordsOf(N);
  const size = N / 8;
  const exponentAt = N === 64 ? 20 : N === 32 ? 23 : 26;
  const exponents = 2 ** formatOf(N).E - 1;
  clear(arena, result);
  for (let at = arg, to = result, end = arg + ((shape >>> 8) & 0xff) * size; at < end; at += size, to += size) {
    const op = (N === 16 ? arena.u16[at >>> 1] : arena.u32[at >>> 2]) as number;
    const index = op & (upper.length - 1);
    putBits(arena, N, to, (((op >>> indexBits[N]) & exponents) << exponentAt) | (upper[index] as number), lower[index]);
  }
  return true;
}
