/** The Builder's host floating point in plain JavaScript: what the fast paths of instructions compute with, for tests. */
import { FPMulAdd } from '../../../src/guest/aarch64/fp/arithmetic.ts';
import type { Builder, Float, I32, Int, RoundTo, V128 } from '../../../src/isa/builder.ts';
import { bitsOf, i32, i64, signed, v128 } from '../../../src/isa/eval/value.ts';

const buffer = new DataView(new ArrayBuffer(8));

export function number64(bits: bigint): number {
  buffer.setBigUint64(0, bits);
  return buffer.getFloat64(0);
}

export function number32(bits: bigint): number {
  buffer.setUint32(0, Number(bits));
  return buffer.getFloat32(0);
}

export function bits64(x: number): bigint {
  buffer.setFloat64(0, x);
  return buffer.getBigUint64(0);
}

export function bits32(x: number): bigint {
  buffer.setFloat32(0, x);
  return BigInt(buffer.getUint32(0));
}

const valueOf = (x: Float): number => (x.type === 'f64' ? number64 : number32)(bitsOf(x));
const make = (type: 'f32' | 'f64', bits: bigint): never => ({ type, bits }) as never;
/** Arithmetic in double precision and another rounding give what single precision gives. */
const float = <T extends Float>(like: T, x: number): T => make(like.type, like.type === 'f64' ? bits64(x) : bits32(x));
const truth = (c: boolean): I32 => i32(c ? 1 : 0);

function nearest(x: number): number {
  if (Math.abs(x) >= 2 ** 52) return x;
  const magnitude = Math.abs(x) + 2 ** 52 - 2 ** 52;
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

const roundTo: Readonly<Record<RoundTo, (x: number) => number>> = { nearest, up: Math.ceil, down: Math.floor, zero: Math.trunc };

/** Rounded once also to single precision: the bits that double precision would drop are kept as one. */
function fromInteger(to: 32 | 64, x: bigint): never {
  if (to === 64) return make('f64', bits64(Number(x)));
  const magnitude = x < 0n ? -x : x;
  const odd = magnitude < 1n << 53n ? magnitude : ((magnitude >> 11n) | (magnitude & 2047n ? 1n : 0n)) << 11n;
  return make('f32', bits32(Number(x < 0n ? -odd : odd)));
}

function toInteger(width: 32 | 64, x: number, lowest: bigint, highest: bigint): never {
  const whole = Number.isNaN(x) ? 0n : x >= 2 ** 64 ? highest : x <= -(2 ** 64) ? lowest : BigInt(Math.trunc(x));
  const saturated = whole > highest ? highest : whole < lowest ? lowest : whole;
  return (width === 64 ? i64(saturated) : i32(saturated)) as never;
}

type Arithmetic = (x: number, y: number) => number;
const binary =
  (op: Arithmetic) =>
  <T extends Float>(x: T, y: T): T =>
    float(x, op(valueOf(x), valueOf(y)));

function lanewise(op: (at: (v: V128) => number) => bigint | number): (n: 32 | 64) => V128 {
  return n => {
    let result = 0n;
    for (let at = 0; at < 128; at += n) {
      const value = op(v => (n === 64 ? number64 : number32)(BigInt.asUintN(n, bitsOf(v) >> BigInt(at))));
      const bits = typeof value === 'bigint' ? value : n === 64 ? bits64(value) : bits32(value);
      result |= BigInt.asUintN(n, bits) << BigInt(at);
    }
    return v128(result);
  };
}

const vbinary =
  (op: Arithmetic) =>
  (n: 32 | 64, x: V128, y: V128): V128 =>
    lanewise(at => op(at(x), at(y)))(n);
const vcompare =
  (op: (x: number, y: number) => boolean) =>
  (n: 32 | 64, x: V128, y: V128): V128 =>
    lanewise(at => (op(at(x), at(y)) ? -1n : 0n))(n);

const signBits = (n: 32 | 64): bigint => (n === 64 ? (1n << 63n) | (1n << 127n) : 0x80000000_80000000_80000000_80000000n);

export const hostFloatOps = {
  f32: (x: V128) => make('f32', BigInt.asUintN(32, bitsOf(x))),
  f64: (x: V128) => make('f64', BigInt.asUintN(64, bitsOf(x))),
  vOfFloat: (x: Float) => v128(bitsOf(x)),
  fadd: binary((x, y) => x + y),
  fsub: binary((x, y) => x - y),
  fmul: binary((x, y) => x * y),
  fdiv: binary((x, y) => x / y),
  fsqrt: x => float(x, Math.sqrt(valueOf(x))),
  fneg: x => make(x.type, bitsOf(x) ^ (x.type === 'f64' ? 1n << 63n : 1n << 31n)),
  fabs: x => make(x.type, BigInt.asUintN(x.type === 'f64' ? 63 : 31, bitsOf(x))),
  fround: (to, x) => float(x, roundTo[to](valueOf(x))),
  feq: (x, y) => truth(valueOf(x) === valueOf(y)),
  flt: (x, y) => truth(valueOf(x) < valueOf(y)),
  fle: (x, y) => truth(valueOf(x) <= valueOf(y)),
  demote: x => make('f32', bits32(valueOf(x))),
  promote: x => make('f64', bits64(valueOf(x))),
  fromIntS: (to, x) => fromInteger(to, signed(x)),
  fromIntU: (to, x) => fromInteger(to, bitsOf(x)),
  toIntS: (width, x) => toInteger(width, valueOf(x), -(1n << BigInt(width - 1)), (1n << BigInt(width - 1)) - 1n),
  toIntU: (width, x) => toInteger(width, valueOf(x), 0n, (1n << BigInt(width)) - 1n),
  bitsOfFloat: (x: Float) => (x.type === 'f64' ? i64(bitsOf(x)) : i32(bitsOf(x))) as never,
  floatOfBits: (x: Int) => make(x.type === 'i64' ? 'f64' : 'f32', bitsOf(x)),
  vfadd: vbinary((x, y) => x + y),
  vfsub: vbinary((x, y) => x - y),
  vfmul: vbinary((x, y) => x * y),
  vfdiv: vbinary((x, y) => x / y),
  vfsqrt: (n: 32 | 64, x: V128) => lanewise(at => Math.sqrt(at(x)))(n),
  vfabs: (n: 32 | 64, x: V128) => v128(bitsOf(x) & ~signBits(n)),
  vfneg: (n: 32 | 64, x: V128) => v128(bitsOf(x) ^ signBits(n)),
  vfeq: vcompare((x, y) => x === y),
  vflt: vcompare((x, y) => x < y),
  vfle: vcompare((x, y) => x <= y),
  vfmadd(n: 32 | 64, x: V128, y: V128, z: V128) {
    const at = (v: V128, i: number): bigint => BigInt.asUintN(n, bitsOf(v) >> BigInt(i));
    let result = 0n;
    for (let i = 0; i < 128; i += n) result |= FPMulAdd({ FPCR: 0, FPSR: 0, fpFast: 0, fpFastFlushing: 0 }, n, at(z, i), at(x, i), at(y, i)) << BigInt(i);
    return v128(result);
  },
} satisfies Partial<Builder>;
