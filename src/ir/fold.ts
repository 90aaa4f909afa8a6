/** Constant folding and identities of integer operations, over constants as 32-bit halves. */
import { op } from '../wasm/opcodes.ts';
import type { Graph } from './graph.ts';

const ltU = (a: number, b: number): boolean => a >>> 0 < b >>> 0;

/** Folds a two-operand i32 operation of constants; undefined where it isn't one that is worth it. */
export function fold32(o: number, x: number, y: number): number | undefined {
  switch (o) {
    case op.i32Add: return (x + y) | 0;
    case op.i32Sub: return (x - y) | 0;
    case op.i32Mul: return Math.imul(x, y);
    case op.i32And: return x & y;
    case op.i32Or: return x | y;
    case op.i32Xor: return x ^ y;
    case op.i32Shl: return x << y;
    case op.i32ShrU: return (x >>> y) | 0;
    case op.i32ShrS: return x >> y;
    case op.i32Rotl: return (x << (y & 31)) | (x >>> (-y & 31));
    case op.i32Rotr: return (x >>> (y & 31)) | (x << (-y & 31));
    case op.i32Eq: return x === y ? 1 : 0;
    case op.i32Ne: return x !== y ? 1 : 0;
    case op.i32LtS: return x < y ? 1 : 0;
    case op.i32LtU: return ltU(x, y) ? 1 : 0;
    case op.i32LeS: return x <= y ? 1 : 0;
    case op.i32LeU: return ltU(y, x) ? 0 : 1;
    default: return undefined;
  }
}

/** Folds a two-operand i64 operation of constants xh:xl and yh:yl into a constant node, or gives -1. */
export function fold64(g: Graph, o: number, xl: number, xh: number, yl: number, yh: number): number {
  switch (o) {
    case op.i64Add: return add64(g, xl, xh, yl, yh);
    case op.i64Sub: return add64(g, xl, xh, -yl | 0, (~yh + (yl === 0 ? 1 : 0)) | 0);
    case op.i64And: return g.i64(xl & yl, xh & yh);
    case op.i64Or: return g.i64(xl | yl, xh | yh);
    case op.i64Xor: return g.i64(xl ^ yl, xh ^ yh);
    case op.i64Shl: {
      const n = yl & 63;
      if (n === 0) return g.i64(xl, xh);
      return n < 32 ? g.i64(xl << n, (xh << n) | (xl >>> (32 - n))) : g.i64(0, xl << (n - 32));
    }
    case op.i64ShrU: {
      const n = yl & 63;
      if (n === 0) return g.i64(xl, xh);
      return n < 32 ? g.i64((xl >>> n) | (xh << (32 - n)), xh >>> n) : g.i64(xh >>> (n - 32), 0);
    }
    case op.i64ShrS: {
      const n = yl & 63;
      if (n === 0) return g.i64(xl, xh);
      return n < 32 ? g.i64((xl >>> n) | (xh << (32 - n)), xh >> n) : g.i64(xh >> (n - 32), xh >> 31);
    }
    case op.i64Eq: return g.i32(xl === yl && xh === yh ? 1 : 0);
    case op.i64Ne: return g.i32(xl === yl && xh === yh ? 0 : 1);
    default: return -1;
  }
}

function add64(g: Graph, xl: number, xh: number, yl: number, yh: number): number {
  const lo = (xl + yl) | 0;
  return g.i64(lo, (xh + yh + (ltU(lo, xl) ? 1 : 0)) | 0);
}

const ZERO_IS_NEUTRAL = 1;
const ONES_ARE_NEUTRAL = 2;
/** By opcode: which right operand leaves the left one as it is. */
const neutral = new Uint8Array(256);
for (const o of [
  op.i32Add, op.i32Sub, op.i32Or, op.i32Xor, op.i32Shl, op.i32ShrU, op.i32ShrS, op.i32Rotl, op.i32Rotr,
  op.i64Add, op.i64Sub, op.i64Or, op.i64Xor, op.i64Shl, op.i64ShrU, op.i64ShrS, op.i64Rotl, op.i64Rotr,
]) neutral[o] = ZERO_IS_NEUTRAL;
for (const o of [op.i32And, op.i64And]) neutral[o] = ONES_ARE_NEUTRAL;

/** Whether `x o y` is x for this constant y: adding, or-ing, shifting by 0 and the like. */
export function isRightIdentity(g: Graph, o: number, y: number): boolean {
  const kind = neutral[o]!;
  return kind !== 0 && g.isValue(y, kind === ZERO_IS_NEUTRAL ? 0 : -1);
}
