/**
 * Single and double precision by the host's arithmetic, rounded to nearest even, with the knowledge of whether a result
 * is exact: the errors of the host's operations are themselves numbers that it can calculate (Dekker 1971; Knuth, TAOCP
 * 4.2.2; Boldo and Melquiond 2008). Operands and results are finite, and results beyond doubt; where they aren't, an
 * operation says so.
 */

/** What an operation finds: its result, and whether it was rounded. */
export interface Found {
  result: number;
  inexact: boolean;
}

/** Whether the result is sure; it is in `found` then. */
export type HostOperation = (x: number, y: number, z: number, found: Found) => boolean;

export interface HostOperations {
  readonly 32: HostOperation;
  readonly 64: HostOperation;
}

/** Above it, products have errors that don't underflow; below `HUGE`, factors can be split. */
const TINY = 2 ** -900;
const HUGE = 2 ** 990;

/** The error of sum = x + y. */
function sumError(x: number, y: number, sum: number): number {
  const yRounded = sum - x;
  return x - (sum - yRounded) + (y - yRounded);
}

/** The error of product = x * y, which is above TINY; factors are below HUGE. */
function productError(x: number, y: number, product: number): number {
  const xHigh = upper(x);
  const yHigh = upper(y);
  const [xLow, yLow] = [x - xHigh, y - yHigh];
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

function put(found: Found, result: number, inexact: boolean): boolean {
  found.result = result;
  found.inexact = inexact;
  return true;
}

/** The double `value`, of which `error` was lost, in single precision. Rounding twice does no harm to a single operation. */
function single(found: Found, value: number, error = 0): boolean {
  const result = Math.fround(value);
  return put(found, result, result !== value || error !== 0);
}

const add: HostOperation = (x, y, _z, found) => {
  const sum = x + y;
  const error = sumError(x, y, sum);
  return Number.isFinite(error) && put(found, sum, error !== 0);
};

export const hostMaximum: HostOperation = (x, y, _z, found) => put(found, Math.max(x, y), false);
export const hostMinimum: HostOperation = (x, y, _z, found) => put(found, Math.min(x, y), false);

export const hostAdd: HostOperations = {
  64: add,
  32: (x, y, _z, found) => single(found, x + y, sumError(x, y, x + y)),
};

export const hostMultiply: HostOperations = {
  64: (x, y, _z, found) => {
    const product = x * y;
    if (x === 0 || y === 0) return put(found, product, false);
    return splits(x, y, product) && put(found, product, productError(x, y, product) !== 0);
  },
  32: (x, y, _z, found) => single(found, x * y),
};

export const hostDivide: HostOperations = {
  64: (x, y, _z, found) => {
    if (y === 0) return false;
    const quotient = x / y;
    if (x === 0) return put(found, quotient, false);
    const product = quotient * y;
    if (!splits(quotient, y, product) || Math.abs(x) > HUGE) return false;
    return put(found, quotient, x - product !== productError(quotient, y, product));
  },
  32: (x, y, _z, found) => {
    if (y === 0) return false;
    const quotient = Math.fround(x / y);
    return put(found, quotient, quotient * y !== x);
  },
};

/** The root of x. */
export const hostRoot: HostOperations = {
  64: (x, _y, _z, found) => {
    const root = Math.sqrt(x);
    if (x === 0) return put(found, root, false);
    const product = root * root;
    return x > 0 && splits(root, root, product) && put(found, root, x - product !== productError(root, root, product));
  },
  32: (x, _y, _z, found) => {
    const root = Math.fround(Math.sqrt(x));
    return x >= 0 && put(found, root, root * root !== x);
  },
};

const bits = new Uint32Array(2);
const double = new Float64Array(bits.buffer);

/** value + error rounded to odd, where value is that sum rounded to nearest: rounding the outcome once more is then harmless. */
function roundToOdd(value: number, error: number): number {
  if (error === 0) return value;
  double[0] = value;
  let [low, high] = [bits[0] as number, bits[1] as number];
  if (value < 0 !== error < 0 && low-- === 0) high--;
  bits[0] = low | 1;
  bits[1] = high;
  return double[0];
}

/** x + y * z, rounded once. */
export const hostMultiplyAdd: HostOperations = {
  64: (x, y, z, found) => {
    const product = y * z;
    if (y === 0 || z === 0) return put(found, x + product, false);
    if (!splits(y, z, product) || Math.abs(x) > HUGE) return false;
    const lost = productError(y, z, product);
    const sum = x + product;
    const left = sumError(x, product, sum);
    const error = left + lost;
    const rest = sumError(left, lost, error);
    // A sum that lost something didn't cancel: what is left of both errors is then below anything that a double can hold.
    const small = roundToOdd(error, rest);
    const result = sum + small;
    return put(found, result, rest !== 0 || sumError(sum, small, result) !== 0);
  },
  32: (x, y, z, found) => {
    const product = y * z;
    const sum = x + product;
    const error = sumError(x, product, sum);
    return single(found, roundToOdd(sum, error), error);
  },
};
