/**
 * Arithmetic by the host's, with what it lost: the errors of the host's operations are themselves numbers that it can
 * calculate (Dekker 1971; Knuth, TAOCP 4.2.2; Boldo and Melquiond 2008). No operand is a NaN.
 */

/** What an operation finds. */
export interface Found {
  /**
   * Double precision: the exact result, rounded to nearest even. Narrower formats: a number that rounds to them as the
   * exact result does.
   */
  value: number;
  /** The sign of what `value` lacks to the exact result; 0 where it is that, or not finite. */
  error: number;
  /** The result is infinite because a finite number was divided by zero. */
  byZero: boolean;
}

export const nothingFound = (): Found => ({ value: 0, error: 0, byZero: false });

/** Whether what `found` says is sure. */
export type HostOperation = (x: number, y: number, z: number, found: Found) => boolean;

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

/** Whether the factors and the product are such that productError holds. */
const splits = (x: number, y: number, product: number): boolean =>
  Math.abs(x) < HUGE && Math.abs(y) < HUGE && Math.abs(product) > TINY && Math.abs(product) < HUGE;

function put(found: Found, value: number, error: number): true {
  found.value = value;
  found.error = error;
  found.byZero = false;
  return true;
}

export const hostMaximum: HostOperation = (x, y, _z, found) => put(found, Math.max(x, y), 0);
export const hostMinimum: HostOperation = (x, y, _z, found) => put(found, Math.min(x, y), 0);

const add: HostOperation = (x, y, _z, found) => {
  const sum = x + y;
  if (!Number.isFinite(sum)) return put(found, sum, 0);
  const error = sumError(x, y, sum);
  return Number.isFinite(error) && put(found, sum, error);
};
const subtract: HostOperation = (x, y, z, found) => add(x, -y, z, found);
export const hostAdd: HostOperations = { double: add, narrow: add };
export const hostSubtract: HostOperations = { double: subtract, narrow: subtract };

export const hostMultiply: HostOperations = {
  double: (x, y, _z, found) => {
    const product = x * y;
    if (x === 0 || y === 0 || !Number.isFinite(product)) return put(found, product, 0);
    return splits(x, y, product) && put(found, product, productError(x, y, product));
  },
  narrow: (x, y, _z, found) => put(found, x * y, 0),
};

/** Of narrow operands neither a quotient nor a root can come closer to a narrow number, or to the middle of two, than a double tells. */
export const hostDivide: HostOperations = {
  double: (x, y, _z, found) => {
    const quotient = x / y;
    if (x === 0 || y === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return divided(found, quotient, x, y);
    const product = quotient * y;
    if (!splits(quotient, y, product) || Math.abs(x) > HUGE) return false;
    const rest = x - product - productError(quotient, y, product);
    return put(found, quotient, y < 0 ? -rest : rest);
  },
  narrow: (x, y, _z, found) => divided(found, x / y, x, y),
};

function divided(found: Found, quotient: number, x: number, y: number): true {
  put(found, quotient, 0);
  found.byZero = y === 0 && x !== 0 && Number.isFinite(x);
  return true;
}

/** The root of x. */
export const hostRoot: HostOperations = {
  double: (x, _y, _z, found) => {
    const root = Math.sqrt(x);
    if (!(x > 0) || x === Infinity) return put(found, root, 0);
    const product = root * root;
    return splits(root, root, product) && put(found, root, x - product - productError(root, root, product));
  },
  narrow: (x, _y, _z, found) => put(found, Math.sqrt(x), 0),
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

/** x + y * z where one of them is infinite. */
const infiniteSum = (found: Found, x: number, y: number, z: number): true =>
  put(found, Number.isFinite(y) && Number.isFinite(z) ? x : y * z + x, 0);

/** x + y * z, rounded once. */
export const hostMultiplyAdd: HostOperations = {
  double: (x, y, z, found) => {
    const product = y * z;
    if (!Number.isFinite(x) || !Number.isFinite(y) || !Number.isFinite(z)) return infiniteSum(found, x, y, z);
    if (y === 0 || z === 0) return put(found, x + product, 0);
    if (!splits(y, z, product) || Math.abs(x) > HUGE) return false;
    const lost = productError(y, z, product);
    const sum = x + product;
    const left = sumError(x, product, sum);
    const error = left + lost;
    const rest = sumError(left, lost, error);
    // A sum that lost something didn't cancel: what is left of both errors is then below anything that a double can hold.
    const small = roundToOdd(error, rest);
    const result = sum + small;
    return put(found, result, sumError(sum, small, result) || rest);
  },
  narrow: (x, y, z, found) => {
    if (!Number.isFinite(x) || !Number.isFinite(y) || !Number.isFinite(z)) return infiniteSum(found, x, y, z);
    const product = y * z;
    const sum = x + product;
    return put(found, roundToOdd(sum, sumError(x, product, sum)), 0);
  },
};

/** addend - x * y. */
export const hostMultiplySubtract = (addend: number): HostOperations => ({
  double: (x, y, _z, found) => hostMultiplyAdd.double(addend, -x, y, found),
  narrow: (x, y, _z, found) => hostMultiplyAdd.narrow(addend, -x, y, found),
});
