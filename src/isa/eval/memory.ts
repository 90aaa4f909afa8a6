/** The evaluator's accesses to guest memory. */
import { GuestEvent } from '../arch.ts';
import type { Access, AtomicOp, Bytes, I64, Value } from '../builder.ts';
import { bitsOf, i64, type Ops, reverseBytes, v128 } from './value.ts';

/**
 * Guest memory by virtual address, little-endian. Each may throw a GuestEvent, having changed nothing. It looks at
 * all of `access` but the order of bytes, which is the evaluator's.
 */
export interface EvalMemory {
  load(va: bigint, bytes: number, access: Access): bigint;
  store(va: bigint, bytes: number, value: bigint, access: Access): void;
  /**
   * Read-modify-write in one step, as far as other threads can see: `change` gives what is to be stored, or undefined
   * for nothing; it may be called more than once. Gives the old value. Faults as a write where `change` stores nothing, too.
   */
  update(va: bigint, bytes: number, change: (old: bigint) => bigint | undefined, access: Access): bigint;
}

type MemoryOps = Ops<'load' | 'store' | 'loadV' | 'storeV' | 'loadPair' | 'storePair' | 'atomic' | 'compareAndSwap' | 'compareAndSwapPair'
  | 'loadMasked' | 'storeMasked' | 'readable'>;

const plain: Access = {};

/** What an atomic operation stores; `bits` is the width of both values. */
const atomicResult: Readonly<Record<AtomicOp, (old: bigint, value: bigint, bits: number) => bigint>> = {
  add: (old, value) => old + value,
  and: (old, value) => old & value,
  or: (old, value) => old | value,
  xor: (old, value) => old ^ value,
  swap: (_old, value) => value,
  maxS: (old, value, bits) => (BigInt.asIntN(bits, old) > BigInt.asIntN(bits, value) ? old : value),
  minS: (old, value, bits) => (BigInt.asIntN(bits, old) < BigInt.asIntN(bits, value) ? old : value),
  maxU: (old, value) => (old > value ? old : value),
  minU: (old, value) => (old < value ? old : value),
};

/** `bigEndian`: of accesses that say nothing else. `beforeAccess` is called before each access that may fault. */
export function memoryOps(memory: EvalMemory, bigEndian: () => boolean, beforeAccess: () => void): MemoryOps {
  const order = (value: bigint, bytes: number, access: Access): bigint => {
    if (!(access.bigEndian ?? bigEndian())) return value;
    const { element = bytes } = access;
    let all = 0n;
    for (let at = 0; at < bytes; at += element) all |= reverseBytes(BigInt.asUintN(element * 8, value >> BigInt(at * 8)), element) << BigInt(at * 8);
    return all;
  };
  const low = (value: Value, bytes: number): bigint => BigInt.asUintN(bytes * 8, bitsOf(value));
  const load = (address: I64, bytes: number, access: Access): bigint => {
    beforeAccess();
    return order(memory.load(bitsOf(address), bytes, access), bytes, access);
  };
  const store = (address: I64, value: Value, bytes: number, access: Access): void => {
    beforeAccess();
    memory.store(bitsOf(address), bytes, order(low(value, bytes), bytes, access), access);
  };
  const update = (address: I64, bytes: number, change: (old: bigint) => bigint | undefined, access: Access): bigint => {
    beforeAccess();
    return memory.update(bitsOf(address), bytes, change, access);
  };
  const inMemoryOrder = (old: bigint, bytes: Bytes, access: Access, f: (value: bigint) => bigint | undefined): bigint | undefined => {
    const replacement = f(order(old, bytes, access));
    return replacement === undefined ? undefined : order(BigInt.asUintN(bytes * 8, replacement), bytes, access);
  };
  const behind = (address: I64, bytes: number): I64 => i64(bitsOf(address) + BigInt(bytes));
  // The first element's check has covered the pair: the second is aligned to nothing more than its own place in it.
  const second = ({ align: _, within: __, ...rest }: Access): Access => rest;

  const single = ({ element: _, ...rest }: Access): Access => rest;
  /** What `each` gives for the elements, by where they begin, side by side. */
  const elements = (bytes: Bytes | 16, { element }: Access, each: (at: number, size: Bytes) => bigint): bigint => {
    let all = 0n;
    for (let at = 0; at < bytes; at += element ?? bytes) all |= each(at, (element ?? bytes) as Bytes) << BigInt(at * 8);
    return all;
  };
  const isMasked = (mask: Value, at: number): boolean => ((bitsOf(mask) >> BigInt(at * 8)) & 1n) !== 0n;
  const isReadable = (va: bigint, bytes: number, access: Access): boolean => {
    try {
      memory.load(BigInt.asUintN(64, va), bytes, access);
      return true;
    } catch (e) {
      if (e instanceof GuestEvent) return false;
      throw e;
    }
  };

  return {
    loadMasked: (address, mask, bytes, access) => v128(elements(bytes, access, (at, size) =>
      (isMasked(mask, at) ? load(behind(address, at), size, single(access)) : 0n))),
    storeMasked: (address, value, mask, bytes, access) => {
      elements(bytes, access, (at, size) => {
        if (isMasked(mask, at)) store(behind(address, at), i64(BigInt.asUintN(64, bitsOf(value) >> BigInt(at * 8))), size, single(access));
        return 0n;
      });
    },
    readable: (address, bytes, access = plain) => v128(elements(bytes, access, (at, size) =>
      (isReadable(bitsOf(address) + BigInt(at), size, single(access)) ? (1n << BigInt(size * 8)) - 1n : 0n))),
    load: (address, bytes, access = plain) => i64(load(address, bytes, access)),
    store: (address, value, bytes, access = plain) => store(address, value, bytes, access),
    loadV: (address, bytes, access = plain) => v128(load(address, bytes, access)),
    storeV: (address, value, bytes, access = plain) => store(address, value, bytes, access),
    loadPair: (address, bytes, access = plain) => [
      i64(load(address, bytes, access)),
      i64(load(behind(address, bytes), bytes, second(access))),
    ],
    storePair: (address, first, last, bytes, access = plain) => {
      store(address, first, bytes, access);
      store(behind(address, bytes), last, bytes, second(access));
    },
    atomic: (op, address, value, bytes, access = plain) => {
      const bits = bytes * 8;
      const old = update(address, bytes, was => inMemoryOrder(was, bytes, access, v => atomicResult[op](v, low(value, bytes), bits)), access);
      return i64(order(old, bytes, access));
    },
    compareAndSwap: (address, expected, replacement, bytes, access = plain) => {
      const old = update(address, bytes, was =>
        inMemoryOrder(was, bytes, access, v => (v === low(expected, bytes) ? bitsOf(replacement) : undefined)), access);
      return i64(order(old, bytes, access));
    },
    compareAndSwapPair: (address, expected, replacement, bytes, access = plain) => {
      const bits = BigInt(bytes * 8);
      const join = ([a, b]: [I64, I64]): bigint => order(low(a, bytes), bytes, access) | (order(low(b, bytes), bytes, access) << bits);
      const old = update(address, bytes * 2, was => (was === join(expected) ? join(replacement) : undefined), access);
      return [i64(order(BigInt.asUintN(bytes * 8, old), bytes, access)), i64(order(old >> bits, bytes, access))];
    },
  };
}
