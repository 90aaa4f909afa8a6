/** FEXPA's table (Arm ARM DDI 0487, J1: FPExpCoefficient): the fractions of 2 ** (i / n), rounded to nearest. */
import { formatOf, ones, type FpSize } from './format.ts';

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

/** The number whose exponent is the upper bits of `op`, and whose fraction is the one that its lower bits choose. */
export function FPExpCoefficient(N: FpSize, op: bigint): bigint {
  const { E, F } = formatOf(N);
  const coefficients = tables.get(N) ?? table(N);
  tables.set(N, coefficients);
  const fraction = coefficients[Number(op & ones(indexBits[N]))] as bigint;
  return (((op >> BigInt(indexBits[N])) & ones(E)) << BigInt(F)) | fraction;
}
