/** The reference evaluator: state, memory, control, and the rules that it holds descriptions to. */
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { array, defineLayout, u32, u64, v128 } from '../../src/base/layout.ts';
import { engineState, GuestEvent } from '../../src/isa/arch.ts';
import type { Access, Builder } from '../../src/isa/builder.ts';
import { Evaluator } from '../../src/isa/eval.ts';
import { defineHelper } from '../../src/isa/call.ts';
import { insn } from '../../src/isa/insn.ts';

const layout = defineLayout({ ...engineState, r: array(u64, 4), flags: u32, q: v128 });
const { fields } = layout;

class Fault extends GuestEvent {
  describe(): string { return 'fault'; }
}

/** 64 bytes at 0; everything else faults. */
function machine() {
  const arena = new Arena(0x10000, false);
  const base = arena.alloc(layout.size);
  const state = layout.view(arena, base);
  const bytes = new Uint8Array(64);
  const seen: Access[] = [];
  const load = (va: bigint, n: number, access: Access): bigint => {
    if (va + BigInt(n) > 64n) throw new Fault();
    seen.push(access);
    return bytes.slice(Number(va), Number(va) + n).reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
  };
  const store = (va: bigint, n: number, value: bigint, access: Access): void => {
    load(va, n, access);
    for (let i = 0; i < n; i++) bytes[Number(va) + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  };
  const memory = {
    load, store,
    update(va: bigint, n: number, change: (old: bigint) => bigint | undefined, access: Access): bigint {
      const old = load(va, n, access);
      store(va, n, change(old) ?? old, access);
      return old;
    },
  };
  const evaluator = new Evaluator({ arena, base, cpu: { calls: 0 }, memory });
  const run = (exec: (b: Builder) => void, how: { restartable?: boolean } = {}): void =>
    evaluator.step(insn('test', 'a:32', { asm: () => '', exec, ...how }), 0);
  return { state, bytes, seen, run };
}

describe('control', () => {
  test('pc goes to the next instruction, or where a branch says', () => {
    const { state, run } = machine();
    const targets = [
      [(_b: Builder) => {}, 0x1004n],
      [(b: Builder) => b.branch(b.i32(-8)), 0xff8n],
      [(b: Builder) => b.branchIf(b.i32(0), b.i32(64)), 0x1004n],
      [(b: Builder) => b.branchIf(b.i32(2), b.i32(64)), 0x1040n],
      [(b: Builder) => b.branchTo(b.i64(-4), 'jump'), 0xffff_ffff_ffff_fffcn],
    ] as const;
    for (const [exec, expected] of targets) {
      state.pc = 0x1000n;
      run(exec);
      expect(state.pc).toBe(expected);
    }
    state.pc = 0xffff_ffff_ffff_fffcn;
    run(() => {});
    expect(state.pc).toBe(0n);
  });

  test('an event leaves pc at the instruction and the state alone', () => {
    const { state, run } = machine();
    state.pc = 0x1000n;
    expect(() => run(b => b.setAt(fields.r, b.i32(1), b.load(b.i64(64), 8)))).toThrow(Fault);
    expect(state.pc).toBe(0x1000n);
    expect(state.r[1]).toBe(0n);
  });

  test('when runs its body where the condition is not 0', () => {
    const { bytes, run } = machine();
    run(b => {
      b.when(b.i32(0), () => b.store(b.i64(0), b.i32(1), 1));
      b.when(b.i32(8), () => b.store(b.i64(1), b.i32(1), 1));
    });
    expect([bytes[0], bytes[1]]).toEqual([0, 1]);
  });
});

describe('rules', () => {
  const raising = defineHelper('raising', [], 'void', { raises: true }, () => {});
  const quiet = defineHelper('quiet', [], 'void', {}, () => { throw new Fault(); });

  test('nothing that may raise follows a write of state', () => {
    const { run } = machine();
    const write = (b: Builder): void => b.set(fields.flags, b.i32(1));
    const load = (b: Builder): unknown => b.load(b.i64(0), 4);
    expect(() => run(b => { write(b); load(b); })).toThrow('follows a write of flags');
    expect(() => run(b => { write(b); b.call(raising); })).toThrow('a call of raising that may raise follows');
    expect(() => run(b => { load(b); write(b); })).not.toThrow();
    expect(() => run(b => { write(b); load(b); }, { restartable: true })).not.toThrow();
  });

  test('when writes no state', () => {
    const { run } = machine();
    expect(() => run(b => b.when(b.i32(1), () => b.set(fields.flags, b.i32(1))))).toThrow("'when' writes flags");
  });

  test('a helper raises only where it is declared to', () => {
    const { run } = machine();
    expect(() => run(b => b.call(quiet))).toThrow('quiet raises (fault), but is not declared to');
  });

  test('host floats are for fast paths, and no fast path is taken', () => {
    const { state, run } = machine();
    const twice = defineHelper('twice', ['i64'], 'i64', {}, (_cpu, x) => x * 2n);
    run(b => b.setAt(fields.r, b.i32(0), b.fallback(twice, [b.i64(21)], () => [b.i32(1), b.i64(b.width(b.i32(0)))])));
    expect(state.r[0]).toBe(42n);
    expect(() => run(b => b.fadd(b.f64(b.v128(0n)), b.f64(b.v128(0n))))).toThrow('host float outside a fast path');
  });

  test('types of values and numbers of elements are checked', () => {
    const { run } = machine();
    expect(() => run(b => b.set(fields.flags, b.i64(1) as never))).toThrow('flags takes an i32, not an i64');
    expect(() => run(b => b.setAt(fields.r, b.i32(4), b.i64(1)))).toThrow('r has no element 4');
    expect(() => run(b => b.vget(32, b.v128(0n), 4))).toThrow('no lane 4');
    expect(() => run(b => b.i64(2 ** 53))).toThrow('not a safe integer');
  });
});

describe('memory', () => {
  test('accesses are little-endian, or reversed within the element', () => {
    const { state, bytes, run } = machine();
    run(b => b.store(b.i64(0), b.i64(0x1122334455667788n), 4));
    expect([...bytes.subarray(0, 5)]).toEqual([0x88, 0x77, 0x66, 0x55, 0]);
    run(b => b.storePair(b.i64(8), b.i64(0x0102), b.i64(0x0304), 4, { bigEndian: true }));
    expect([...bytes.subarray(8, 16)]).toEqual([0, 0, 1, 2, 0, 0, 3, 4]);
    run(b => {
      const [first, second] = b.loadPair(b.i64(8), 4, { bigEndian: true });
      b.setAt(fields.r, b.i32(0), first);
      b.setAt(fields.r, b.i32(1), second);
    });
    expect([state.r[0], state.r[1]]).toEqual([0x0102n, 0x0304n]);
  });

  test('of elements under a mask the others are left alone, and read as zero', () => {
    const { state, bytes, seen, run } = machine();
    bytes.set(Array.from({ length: 16 }, (_, i) => i + 1), 48);
    run(b => b.set(fields.q, b.loadMasked(b.i64(48), b.v128(0xffff_0000_ffffn << 16n), 16, { element: 2, bigEndian: true })));
    expect([state.q, seen.length]).toEqual([0x0708_0000_0304_0000n, 2]);
    run(b => b.storeMasked(b.i64(60), b.v128(0x4433_2211n), b.v128(0xff_ff00n), 8, { element: 1 }));
    expect([...bytes.subarray(60)]).toEqual([13, 0x22, 0x33, 16]);
    expect(() => run(b => b.storeMasked(b.i64(60), b.v128(-1n), b.v128(0xff_0000_ffffn), 8, { element: 1 }))).toThrow(Fault);
    expect([...bytes.subarray(60)]).toEqual([0xff, 0xff, 0x33, 16]);
  });

  test('what is readable is said of each element, and nothing is raised', () => {
    const { state, run } = machine();
    run(b => b.set(fields.q, b.readable(b.i64(57), 16, { element: 4 })));
    expect(state.q).toBe(0xffff_ffffn);
    run(b => b.set(fields.q, b.readable(b.i64(-8), 16, { element: 8 })));
    expect(state.q).toBe(((1n << 64n) - 1n) << 64n);
  });

  test('the alignment of a pair is that of its first element', () => {
    const { seen, run } = machine();
    run(b => b.loadPair(b.i64(16), 8, { align: 16, unprivileged: true }));
    expect(seen).toEqual([{ align: 16, unprivileged: true }, { unprivileged: true }]);
  });

  test('atomics give the old value and store the new one, in the width of the access', () => {
    const { state, bytes, run } = machine();
    bytes.set([0x80, 0xff], 0);
    const results = ([['add', 0x81n, 1n], ['maxS', 0x7fn, 0x7fn], ['minU', 0x80n, 0xffn], ['maxU', 0x80n, 0x70n], ['xor', 0x7fn, 0xffn]] as const)
      .map(([op, expected, value]) => {
        bytes[0] = 0x80;
        run(b => b.setAt(fields.r, b.i32(0), b.atomic(op, b.i64(0), b.i64(value), 1)));
        return [state.r[0], BigInt(bytes[0] as number) === expected];
      });
    expect(results).toEqual(results.map(() => [0x80n, true]));
    expect(bytes[1]).toBe(0xff);
  });

  test('an atomic in big-endian order computes on the value, not on the bytes', () => {
    const { bytes, run } = machine();
    bytes.set([0x00, 0xff], 0);
    run(b => b.atomic('add', b.i64(0), b.i64(1), 2, { bigEndian: true }));
    expect([...bytes.subarray(0, 2)]).toEqual([0x01, 0x00]);
  });

  test('compare and swap stores where memory holds what is expected, pairs as a whole', () => {
    const { state, bytes, run } = machine();
    const swap = (expected: number): void => run(b => b.setAt(fields.r, b.i32(0), b.compareAndSwap(b.i64(0), b.i64(expected), b.i64(9), 4)));
    swap(1);
    expect([state.r[0], bytes[0]]).toEqual([0n, 0]);
    swap(0);
    expect([state.r[0], bytes[0]]).toEqual([0n, 9]);
    const pair = (low: number, high: number): void =>
      run(b => b.compareAndSwapPair(b.i64(16), [b.i64(low), b.i64(high)], [b.i64(1), b.i64(2)], 8) as unknown as void);
    pair(0, 1);
    expect(bytes[16]).toBe(0);
    pair(0, 0);
    expect([bytes[16], bytes[24]]).toEqual([1, 2]);
  });
});

describe('arithmetic', () => {
  /** The bits of what `make` gives. */
  function value(make: (b: Builder) => unknown): bigint {
    const { state, run } = machine();
    run(b => {
      const result = make(b) as { type: string };
      if (result.type === 'v128') b.set(fields.q, result as never);
      else b.set(fields.q, b.vset(64, b.v128(0n), 0, result.type === 'i64' ? result as never : b.extU(result as never)));
    });
    return state.q;
  }

  test.each<[string, (b: Builder) => unknown, bigint]>([
    ['division by zero is 0', b => b.divU(b.i64(5), b.i64(0)), 0n],
    ['signed division by zero is 0', b => b.divS(b.i32(-5), b.i32(0)), 0n],
    ['the most negative number by -1 is itself', b => b.divS(b.i32(-0x80000000), b.i32(-1)), 0x80000000n],
    ['division rounds to zero', b => b.divS(b.i32(-7), b.i32(2)), 0xfffffffdn],
    ['high part, signed', b => b.mulHighS(b.i64(-1), b.i64(3)), 0xffff_ffff_ffff_ffffn],
    ['high part, unsigned', b => b.mulHighU(b.i64(-1), b.i64(3)), 2n],
    ['shift counts are modulo the width', b => b.shl(b.i32(1), b.i32(33)), 2n],
    ['arithmetic shift', b => b.shrS(b.i64(-16), b.i32(2)), 0xffff_ffff_ffff_fffcn],
    ['rotation by 0', b => b.rotr(b.i32(0x80000001), b.i32(0)), 0x80000001n],
    ['rotation right', b => b.rotr(b.i32(1), b.i32(1)), 0x80000000n],
    ['leading zeros of 0', b => b.clz(b.i64(0)), 64n],
    ['trailing zeros of 0', b => b.ctz(b.i32(0)), 32n],
    ['trailing zeros', b => b.ctz(b.i32(40)), 3n],
    ['bytes reversed', b => b.bswap(b.i32(0x11223344)), 0x44332211n],
    ['sign extension', b => b.signExtend(b.i64(0x8080), 8), 0xffff_ffff_ffff_ff80n],
    ['flags of an overflow', b => b.nzcvOfAdd(b.i32(0x7fffffff), b.i32(1)), 0x9000_0000n],
    ['flags of a carry', b => b.nzcvOfAdd(b.i64(-1), b.i64(1)), 0x6000_0000n],
    ['flags of a borrow', b => b.nzcvOfSub(b.i32(0), b.i32(1)), 0x8000_0000n],
    ['flags of equal numbers', b => b.nzcvOfSub(b.i64(7), b.i64(7)), 0x6000_0000n],
    ['flags with carry in', b => b.nzcvOfAddCarry(b.i32(-1), b.i32(0), b.i32(1)), 0x6000_0000n],
    ['flags of logic', b => b.nzcvOfLogic(b.i64(-1)), 0x8000_0000n],
    ['LE where Z', b => b.condition(13, b.i32(0x40000000)), 1n],
    ['NV always holds', b => b.condition(15, b.i32(0)), 1n],
    ['saturation', b => b.vaddSatS(8, b.v128(0x7fn), b.v128(1n)), 0x7fn],
    ['unsigned saturation', b => b.vsubSatU(16, b.v128(1n), b.v128(2n)), 0n],
    ['rounding average', b => b.vavgU(8, b.v128(0xffn), b.v128(0xfen)), 0xffn],
    ['swizzle beyond the table', b => b.vswizzle(b.v128(0xaan), b.v128((16n << 8n) | 0n)), 0xaaaa_aaaa_aaaa_aaaa_aaaa_aaaa_aaaa_00aan],
    ['shuffle of two', b => b.vshuffle(b.v128(1n), b.v128(2n), [16, 0, ...Array.from({ length: 14 }, () => 31)]), 0x0102n],
    ['narrowing', b => b.vnarrowU(16, b.v128(0xffff_0100n), b.v128(0n)), 0x00ffn],
    ['widening product of the high half', b => b.vmulWideS(32, 'high', b.v128(0xffff_ffffn << 64n), b.v128(2n << 64n)), 0xffff_ffff_ffff_fffen],
    ['pairs', b => b.vaddPairsS(8, b.v128(0xff01n)), 0n],
    ['bit mask', b => b.vbitmask(32, b.v128(0x80000000n << 96n)), 8n],
    ['shift of lanes', b => b.vshrS(16, b.v128(0x8000n), b.i32(19)), 0xf000n],
  ])('%s', (_name, make, expected) => {
    expect(value(make)).toBe(expected);
  });
});
