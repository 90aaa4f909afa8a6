/** What the evaluator's values are: their type and their bits, as an unsigned bigint. */
import type { Builder, I32, I64, Int, V128, Value } from '../builder.ts';

interface Known { readonly type: Value['type']; readonly bits: bigint }

export const bitsOf = (v: Value): bigint => (v as unknown as Known).bits;
export const widthOf = (v: Int): 32 | 64 => (v.type === 'i64' ? 64 : 32);

export const i32 = (n: bigint | number): I32 => ({ type: 'i32', bits: BigInt.asUintN(32, BigInt(n)) }) as I32;
export const i64 = (n: bigint | number): I64 => ({ type: 'i64', bits: BigInt.asUintN(64, BigInt(n)) }) as I64;
export const v128 = (n: bigint): V128 => ({ type: 'v128', bits: BigInt.asUintN(128, n) }) as V128;
/** An integer of the type that `like` has. */
export const same = <T extends Int>(like: T, n: bigint): T => (like.type === 'i64' ? i64(n) : i32(n)) as T;

export const signed = (v: Int): bigint => BigInt.asIntN(widthOf(v), bitsOf(v));
/** A shift count, taken modulo `width`. */
export const count = (n: I32, width: number): bigint => bitsOf(n) & BigInt(width - 1);

/** The part of a Builder that a file gives. */
export type Ops<K extends keyof Builder> = Pick<Builder, K>;

export function reverseBytes(bits: bigint, bytes: number): bigint {
  let result = 0n;
  for (let i = 0n; i < BigInt(bytes); i++) result = (result << 8n) | ((bits >> (8n * i)) & 0xffn);
  return result;
}
