/**
 * Condition flags. A flags node names the operation that produced them and its operands; a condition on one becomes
 * a plain comparison, and only a flags value that is really stored is ever packed into NZCV bits.
 */
import { NONE } from './graph.ts';
import { isFlags, pseudo } from './ops.ts';
import type { Node, Values } from './values.ts';

/** 0 or 1: whether AArch64 condition code `cond` holds. */
export function condition(v: Values, cond: number, nzcv: Node): Node {
  if (cond >= 14) return v.i32(1);
  const o = v.g.op[nzcv] as number;
  const positive = isFlags(o) ? ofOperation(v, cond >> 1, nzcv) : ofPacked(v, cond >> 1, nzcv);
  return cond & 1 ? not(v, positive) : positive;
}

function not(v: Values, c: Node): Node { return v.eqz(c); }

/** Pairs of conditions by their positive member: EQ CS MI VS HI GE GT. */
function ofOperation(v: Values, pair: number, n: Node): Node {
  const { g } = v;
  const x = g.a[n] as Node;
  const y = g.b[n] as Node;
  switch (g.op[n]) {
    case pseudo.flagsSub:
      switch (pair) {
        case 0: return v.eq(x, y);
        case 1: return v.leU(y, x);
        case 2: return negative(v, v.sub(x, y));
        case 4: return v.ltU(y, x);
        case 5: return v.leS(y, x);
        case 6: return v.ltS(y, x);
      }
      break;
    case pseudo.flagsAdd:
      switch (pair) {
        case 0: return v.eqz(v.add(x, y));
        case 1: return v.ltU(v.add(x, y), x);
        case 2: return negative(v, v.add(x, y));
      }
      break;
    case pseudo.flagsAddCarry: {
      const { r, carry } = sumWithCarry(v, n);
      switch (pair) {
        case 0: return v.eqz(r);
        case 1: return carry;
        case 2: return negative(v, r);
      }
      break;
    }
    case pseudo.flagsLogic:
      return ofLogic(v, pair, x, g.c[n] as Node, y);
  }
  return ofPacked(v, pair, packedFlags(v, n));
}

/** Of x + y + a carry: the sum, and the carry out of it. */
function sumWithCarry(v: Values, n: Node): { r: Node; carry: Node } {
  const { g } = v;
  const [x, y, carry] = [g.a[n] as Node, g.b[n] as Node, g.c[n] as Node];
  const partial = v.add(x, y);
  const r = v.add(partial, v.width(x) === 64 ? v.extU(carry) : carry);
  return { r, carry: v.or(v.ltU(partial, x), v.ltU(r, partial)) };
}

/** With C and V of their own, or without them, which is 0. */
function ofLogic(v: Values, pair: number, x: Node, carry: Node, overflow: Node): Node {
  const sameSign = (): Node => (overflow === NONE ? v.eqz(negative(v, x)) : v.eq(negative(v, x), overflow));
  switch (pair) {
    case 0: return v.eqz(x);
    case 1: return carry === NONE ? v.i32(0) : carry;
    case 2: return negative(v, x);
    case 3: return overflow === NONE ? v.i32(0) : overflow;
    case 4: return carry === NONE ? v.i32(0) : v.and(carry, not(v, v.eqz(x)));
    case 5: return sameSign();
    default: return overflow === NONE ? v.ltS(zero(v, x), x) : v.and(sameSign(), not(v, v.eqz(x)));
  }
}

const zero = (v: Values, x: Node): Node => (v.width(x) === 64 ? v.i64(0) : v.i32(0));
const negative = (v: Values, x: Node): Node => v.ltS(x, zero(v, x));

function ofPacked(v: Values, pair: number, packed: Node): Node {
  const bit = (n: number): Node => v.and(v.shrU(packed, v.i32(n)), v.i32(1));
  const N = (): Node => bit(31);
  const Z = (): Node => bit(30);
  const C = (): Node => bit(29);
  const V = (): Node => bit(28);
  switch (pair) {
    case 0: return Z();
    case 1: return C();
    case 2: return N();
    case 3: return V();
    case 4: return v.and(C(), v.eqz(Z()));
    case 5: return v.eq(N(), V());
    default: return v.and(v.eq(N(), V()), v.eqz(Z()));
  }
}

/** N Z C V in bits 31..28 as ordinary operations, from a flags node's operands. */
export function packedFlags(v: Values, n: Node): Node {
  const { g } = v;
  const x = g.a[n] as Node;
  const y = g.b[n] as Node;
  const carry = g.c[n] as Node;
  const wide = g.hi[n] === 64;
  const top = wide ? 63 : 31;
  const place = (bit: Node, at: number): Node => v.shl(bit, v.i32(at));
  const sign = (value: Node): Node => (wide ? v.wrap(v.shrU(value, v.i32(32))) : value);
  const signAt31 = (value: Node): Node => v.and(sign(value), v.i32(0x80000000));
  const nz = (r: Node): Node => v.or(signAt31(r), place(v.eqz(r), 30));
  if (g.op[n] === pseudo.flagsLogic) {
    const withCarry = carry === NONE ? nz(x) : v.or(nz(x), place(carry, 29));
    return y === NONE ? withCarry : v.or(withCarry, place(y, 28));
  }
  const subtract = g.op[n] === pseudo.flagsSub;
  const withCarry = carry === NONE ? undefined : sumWithCarry(v, n);
  const r = withCarry?.r ?? (subtract ? v.sub(x, y) : v.add(x, y));
  const C = withCarry?.carry ?? (subtract ? v.leU(y, x) : v.ltU(r, x));
  const overflow = v.and(subtract ? v.xor(x, y) : v.xor(x, r), subtract ? v.xor(x, r) : v.xor(y, r));
  const V = v.shrU(overflow, v.i32(top));
  return v.or(v.or(nz(r), place(C, 29)), place(v.wrap(V), 28));
}

