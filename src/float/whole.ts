/**
 * Doubles that are whole numbers of up to 53 bits: what the host makes of them was not rounded if it is one, too. For
 * exact operations, as a shortcut that spares the bigints.
 */

const floats = new Float64Array(1);
const bits = new BigUint64Array(floats.buffer);
/** A sum of this size may have been rounded to it. */
const LIMIT = 2 ** 53;

function valueOf(op: bigint): number {
  bits[0] = op;
  return floats[0] as number;
}

const small = (x: number): boolean => Number.isInteger(x) && Math.abs(x) < LIMIT;

/** The host's function; NaN where a whole result may be rounded nevertheless. */
export type WholeFunction = (x: number, y: number, z: number) => number;

/** What `host` gives, where rounding is to nearest; undefined where all aren't whole. Its zeros have the sign that this rounding gives. */
export function whole(host: WholeFunction, x: bigint, y: bigint, z: bigint): bigint | undefined {
  const [a, b, c] = [valueOf(x), valueOf(y), valueOf(z)];
  const result = host(a, b, c);
  if (!small(a) || !small(b) || !small(c) || !small(result)) return undefined;
  floats[0] = result;
  return bits[0] as bigint;
}

export const wholeSum: WholeFunction = (x, y) => x + y;
export const wholeDifference: WholeFunction = (x, y) => x - y;
export const wholeProduct: WholeFunction = (x, y) => x * y;
export const wholeQuotient: WholeFunction = (x, y) => (x % y === 0 ? x / y : Number.NaN);
/** addend + op1 * op2. */
export const wholeMultiplyAdd: WholeFunction = (addend, op1, op2) => (small(op1 * op2) ? op1 * op2 + addend : Number.NaN);
