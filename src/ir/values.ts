/** The pure half of the IR's Builder: integers, flags, vectors and floats as nodes, folded as they are made. */
import type { AtomicOp, FloatLane, Lane, RoundTo } from '../isa/builder.ts';
import { relaxedMaddIsFused } from '../wasm/fused.ts';
import { F32, F64, I32, I64, op, simd, truncSat, V128 } from '../wasm/opcodes.ts';
import { condition, packedFlags } from './flags.ts';
import { fold32, fold64, isRightIdentity } from './fold.ts';
import { Graph, NONE } from './graph.ts';
import { atomicOps, pseudo, SIMD, TRUNC } from './ops.ts';

const fused = relaxedMaddIsFused();

/** A handle of a value is its node's number. */
export type Node = number;
type Half = 'low' | 'high';

export class Values {
  readonly g: Graph;

  constructor(graph: Graph) { this.g = graph; }

  // ---- constants
  i32(n: number): Node { return this.g.i32(n); }
  i64(n: number | bigint): Node {
    if (typeof n === 'number') return this.g.i64(n | 0, Math.floor(n / 2 ** 32) | 0);
    return this.g.i64(Number(BigInt.asIntN(32, n)), Number(BigInt.asIntN(32, n >> 32n)));
  }
  v128(bits: bigint): Node {
    const at = this.g.pool.length;
    for (let i = 0n; i < 128n; i += 32n) this.g.pool.push(Number(BigInt.asIntN(32, bits >> i)));
    return this.g.node(pseudo.constV, V128, NONE, NONE, NONE, at);
  }

  // ---- integers
  width(x: Node): 32 | 64 { return this.g.type[x] === I64 ? 64 : 32; }

  protected unary(o32: number, o64: number, x: Node): Node {
    return this.g.type[x] === I64 ? this.g.node(o64, I64, x) : this.g.node(o32, I32, x);
  }

  protected binary(o32: number, o64: number, x: Node, y: Node): Node {
    const { g } = this;
    const wide = g.type[x] === I64;
    const o = wide ? o64 : o32;
    if (g.isConst(y)) {
      if (isRightIdentity(g, o, y)) return x;
      if (g.isConst(x)) {
        const folded = wide ? fold64(g, o, g.lo[x]!, g.hi[x]!, g.lo[y]!, g.hi[y]!) : this.folded32(o, g.lo[x]!, g.lo[y]!);
        if (folded !== NONE) return folded;
      }
    } else if (g.isConst(x) && (o === op.i64Add || o === op.i32Add || o === op.i64Or || o === op.i32Or) && g.isValue(x, 0)) return y;
    const compare = o >= op.i32Eq && o <= op.i64LeU;
    return g.node(o, wide && !compare ? I64 : I32, x, y);
  }

  private folded32(o: number, x: number, y: number): Node {
    const value = fold32(o, x, y);
    return value === undefined ? NONE : this.g.i32(value);
  }

  add(x: Node, y: Node): Node { return this.binary(op.i32Add, op.i64Add, x, y); }
  sub(x: Node, y: Node): Node { return this.binary(op.i32Sub, op.i64Sub, x, y); }
  mul(x: Node, y: Node): Node { return this.binary(op.i32Mul, op.i64Mul, x, y); }
  and(x: Node, y: Node): Node { return this.binary(op.i32And, op.i64And, x, y); }
  or(x: Node, y: Node): Node { return this.binary(op.i32Or, op.i64Or, x, y); }
  xor(x: Node, y: Node): Node { return x === y ? this.zeroLike(x) : this.binary(op.i32Xor, op.i64Xor, x, y); }
  private zeroLike(x: Node): Node { return this.g.type[x] === I64 ? this.g.i64(0, 0) : this.g.i32(0); }
  not(x: Node): Node { return this.xor(x, this.g.type[x] === I64 ? this.g.i64(-1, -1) : this.g.i32(-1)); }
  neg(x: Node): Node { return this.sub(this.zeroLike(x), x); }
  divU(x: Node, y: Node): Node { return this.divide(pseudo.divU, x, y); }
  divS(x: Node, y: Node): Node { return this.divide(pseudo.divS, x, y); }
  private divide(o: number, x: Node, y: Node): Node { return this.g.node(o, this.g.type[x]!, x, y, NONE, 0, this.width(x)); }

  /** 64-bit counts for 64-bit shifts, as WebAssembly wants them. */
  private shift(o32: number, o64: number, x: Node, n: Node): Node {
    return this.binary(o32, o64, x, this.g.type[x] === I64 ? this.extU(n) : n);
  }
  shl(x: Node, n: Node): Node { return this.shift(op.i32Shl, op.i64Shl, x, n); }
  shrU(x: Node, n: Node): Node { return this.shift(op.i32ShrU, op.i64ShrU, x, n); }
  shrS(x: Node, n: Node): Node { return this.shift(op.i32ShrS, op.i64ShrS, x, n); }
  rotl(x: Node, n: Node): Node { return this.shift(op.i32Rotl, op.i64Rotl, x, n); }
  rotr(x: Node, n: Node): Node { return this.shift(op.i32Rotr, op.i64Rotr, x, n); }
  clz(x: Node): Node { return this.unary(op.i32Clz, op.i64Clz, x); }
  ctz(x: Node): Node { return this.unary(op.i32Ctz, op.i64Ctz, x); }
  popcnt(x: Node): Node { return this.unary(op.i32Popcnt, op.i64Popcnt, x); }

  bswap(x: Node): Node {
    const { g } = this;
    if (g.type[x] === I32) {
      return this.or(this.and(this.rotl(x, this.i32(8)), this.i32(0x00ff00ff)), this.and(this.rotr(x, this.i32(8)), this.i32(0xff00ff00)));
    }
    const bytes = this.swapWithin(x, 8, g.i64(0x00ff00ff, 0x00ff00ff));
    return this.rotl(this.swapWithin(bytes, 16, g.i64(0x0000ffff, 0x0000ffff)), this.i32(32));
  }
  private swapWithin(x: Node, n: number, mask: Node): Node {
    return this.or(this.and(this.shrU(x, this.i32(n)), mask), this.shl(this.and(x, mask), this.i32(n)));
  }

  /** From four 32×32-bit products. */
  mulHighU(x: Node, y: Node): Node {
    const low = (v: Node): Node => this.and(v, this.g.i64(-1, 0));
    const high = (v: Node): Node => this.shrU(v, this.i32(32));
    const middle = this.add(this.mul(high(x), low(y)), high(this.mul(low(x), low(y))));
    const cross = this.add(this.mul(low(x), high(y)), low(middle));
    return this.add(this.add(this.mul(high(x), high(y)), high(middle)), high(cross));
  }
  mulHighS(x: Node, y: Node): Node {
    const sign = (v: Node): Node => this.shrS(v, this.i32(63));
    return this.sub(this.sub(this.mulHighU(x, y), this.and(sign(x), y)), this.and(sign(y), x));
  }

  eqz(x: Node): Node {
    const { g } = this;
    if (g.isConst(x)) return g.i32(g.isValue(x, 0) ? 1 : 0);
    return g.node(g.type[x] === I64 ? op.i64Eqz : op.i32Eqz, I32, x);
  }
  eq(x: Node, y: Node): Node { return this.g.isValue(y, 0) ? this.eqz(x) : this.binary(op.i32Eq, op.i64Eq, x, y); }
  ne(x: Node, y: Node): Node { return this.binary(op.i32Ne, op.i64Ne, x, y); }
  ltU(x: Node, y: Node): Node { return this.binary(op.i32LtU, op.i64LtU, x, y); }
  ltS(x: Node, y: Node): Node { return this.binary(op.i32LtS, op.i64LtS, x, y); }
  leU(x: Node, y: Node): Node { return this.binary(op.i32LeU, op.i64LeU, x, y); }
  leS(x: Node, y: Node): Node { return this.binary(op.i32LeS, op.i64LeS, x, y); }

  select(c: Node, x: Node, y: Node): Node {
    const { g } = this;
    if (g.isConst(c)) return g.isValue(c, 0) ? y : x;
    return x === y ? x : g.node(op.select, g.type[x]!, x, y, c);
  }
  wrap(x: Node): Node {
    const { g } = this;
    if (g.type[x] === I32) return x;
    const o = g.op[x];
    if (o === pseudo.constI64) return g.i32(g.lo[x]!);
    if (o === op.i64ExtendI32U || o === op.i64ExtendI32S) return g.a[x]!;
    return g.node(op.i32WrapI64, I32, x);
  }
  extU(x: Node): Node {
    const { g } = this;
    if (g.type[x] === I64) return x;
    return g.op[x] === pseudo.constI32 ? g.i64(g.lo[x]!, 0) : g.node(op.i64ExtendI32U, I64, x);
  }
  extS(x: Node): Node {
    const { g } = this;
    if (g.type[x] === I64) return x;
    return g.op[x] === pseudo.constI32 ? g.i64(g.lo[x]!, g.lo[x]! >> 31) : g.node(op.i64ExtendI32S, I64, x);
  }
  signExtend(x: Node, from: 8 | 16 | 32): Node {
    const { g } = this;
    if (g.type[x] === I32) return from === 32 ? x : g.node(from === 8 ? op.i32Extend8S : op.i32Extend16S, I32, x);
    return g.node(from === 8 ? op.i64Extend8S : from === 16 ? op.i64Extend16S : op.i64Extend32S, I64, x);
  }

  // ---- flags
  nzcvOfAdd(x: Node, y: Node): Node { return this.flags(pseudo.flagsAdd, x, y, NONE); }
  nzcvOfSub(x: Node, y: Node): Node { return this.flags(pseudo.flagsSub, x, y, NONE); }
  nzcvOfAddCarry(x: Node, y: Node, carry: Node): Node { return this.flags(pseudo.flagsAddCarry, x, y, carry); }
  nzcvOfLogic(x: Node, carry: Node = NONE, overflow: Node = NONE): Node { return this.flags(pseudo.flagsLogic, x, overflow, carry); }
  private flags(o: number, x: Node, y: Node, carry: Node): Node { return this.g.node(o, I32, x, y, carry, 0, this.width(x)); }
  condition(cond: number, nzcv: Node): Node { return condition(this, cond, nzcv); }
  /** The packed value of a flags node as ordinary operations. */
  packFlags(n: Node): Node { return packedFlags(this, n); }

  // ---- vectors
  protected v1(number: number, x: Node, type: number = V128): Node { return this.g.node(SIMD + number, type, x); }
  protected v2(number: number, x: Node, y: Node): Node { return this.g.node(SIMD + number, V128, x, y); }
  vadd(l: Lane, x: Node, y: Node): Node { return this.v2(simd.add[l], x, y); }
  vsub(l: Lane, x: Node, y: Node): Node { return this.v2(simd.sub[l], x, y); }
  vmul(l: 16 | 32 | 64, x: Node, y: Node): Node { return this.v2(simd.mul[l], x, y); }
  vneg(l: Lane, x: Node): Node { return this.v1(simd.neg[l], x); }
  vabs(l: Lane, x: Node): Node { return this.v1(simd.abs[l], x); }
  vaddSatS(l: 8 | 16, x: Node, y: Node): Node { return this.v2(simd.addSatS[l], x, y); }
  vaddSatU(l: 8 | 16, x: Node, y: Node): Node { return this.v2(simd.addSatU[l], x, y); }
  vsubSatS(l: 8 | 16, x: Node, y: Node): Node { return this.v2(simd.subSatS[l], x, y); }
  vsubSatU(l: 8 | 16, x: Node, y: Node): Node { return this.v2(simd.subSatU[l], x, y); }
  vminS(l: 8 | 16 | 32, x: Node, y: Node): Node { return this.v2(simd.minS[l], x, y); }
  vminU(l: 8 | 16 | 32, x: Node, y: Node): Node { return this.v2(simd.minU[l], x, y); }
  vmaxS(l: 8 | 16 | 32, x: Node, y: Node): Node { return this.v2(simd.maxS[l], x, y); }
  vmaxU(l: 8 | 16 | 32, x: Node, y: Node): Node { return this.v2(simd.maxU[l], x, y); }
  vavgU(l: 8 | 16, x: Node, y: Node): Node { return this.v2(simd.avgU[l], x, y); }
  veq(l: Lane, x: Node, y: Node): Node { return this.v2(simd.eq[l], x, y); }
  vgtS(l: Lane, x: Node, y: Node): Node { return this.v2(simd.gtS[l], x, y); }
  vgeS(l: Lane, x: Node, y: Node): Node { return this.v2(simd.geS[l], x, y); }
  vgtU(l: 8 | 16 | 32, x: Node, y: Node): Node { return this.v2(simd.gtU[l], x, y); }
  vgeU(l: 8 | 16 | 32, x: Node, y: Node): Node { return this.v2(simd.geU[l], x, y); }
  vshl(l: Lane, x: Node, n: Node): Node { return this.v2(simd.shl[l], x, n); }
  vshrS(l: Lane, x: Node, n: Node): Node { return this.v2(simd.shrS[l], x, n); }
  vshrU(l: Lane, x: Node, n: Node): Node { return this.v2(simd.shrU[l], x, n); }
  vand(x: Node, y: Node): Node { return this.v2(simd.and, x, y); }
  vor(x: Node, y: Node): Node { return x === y ? x : this.v2(simd.or, x, y); }
  vxor(x: Node, y: Node): Node { return this.v2(simd.xor, x, y); }
  vnot(x: Node): Node { return this.v1(simd.not, x); }
  vandNot(x: Node, y: Node): Node { return this.v2(simd.andNot, x, y); }
  vselect(mask: Node, x: Node, y: Node): Node { return this.g.node(SIMD + simd.bitselect, V128, x, y, mask); }
  vpopcnt(x: Node): Node { return this.v1(simd.popcnt8, x); }
  vswizzle(x: Node, y: Node): Node { return this.v2(simd.swizzle, x, y); }
  vshuffle(x: Node, y: Node, lanes: readonly number[]): Node {
    const at = this.g.pool.length;
    this.g.pool.push(...lanes);
    return this.g.node(pseudo.shuffle, V128, x, y, NONE, at);
  }
  vsplat(l: Lane, x: Node): Node { return this.v1(simd.splat[l], l === 64 ? x : this.wrap(x)); }
  vget(l: Lane, x: Node, index: number): Node {
    if (l === 64) return this.g.node(SIMD + simd.extractU[64], I64, x, NONE, NONE, index);
    return this.extU(this.g.node(SIMD + simd.extractU[l], I32, x, NONE, NONE, index));
  }
  vset(l: Lane, x: Node, index: number, value: Node): Node {
    return this.g.node(SIMD + simd.replace[l], V128, x, l === 64 ? value : this.wrap(value), NONE, index);
  }
  vextendS(l: 8 | 16 | 32, half: Half, x: Node): Node { return this.v1((half === 'low' ? simd.extendLowS : simd.extendHighS)[l], x); }
  vextendU(l: 8 | 16 | 32, half: Half, x: Node): Node { return this.v1((half === 'low' ? simd.extendLowU : simd.extendHighU)[l], x); }
  vmulWideS(l: 8 | 16 | 32, half: Half, x: Node, y: Node): Node { return this.v2((half === 'low' ? simd.extMulLowS : simd.extMulHighS)[l], x, y); }
  vmulWideU(l: 8 | 16 | 32, half: Half, x: Node, y: Node): Node { return this.v2((half === 'low' ? simd.extMulLowU : simd.extMulHighU)[l], x, y); }
  vnarrowS(l: 16 | 32, x: Node, y: Node): Node { return this.v2(simd.narrowS[l], x, y); }
  vnarrowU(l: 16 | 32, x: Node, y: Node): Node { return this.v2(simd.narrowU[l], x, y); }
  vaddPairsS(l: 8 | 16, x: Node): Node { return this.v1(simd.addPairsS[l], x); }
  vaddPairsU(l: 8 | 16, x: Node): Node { return this.v1(simd.addPairsU[l], x); }
  vany(x: Node): Node { return this.v1(simd.anyTrue, x, I32); }
  vall(l: Lane, x: Node): Node { return this.v1(simd.allTrue[l], x, I32); }
  vbitmask(l: Lane, x: Node): Node { return this.v1(simd.bitmask[l], x, I32); }

  // ---- floats
  f32(x: Node): Node { return this.g.node(SIMD + simd.extractU.f32, F32, x, NONE, NONE, 0); }
  f64(x: Node): Node {
    const { g } = this;
    // The scalar of a vector that was just made from a scalar.
    if (g.op[x] === SIMD + simd.replace.f64 && g.lo[x] === 0) return g.b[x]!;
    return g.node(SIMD + simd.extractU.f64, F64, x, NONE, NONE, 0);
  }
  vOfFloat(x: Node): Node {
    return this.g.node(SIMD + (this.g.type[x] === F32 ? simd.replace.f32 : simd.replace.f64), V128, this.v128(0n), x, NONE, 0);
  }
  private f1(o32: number, o64: number, x: Node): Node { return this.g.node(this.g.type[x] === F32 ? o32 : o64, this.g.type[x]!, x); }
  private f2(o32: number, o64: number, x: Node, y: Node): Node { return this.g.node(this.g.type[x] === F32 ? o32 : o64, this.g.type[x]!, x, y); }
  private fcompare(o32: number, o64: number, x: Node, y: Node): Node { return this.g.node(this.g.type[x] === F32 ? o32 : o64, I32, x, y); }
  fadd(x: Node, y: Node): Node { return this.f2(op.f32Add, op.f64Add, x, y); }
  fsub(x: Node, y: Node): Node { return this.f2(op.f32Sub, op.f64Sub, x, y); }
  fmul(x: Node, y: Node): Node { return this.f2(op.f32Mul, op.f64Mul, x, y); }
  fdiv(x: Node, y: Node): Node { return this.f2(op.f32Div, op.f64Div, x, y); }
  fsqrt(x: Node): Node { return this.f1(op.f32Sqrt, op.f64Sqrt, x); }
  fneg(x: Node): Node { return this.f1(op.f32Neg, op.f64Neg, x); }
  fabs(x: Node): Node { return this.f1(op.f32Abs, op.f64Abs, x); }
  fround(to: RoundTo, x: Node): Node {
    const [o32, o64] = { nearest: [op.f32Nearest, op.f64Nearest], up: [op.f32Ceil, op.f64Ceil], down: [op.f32Floor, op.f64Floor], zero: [op.f32Trunc, op.f64Trunc] }[to] as [number, number];
    return this.f1(o32, o64, x);
  }
  feq(x: Node, y: Node): Node { return this.fcompare(op.f32Eq, op.f64Eq, x, y); }
  flt(x: Node, y: Node): Node { return this.fcompare(op.f32Lt, op.f64Lt, x, y); }
  fle(x: Node, y: Node): Node { return this.fcompare(op.f32Le, op.f64Le, x, y); }
  demote(x: Node): Node { return this.g.node(op.f32Demote, F32, x); }
  promote(x: Node): Node { return this.g.node(op.f64Promote, F64, x); }
  fromIntS(to: 32 | 64, x: Node): Node { return this.fromInt(to === 32 ? op.f32ConvertI32S : op.f64ConvertI32S, to, x); }
  fromIntU(to: 32 | 64, x: Node): Node { return this.fromInt(to === 32 ? op.f32ConvertI32U : op.f64ConvertI32U, to, x); }
  private fromInt(o: number, to: 32 | 64, x: Node): Node { return this.g.node(this.g.type[x] === I64 ? o + 2 : o, to === 32 ? F32 : F64, x); }
  toIntS(to: 32 | 64, x: Node): Node { return this.toInt(to === 32 ? truncSat.i32F32S : truncSat.i64F32S, to, x); }
  toIntU(to: 32 | 64, x: Node): Node { return this.toInt(to === 32 ? truncSat.i32F32U : truncSat.i64F32U, to, x); }
  private toInt(n: number, to: 32 | 64, x: Node): Node { return this.g.node(TRUNC + (this.g.type[x] === F64 ? n + 2 : n), to === 32 ? I32 : I64, x); }
  bitsOfFloat(x: Node): Node { return this.g.type[x] === F32 ? this.g.node(op.i32ReinterpretF32, I32, x) : this.g.node(op.i64ReinterpretF64, I64, x); }
  floatOfBits(x: Node): Node { return this.g.type[x] === I32 ? this.g.node(op.f32ReinterpretI32, F32, x) : this.g.node(op.f64ReinterpretI64, F64, x); }
  vfadd(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.fadd[l], x, y); }
  vfsub(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.fsub[l], x, y); }
  vfmul(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.fmul[l], x, y); }
  vfdiv(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.fdiv[l], x, y); }
  vfsqrt(l: FloatLane, x: Node): Node { return this.v1(simd.fsqrt[l], x); }
  vfabs(l: FloatLane, x: Node): Node { return this.v1(simd.fabs[l], x); }
  vfneg(l: FloatLane, x: Node): Node { return this.v1(simd.fneg[l], x); }
  vfeq(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.feq[l], x, y); }
  vflt(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.flt[l], x, y); }
  vfle(l: FloatLane, x: Node, y: Node): Node { return this.v2(simd.fle[l], x, y); }
  get fused(): boolean { return fused; }
  vfmadd(l: FloatLane, x: Node, y: Node, z: Node): Node { return this.g.node(SIMD + simd.relaxedMadd[l], V128, x, y, z); }

  protected atomicNumber(o: AtomicOp): number { return atomicOps.indexOf(o); }
}
