/**
 * The operations in which an instruction's meaning is written. One text of an instruction runs over several
 * Builders: the reference evaluator computes with bigints, the cold tier's and the JIT's builder record IR.
 * Values are opaque, so that a meaning can't look at what only some of its executions know.
 *
 * Integer operations are WebAssembly's (shift counts taken modulo the width) except where a comment says otherwise.
 */
import type { Field, Scalar } from '../base/layout.ts';
import type { Helper, ArgsOf, ResultOf } from './call.ts';

export interface I32 { readonly type: 'i32' }
export interface I64 { readonly type: 'i64' }
export interface F32 { readonly type: 'f32' }
export interface F64 { readonly type: 'f64' }
export interface V128 { readonly type: 'v128' }
export type Int = I32 | I64;
export type Float = F32 | F64;
export type Value = Int | Float | V128;

declare const operandBrand: unique symbol;
/** A field whose value only some executions know: a register number, an immediate. */
export interface Operand { readonly [operandBrand]: true }

export type Lane = 8 | 16 | 32 | 64;
export type FloatLane = 32 | 64;
export type Bytes = 1 | 2 | 4 | 8;
export type ValueOf<T extends Scalar> = T extends 'u64' ? I64 : T extends 'v128' ? V128 : I32;

/** How an access to guest memory differs from a plain little-endian one with the current privilege. */
export interface Access {
  /** Bytes within the element are reversed: a big-endian access. */
  readonly bigEndian?: boolean;
  /** With the privilege of user code (LDTR, STTR). */
  readonly unprivileged?: boolean;
  /** Faults unless the address is a multiple of this many bytes (exclusives, atomics, acquire/release). */
  readonly align?: number;
  /**
   * Where all of it lies in one aligned block of so many bytes it is one access as other threads see it, pairs too, and doesn't
   * fault for `align`; unless all data has to be aligned.
   */
  readonly within?: 16;
  /** Acquires (loads) or releases (stores), and is ordered among those of its kind, as other threads see it. */
  readonly ordered?: boolean;
  /** Bytes of the elements that it consists of: what the mode or the memory asks to be aligned is these, and big-endian is each of them, not the whole. */
  readonly element?: 1 | 2 | 4 | 8;
  /** A compare-and-swap that is a store to the guest: its faults are a write's. */
  readonly faultsAsWrite?: true;
  /** Faults as if it weren't aligned where the memory is a device's. */
  readonly notDevice?: true;
}

export type AtomicOp = 'add' | 'and' | 'or' | 'xor' | 'swap' | 'maxS' | 'minS' | 'maxU' | 'minU';
export type RoundTo = 'nearest' | 'up' | 'down' | 'zero';

export interface Builder {
  /** What the guest says of the mode that is translated for (GuestArch.stagedMode): a number, code may branch on it. */
  readonly mode: number;
  /** Runs `body` with another one. */
  inMode<T>(mode: number, body: () => T): T;

  // ---- constants and operands
  i32(n: number): I32;
  /** A number must be a safe integer; negative ones are two's complement. */
  i64(n: number | bigint): I64;
  v128(bits: bigint): V128;
  operand(o: Operand): I32;
  /** The operand, or `to` where it is `from`: register numbers that mean something else. */
  replaced(o: Operand, from: number, to: number): I32;

  // ---- integers
  width(x: Int): 32 | 64;
  add<T extends Int>(x: T, y: T): T;
  sub<T extends Int>(x: T, y: T): T;
  mul<T extends Int>(x: T, y: T): T;
  /** High 64 bits of the 128-bit product. */
  mulHighU(x: I64, y: I64): I64;
  mulHighS(x: I64, y: I64): I64;
  /** Total: x / 0 = 0. */
  divU<T extends Int>(x: T, y: T): T;
  /** Total: x / 0 = 0, and the most negative number / -1 is itself. Rounds towards zero. */
  divS<T extends Int>(x: T, y: T): T;
  and<T extends Int>(x: T, y: T): T;
  or<T extends Int>(x: T, y: T): T;
  xor<T extends Int>(x: T, y: T): T;
  not<T extends Int>(x: T): T;
  neg<T extends Int>(x: T): T;
  shl<T extends Int>(x: T, n: I32): T;
  shrU<T extends Int>(x: T, n: I32): T;
  shrS<T extends Int>(x: T, n: I32): T;
  rotl<T extends Int>(x: T, n: I32): T;
  rotr<T extends Int>(x: T, n: I32): T;
  /** Leading and trailing zeros; the width for 0. */
  clz<T extends Int>(x: T): T;
  ctz<T extends Int>(x: T): T;
  popcnt<T extends Int>(x: T): T;
  /** Bytes reversed. */
  bswap<T extends Int>(x: T): T;
  /** Comparisons give 0 or 1. */
  eqz(x: Int): I32;
  eq<T extends Int>(x: T, y: T): I32;
  ne<T extends Int>(x: T, y: T): I32;
  ltU<T extends Int>(x: T, y: T): I32;
  ltS<T extends Int>(x: T, y: T): I32;
  leU<T extends Int>(x: T, y: T): I32;
  leS<T extends Int>(x: T, y: T): I32;
  /** `c` ≠ 0 ? x : y. Both are computed. */
  select<T extends Value>(c: I32, x: T, y: T): T;
  wrap(x: Int): I32;
  extU(x: Int): I64;
  extS(x: Int): I64;
  /** The low `from` bits, sign-extended to the whole width. */
  signExtend<T extends Int>(x: T, from: 8 | 16 | 32): T;

  // ---- condition flags as one compound value: N Z C V in bits 31..28, the rest 0. They vanish when dead.
  nzcvOfAdd<T extends Int>(x: T, y: T): I32;
  nzcvOfSub<T extends Int>(x: T, y: T): I32;
  /** Of x + y + carry (carry 0 or 1). */
  nzcvOfAddCarry<T extends Int>(x: T, y: T, carry: I32): I32;
  /** N and Z of a result; C and V are what is given, 0 or 1, and 0 where nothing is. */
  nzcvOfLogic(result: Int, carry?: I32, overflow?: I32): I32;
  /** Whether an AArch64 condition code (0..15; 14 and 15 always) holds for `nzcv`: 0 or 1. */
  condition(cond: number, nzcv: I32): I32;

  // ---- 128-bit vectors. Lane 0 is the least significant.
  vadd(lane: Lane, x: V128, y: V128): V128;
  vsub(lane: Lane, x: V128, y: V128): V128;
  vmul(lane: 16 | 32 | 64, x: V128, y: V128): V128;
  vneg(lane: Lane, x: V128): V128;
  vabs(lane: Lane, x: V128): V128;
  vaddSatS(lane: 8 | 16, x: V128, y: V128): V128;
  vaddSatU(lane: 8 | 16, x: V128, y: V128): V128;
  vsubSatS(lane: 8 | 16, x: V128, y: V128): V128;
  vsubSatU(lane: 8 | 16, x: V128, y: V128): V128;
  vminS(lane: 8 | 16 | 32, x: V128, y: V128): V128;
  vminU(lane: 8 | 16 | 32, x: V128, y: V128): V128;
  vmaxS(lane: 8 | 16 | 32, x: V128, y: V128): V128;
  vmaxU(lane: 8 | 16 | 32, x: V128, y: V128): V128;
  /** (x + y + 1) >> 1, unsigned. */
  vavgU(lane: 8 | 16, x: V128, y: V128): V128;
  /** Comparisons give all ones or all zeros in each lane. */
  veq(lane: Lane, x: V128, y: V128): V128;
  vgtS(lane: Lane, x: V128, y: V128): V128;
  vgeS(lane: Lane, x: V128, y: V128): V128;
  vgtU(lane: 8 | 16 | 32, x: V128, y: V128): V128;
  vgeU(lane: 8 | 16 | 32, x: V128, y: V128): V128;
  /** Every lane by the same count, taken modulo the lane's width. */
  vshl(lane: Lane, x: V128, n: I32): V128;
  vshrS(lane: Lane, x: V128, n: I32): V128;
  vshrU(lane: Lane, x: V128, n: I32): V128;
  vand(x: V128, y: V128): V128;
  vor(x: V128, y: V128): V128;
  vxor(x: V128, y: V128): V128;
  vnot(x: V128): V128;
  /** x & ~y. */
  vandNot(x: V128, y: V128): V128;
  /** Bit by bit: mask ? x : y. */
  vselect(mask: V128, x: V128, y: V128): V128;
  /** Ones in each byte. */
  vpopcnt(x: V128): V128;
  /** Byte i of the result is byte y[i] of x, 0 where y[i] > 15. */
  vswizzle(x: V128, y: V128): V128;
  /** Byte i of the result is byte lanes[i] of the 32 bytes y:x (x is 0..15). */
  vshuffle(x: V128, y: V128, lanes: readonly number[]): V128;
  /** The low `lane` bits of x in every lane. */
  vsplat(lane: Lane, x: I64): V128;
  /** One lane, zero-extended; the index is a constant. */
  vget(lane: Lane, x: V128, index: number): I64;
  vset(lane: Lane, x: V128, index: number, value: I64): V128;
  /** Lanes of the low or high half, widened to twice the width (`lane` is the source's). */
  vextendS(lane: 8 | 16 | 32, half: 'low' | 'high', x: V128): V128;
  vextendU(lane: 8 | 16 | 32, half: 'low' | 'high', x: V128): V128;
  /** Products of the halves' lanes, at twice the width (`lane` is the source's). */
  vmulWideS(lane: 8 | 16 | 32, half: 'low' | 'high', x: V128, y: V128): V128;
  vmulWideU(lane: 8 | 16 | 32, half: 'low' | 'high', x: V128, y: V128): V128;
  /** Signed lanes of x (low half of the result) and y (high half) narrowed to half the width with saturation (`lane` is the source's). */
  vnarrowS(lane: 16 | 32, x: V128, y: V128): V128;
  /** The same, saturated to the unsigned range. */
  vnarrowU(lane: 16 | 32, x: V128, y: V128): V128;
  /** Sums of adjacent pairs, at twice the width (`lane` is the source's). */
  vaddPairsS(lane: 8 | 16, x: V128): V128;
  vaddPairsU(lane: 8 | 16, x: V128): V128;
  /** 1 where any bit is set. */
  vany(x: V128): I32;
  /** 1 where no lane is zero. */
  vall(lane: Lane, x: V128): I32;
  /** The sign bits of the lanes, lane 0 in bit 0. */
  vbitmask(lane: Lane, x: V128): I32;

  // ---- the host's floating point: IEEE 754, round to nearest even, no flags. Only inside a `fallback`'s fast path.
  /** The lowest lane of a vector as a float, and back with the other bits zero. */
  f32(x: V128): F32;
  f64(x: V128): F64;
  vOfFloat(x: Float): V128;
  fadd<T extends Float>(x: T, y: T): T;
  fsub<T extends Float>(x: T, y: T): T;
  fmul<T extends Float>(x: T, y: T): T;
  fdiv<T extends Float>(x: T, y: T): T;
  fsqrt<T extends Float>(x: T): T;
  fneg<T extends Float>(x: T): T;
  fabs<T extends Float>(x: T): T;
  fround<T extends Float>(to: RoundTo, x: T): T;
  feq<T extends Float>(x: T, y: T): I32;
  flt<T extends Float>(x: T, y: T): I32;
  fle<T extends Float>(x: T, y: T): I32;
  demote(x: F64): F32;
  promote(x: F32): F64;
  fromIntS<F extends 32 | 64>(to: F, x: Int): F extends 32 ? F32 : F64;
  fromIntU<F extends 32 | 64>(to: F, x: Int): F extends 32 ? F32 : F64;
  /** Towards zero; saturates; NaN is 0. */
  toIntS<W extends 32 | 64>(to: W, x: Float): W extends 32 ? I32 : I64;
  toIntU<W extends 32 | 64>(to: W, x: Float): W extends 32 ? I32 : I64;
  /** Bits of a float as an integer of its width, and back. */
  bitsOfFloat<T extends Float>(x: T): T extends F32 ? I32 : I64;
  floatOfBits<T extends Int>(x: T): T extends I32 ? F32 : F64;
  vfadd(lane: FloatLane, x: V128, y: V128): V128;
  vfsub(lane: FloatLane, x: V128, y: V128): V128;
  vfmul(lane: FloatLane, x: V128, y: V128): V128;
  vfdiv(lane: FloatLane, x: V128, y: V128): V128;
  vfsqrt(lane: FloatLane, x: V128): V128;
  vfabs(lane: FloatLane, x: V128): V128;
  vfneg(lane: FloatLane, x: V128): V128;
  vfeq(lane: FloatLane, x: V128, y: V128): V128;
  vflt(lane: FloatLane, x: V128, y: V128): V128;
  vfle(lane: FloatLane, x: V128, y: V128): V128;
  /** Whether the host has a multiply-add that rounds once, which is `vfmadd`: x * y + z. */
  readonly fused: boolean;
  vfmadd(lane: FloatLane, x: V128, y: V128, z: V128): V128;

  // ---- guest state
  get<T extends Scalar>(field: Field<T, false>): ValueOf<T>;
  set<T extends Scalar>(field: Field<T, false>, value: ValueOf<T>): void;
  getAt<T extends Scalar>(field: Field<T, true>, index: I32): ValueOf<T>;
  setAt<T extends Scalar>(field: Field<T, true>, index: I32, value: ValueOf<T>): void;

  // ---- guest memory. An access may fault: none may follow a write of guest state, unless the entry is `restartable`.
  /** Zero-extended. */
  load(address: I64, bytes: Bytes, access?: Access): I64;
  store(address: I64, value: Int, bytes: Bytes, access?: Access): void;
  /** `bytes` 1..8 zero-extend to the vector. */
  loadV(address: I64, bytes: Bytes | 16, access?: Access): V128;
  /** The low `bytes` of the vector. */
  storeV(address: I64, value: V128, bytes: Bytes | 16, access?: Access): void;
  /** Two elements side by side, each of `bytes`: the first at the lower address. One check for both where they lie in one page. */
  loadPair(address: I64, bytes: 4 | 8, access?: Access): [I64, I64];
  storePair(address: I64, first: I64, second: I64, bytes: 4 | 8, access?: Access): void;
  /**
   * Elements side by side, `bytes` in all and each of `access.element`, of which those are accessed whose bytes of `mask` are all
   * ones; the others' are zeros, cause nothing and are read as zero. By rising address: of stores those before one that faults
   * have been done.
   */
  loadMasked(address: I64, mask: V128, bytes: 2 | 4 | 8 | 16, access: Access): V128;
  storeMasked(address: I64, value: V128, mask: V128, bytes: 2 | 4 | 8 | 16, access: Access): void;
  /**
   * All ones in the bytes of those elements that a load would do nothing but read memory of: it wouldn't fault, nothing is watched
   * there, and no device answers. Of what has been accessed lately that is the TLB's answer; it changes nothing.
   */
  readable(address: I64, bytes: Bytes | 16, access?: Access): V128;
  /** Read-modify-write in one step; gives the old value, zero-extended. */
  atomic(op: AtomicOp, address: I64, value: I64, bytes: Bytes, access?: Access): I64;
  /** Stores `replacement` where memory holds `expected` (the low `bytes` of both); gives the old value, zero-extended. */
  compareAndSwap(address: I64, expected: I64, replacement: I64, bytes: Bytes, access?: Access): I64;
  /** The same for a pair of elements (`bytes` each). */
  compareAndSwapPair(address: I64, expected: [I64, I64], replacement: [I64, I64], bytes: 4 | 8, access?: Access): [I64, I64];

  // ---- control
  /** Address of this instruction. */
  pc(): I64;
  /** To pc + offset: a target that is known in translated code up to where the page lies. */
  branch(offset: I32, how?: { readonly link?: boolean }): void;
  /** The same where `c` ≠ 0; else the next instruction follows. */
  branchIf(c: I32, offset: I32): void;
  /** To a computed address. `kind` is a hint for prediction; 'exception': to or back from an exception, which is no branch. */
  branchTo(target: I64, kind: 'jump' | 'call' | 'return' | 'exception'): void;
  /** Calls a helper; one that is declared `raises` may leave the unit with this instruction's address as PC. */
  call<H extends Helper>(helper: H, ...args: ArgsOf<H>): ResultOf<H>;
  /**
   * What `helper` computes, exactly. `fast` may compute the same with host arithmetic: it gives [ok, value], and
   * where ok is 0 the helper is called. Executions without a fast path never call `fast`.
   */
  fallback<H extends Helper>(helper: H, args: ArgsOf<H>, fast: () => [I32, ResultOf<H>]): ResultOf<H>;
  /**
   * Runs `body` where `c` ≠ 0. It may access memory, call helpers that raise, and write no guest state. What it has loaded may be taken
   * out of it by a `select` with `c`, and by nothing else: where `c` is 0 it is anything.
   */
  when(c: I32, body: () => void): void;
  /** Runs `body` where `c` ≠ 0, whatever it does: an instruction under a condition. It writes no local values of the text around it. */
  under(c: I32, body: () => void): void;
  /**
   * Calls `helper`, which may raise, where x is no multiple of `bytes`, a power of 2. What was seen to be one, or differs from it
   * by a multiple, isn't asked again.
   */
  requireAligned(x: I64, bytes: number, helper: Helper<readonly [], 'void'>): void;
  /** Context synchronisation: the next instruction is looked up afresh, after pending requests were seen. */
  synchronize(): void;
  /** What other threads see of memory: every access before it comes before every one behind it. */
  fence(): void;
}
