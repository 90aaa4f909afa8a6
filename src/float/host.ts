/**
 * Arithmetic by the host's, with what it lost: the errors of the host's operations are themselves numbers that it can
 * calculate (Dekker 1971; Knuth, TAOCP 4.2.2; Boldo and Melquiond 2008). No operand is a NaN.
 */

/**
 * Operands and what an operation finds, side by side: numbers that cross calls as arguments are allocated. Places:
 * - X, Y, Z: the operands.
 * - VALUE: double precision: the exact result, rounded to nearest even; narrower formats: a number that rounds to them as
 *   the exact result does.
 * - ERROR: the sign of what VALUE lacks to the exact result; 0 where it is that, or not finite.
 * - BY_ZERO: 1 where the result is infinite because a finite number was divided by zero.
 */
export type Work = Float64Array;
export const [X, Y, Z, VALUE, ERROR, BY_ZERO] = [0, 1, 2, 3, 4, 5] as const;
export const newWork = (): Work => new Float64Array(6);

/** Whether what it finds is sure. */
export type HostOperation = (work: Work) => boolean;

/** `narrow` is single and half precision. */
export interface HostOperations {
  readonly narrow: HostOperation;
  readonly double: HostOperation;
}

/** Above it, products have errors that don't underflow; below `HUGE`, factors can be split. */
const TINY = 2 ** -900;
const HUGE = 2 ** 990;

/** The error of sum = x + y. */
export function sumError(x: number, y: number, sum: number): number {
  const yRounded = sum - x;
  return x - (sum - yRounded) + (y - yRounded);
}

/** The error of product = x * y, which is above TINY; factors are below HUGE. */
function productError(x: number, y: number, product: number): number {
  const xHigh = upper(x);
  const yHigh = upper(y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  return xHigh * yHigh - product + xHigh * yLow + xLow * yHigh + xLow * yLow;
}

/** The upper half of the significand. */
function upper(x: number): number {
  const scaled = x * (2 ** 27 + 1);
  return scaled - (scaled - x);
}

/** What brings tiny numbers to where errors don't underflow, and back. */
const UP = 2 ** 600;
const DOWN = 2 ** -600;
/** The smallest normal number up there. */
const SMALLEST_UP = 2 ** -422;

/** Whether the factors and the product are such that productError holds. */
const splits = (x: number, y: number, product: number): boolean =>
  Math.abs(x) < HUGE && Math.abs(y) < HUGE && Math.abs(product) > TINY && Math.abs(product) < HUGE;

export function put(work: Work, value: number, error: number): true {
  work[VALUE] = value;
  work[ERROR] = error;
  work[BY_ZERO] = 0;
  return true;
}

const xOf = (work: Work): number => work[X] as number;
const yOf = (work: Work): number => work[Y] as number;
const zOf = (work: Work): number => work[Z] as number;

export const hostMaximum: HostOperation = work => put(work, Math.max(xOf(work), yOf(work)), 0);
export const hostMinimum: HostOperation = work => put(work, Math.min(xOf(work), yOf(work)), 0);

function addTo(work: Work, x: number, y: number): boolean {
  const sum = x + y;
  if (!Number.isFinite(sum)) return put(work, sum, 0);
  const error = sumError(x, y, sum);
  return Number.isFinite(error) && put(work, sum, error);
}
const add: HostOperation = work => addTo(work, xOf(work), yOf(work));
const subtract: HostOperation = work => addTo(work, xOf(work), -yOf(work));
export const hostAdd: HostOperations = { double: add, narrow: add };
export const hostSubtract: HostOperations = { double: subtract, narrow: subtract };

export const hostMultiply: HostOperations = {
  double: work => {
    const x = xOf(work);
    const y = yOf(work);
    const product = x * y;
    if (x === 0 || y === 0 || !Number.isFinite(product)) return put(work, product, 0);
    if (Math.abs(product) <= TINY) return tinyProduct(work, x, y, product);
    return splits(x, y, product) && put(work, product, productError(x, y, product));
  },
  narrow: work => put(work, xOf(work) * yOf(work), 0),
};

function tinyProduct(work: Work, x: number, y: number, product: number): boolean {
  const [smaller, other] = Math.abs(x) < Math.abs(y) ? [x, y] : [y, x];
  const scaled = smaller * UP * other;
  // Far below half of the smallest number.
  if (Math.abs(scaled) <= TINY) return put(work, product, x < 0 === y < 0 ? 1 : -1);
  return splits(smaller * UP, other, scaled) && put(work, product, scaled - product * UP + productError(smaller * UP, other, scaled));
}

/** Of narrow operands neither a quotient nor a root can come closer to a narrow number, or to the middle of two, than a double tells. */
export const hostDivide: HostOperations = {
  double: work => {
    const x = xOf(work);
    const y = yOf(work);
    const quotient = x / y;
    if (x === 0 || y === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return divided(work, quotient, x, y);
    const rest = Math.abs(x) < 2 ** -300 || Math.abs(quotient) <= TINY
      ? Math.abs(quotient) < 1 ? remainder(x * UP, quotient * UP, y) : remainder(x * UP, quotient, y * UP)
      : remainder(x, quotient, y);
    return !Number.isNaN(rest) && put(work, quotient, y < 0 ? -rest : rest);
  },
  narrow: work => divided(work, xOf(work) / yOf(work), xOf(work), yOf(work)),
};

/** x - quotient * y, or NaN where that isn't sure. */
function remainder(x: number, quotient: number, y: number): number {
  const product = quotient * y;
  if (quotient === 0) return x;
  if (!splits(quotient, y, product) || Math.abs(x) > HUGE) return NaN;
  return x - product - productError(quotient, y, product);
}

function divided(work: Work, quotient: number, x: number, y: number): true {
  put(work, quotient, 0);
  if (y === 0 && x !== 0 && Number.isFinite(x)) work[BY_ZERO] = 1;
  return true;
}

/** The root of x. */
export const hostRoot: HostOperations = {
  double: work => {
    const x = xOf(work);
    const root = Math.sqrt(x);
    if (!(x > 0) || x === Infinity) return put(work, root, 0);
    if (x < 2 ** -800) return put(work, root, remainder(x * UP, root * 2 ** 300, root * 2 ** 300));
    const rest = remainder(x, root, root);
    return !Number.isNaN(rest) && put(work, root, rest);
  },
  narrow: work => put(work, Math.sqrt(xOf(work)), 0),
};

const bits = new Uint32Array(2);
const double = new Float64Array(bits.buffer);

/** value + error rounded to odd, where value is that sum rounded to nearest: rounding the outcome once more is then harmless. */
export function roundToOdd(value: number, error: number): number {
  if (error === 0) return value;
  double[0] = value;
  let low = bits[0] as number;
  let high = bits[1] as number;
  if (value < 0 !== error < 0 && low-- === 0) high--;
  bits[0] = low | 1;
  bits[1] = high;
  return double[0];
}

const allFinite = (x: number, y: number, z: number): boolean => Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z);

/** x + y * z where one of them is infinite. */
const infiniteSum = (work: Work, x: number, y: number, z: number): true =>
  put(work, Number.isFinite(y) && Number.isFinite(z) ? x : y * z + x, 0);

function multiplyAddDouble(work: Work, x: number, y: number, z: number): boolean {
  const product = y * z;
  if (!allFinite(x, y, z)) return infiniteSum(work, x, y, z);
  if (y === 0 || z === 0) return put(work, x + product, 0);
  if (Math.abs(product) < 2 ** -300) {
    if (Math.abs(x) < 2 ** -300) return tinySum(work, x, y, z);
    if (Math.abs(product) <= TINY) return put(work, x, y < 0 === z < 0 ? 1 : -1);
  }
  if (!splits(y, z, product) || Math.abs(x) > HUGE) return false;
  const lost = productError(y, z, product);
  const sum = x + product;
  const left = sumError(x, product, sum);
  const error = left + lost;
  const rest = sumError(left, lost, error);
  // A sum that lost something didn't cancel: what is left of both errors is then below anything that a double can hold.
  const small = roundToOdd(error, rest);
  const result = sum + small;
  return put(work, result, sumError(sum, small, result) || rest);
}

/** x + y * z where both summands are small: as above, but far from underflow. */
function tinySum(work: Work, x: number, y: number, z: number): boolean {
  const [factor, other] = Math.abs(y) < Math.abs(z) ? [y * UP, z] : [z * UP, y];
  const product = factor * other;
  if (!splits(factor, other, product)) return false;
  const lost = productError(factor, other, product);
  const sum = x * UP + product;
  const left = sumError(x * UP, product, sum);
  const error = left + lost;
  const rest = sumError(left, lost, error);
  const small = roundToOdd(error, rest);
  const near = sum + small;
  const off = sumError(sum, small, near) || rest;
  if (Math.abs(near) >= SMALLEST_UP) return put(work, near * DOWN, off);
  // Rounding once more is harmless where at least two bits go.
  if (Math.abs(near) >= SMALLEST_UP / 4 && off !== 0) return false;
  const scaled = roundToOdd(near, off);
  const result = scaled * DOWN;
  return put(work, result, scaled - result * UP);
}

function multiplyAddNarrow(work: Work, x: number, y: number, z: number): boolean {
  if (!allFinite(x, y, z)) return infiniteSum(work, x, y, z);
  const product = y * z;
  const sum = x + product;
  return put(work, roundToOdd(sum, sumError(x, product, sum)), 0);
}

/** x + y * z, rounded once. */
export const hostMultiplyAdd: HostOperations = {
  double: work => multiplyAddDouble(work, xOf(work), yOf(work), zOf(work)),
  narrow: work => multiplyAddNarrow(work, xOf(work), yOf(work), zOf(work)),
};

/** addend - x * y. */
export const hostMultiplySubtract = (addend: number): HostOperations => ({
  double: work => multiplyAddDouble(work, addend, -xOf(work), yOf(work)),
  narrow: work => multiplyAddNarrow(work, addend, -xOf(work), yOf(work)),
});
