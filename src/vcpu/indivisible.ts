/**
 * Accesses to guest memory that other threads see as one: what the slow path does where generated code has one instruction
 * of the host for it. Up to 8 aligned bytes are the host's atomics. No host operation swaps 16 bytes, so such accesses
 * exclude each other by locks, and are done half by half against everything else.
 */
import type { Arena } from '../base/arena.ts';
import { acquire, release } from '../base/lock.ts';

const LOCKS = 64;
const BLOCK = 16;

export class Indivisible {
  private readonly arena: Arena;
  private readonly i8: Int8Array;
  private readonly i16: Int16Array;
  private readonly i64: BigInt64Array;
  private readonly locks: number;

  /** The locks are a place in the arena that all threads' objects have to share. */
  constructor(arena: Arena) {
    const { buffer } = arena.memory;
    this.arena = arena;
    this.i8 = new Int8Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.locks = arena.alloc(LOCKS * 4, 64) >>> 2;
  }

  /** Unsigned. `bytes` is 1, 2, 4 or 8, and `at` a multiple of it. */
  load(at: number, bytes: number): bigint {
    switch (bytes) {
      case 1: return BigInt(Atomics.load(this.arena.u8, at));
      case 2: return BigInt(Atomics.load(this.arena.u16, at >>> 1));
      case 4: return BigInt(Atomics.load(this.arena.u32, at >>> 2));
      default: return Atomics.load(this.arena.u64, at / 8);
    }
  }

  /** The low `bytes` bytes of the value; the place as for `load`. */
  store(at: number, bytes: number, value: bigint): void {
    switch (bytes) {
      case 1: Atomics.store(this.i8, at, Number(BigInt.asIntN(8, value))); break;
      case 2: Atomics.store(this.i16, at >>> 1, Number(BigInt.asIntN(16, value))); break;
      case 4: Atomics.store(this.arena.i32, at >>> 2, Number(BigInt.asIntN(32, value))); break;
      default: Atomics.store(this.i64, at / 8, BigInt.asIntN(64, value));
    }
  }

  /**
   * Replaces `bytes` bytes (up to 16, within an aligned block of 16) by what `change` makes of them, or leaves them where
   * that is undefined; the old value. `change` may be called several times.
   */
  update(at: number, bytes: number, change: (old: bigint) => bigint | undefined): bigint {
    if (bytes > 8 || (bytes & (bytes - 1)) !== 0 || at % bytes !== 0) return this.updateBlock(at, bytes, change);
    for (;;) {
      const old = this.load(at, bytes);
      const value = change(old);
      if (value === undefined || this.swap(at, bytes, old, value)) return old;
    }
  }

  private swap(at: number, bytes: number, old: bigint, value: bigint): boolean {
    const { arena, i8, i16, i64 } = this;
    const narrow = (words: Int8Array | Int16Array | Int32Array, i: number): boolean => {
      const before = Number(BigInt.asIntN(bytes * 8, old));
      return Atomics.compareExchange(words, i, before, Number(BigInt.asIntN(bytes * 8, value))) === before;
    };
    switch (bytes) {
      case 1: return narrow(i8, at);
      case 2: return narrow(i16, at >>> 1);
      case 4: return narrow(arena.i32, at >>> 2);
      default: {
        const before = BigInt.asIntN(64, old);
        return Atomics.compareExchange(i64, at / 8, before, BigInt.asIntN(64, value)) === before;
      }
    }
  }

  private updateBlock(at: number, bytes: number, change: (old: bigint) => bigint | undefined): bigint {
    const block = at - (at % BLOCK);
    const shift = BigInt((at - block) * 8);
    const mask = (1n << BigInt(bytes * 8)) - 1n;
    const lock = this.locks + (block / BLOCK) % LOCKS;
    acquire(this.arena, lock);
    try {
      for (;;) {
        const low = this.load(block, 8);
        const high = this.load(block + 8, 8);
        const whole = low | high << 64n;
        const old = whole >> shift & mask;
        const value = change(old);
        // Still the same, or the two halves may be of different times.
        if (value === undefined && this.load(block, 8) === low) return old;
        if (value !== undefined && this.replace(block, low, high, whole & ~(mask << shift) | (value & mask) << shift)) return old;
      }
    } finally {
      release(this.arena, lock);
    }
  }

  /** Somebody without the lock may change either half: then nothing was replaced. */
  private replace(block: number, low: bigint, high: bigint, whole: bigint): boolean {
    const newLow = BigInt.asUintN(64, whole);
    if (!this.swap(block, 8, low, newLow)) return false;
    if (this.swap(block + 8, 8, high, whole >> 64n)) return true;
    this.swap(block, 8, newLow, low);
    return false;
  }
}
