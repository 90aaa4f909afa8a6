/** Exclusive accesses in more than one instruction (ARM DDI 0487, B2.12): what single-instruction vectors can't show. */
import { describe, expect, test } from 'vitest';
import { insns } from '../../../src/guest/aarch64/insns.ts';
import { encode, type RawFields } from '../../../src/isa/insn.ts';
import { createEngine, engineNames } from '../../engines/all.ts';
import { DATA, type Outcome, type State } from '../../engines/engine.ts';
import { dataArea, stateOf } from '../../engines/inputs.ts';

function word(name: string, fields: RawFields): number {
  const insn = insns.find(i => i.name === name);
  if (!insn) throw new RangeError(`no instruction '${name}'`);
  return encode(insn, fields);
}

const BASE = 1;
const OTHER = 2;
const NEW = 3;
const NEW2 = 4;
const STATUS = 5;
const STATUS2 = 6;
const OLD = 7;
const OLD2 = 8;
const NONE = 31;

const load = (size: number, Rn = BASE): number => word('LDXR/LDAXR', { size, Rs: NONE, o0: 1, Rt2: NONE, Rn, Rt: OLD });
const store = (size: number, Rs = STATUS, Rn = BASE): number => word('STXR/STLXR', { size, Rs, o0: 1, Rt2: NONE, Rn, Rt: NEW });
const loadPair = (sz: number): number => word('LDXP/LDAXP', { sz, Rs: NONE, o0: 0, Rt2: OLD2, Rn: BASE, Rt: OLD });
const storePair = (sz: number, Rs = STATUS): number => word('STXP/STLXP', { sz, Rs, o0: 0, Rt2: NEW2, Rn: BASE, Rt: NEW });
const CLREX = 0xd503_3f5f;
/** A plain store of 8 bytes over the monitored ones. */
const overwrite = word('LDR/STR (unsigned offset)', { size: 3, opc: 0, imm12: 0, Rn: BASE, Rt: NEW2 });

const AT = 0x1000;
const NEW_VALUE = 0x1122_3344_5566_7788n;
const NEW_VALUE2 = 0x99aa_bbcc_ddee_ff00n;

function start(misalignment = 0): State {
  const before = stateOf(2);
  const x = [...before.x];
  x[BASE] = DATA + BigInt(AT + misalignment);
  x[OTHER] = DATA + BigInt(AT + 0x100);
  x[NEW] = NEW_VALUE;
  x[NEW2] = NEW_VALUE2;
  x[STATUS] = x[STATUS2] = 0xdead_beef_dead_beefn;
  return { ...before, x };
}

const initial = (at: number, bytes: number): bigint => {
  let value = 0n;
  for (let i = 0; i < bytes; i++) value |= BigInt(dataArea[at + i] as number) << BigInt(8 * i);
  return value;
};

/** The 16 bytes at AT after the run. */
const memory = (o: Outcome): bigint => o.memory.get(AT) ?? initial(AT, 16);
const low = (value: bigint, bytes: number): bigint => BigInt.asUintN(bytes * 8, value);
/** The 16 bytes at AT with their lowest replaced. */
const replaced = (value: bigint, bytes: number): bigint => (initial(AT, 16) >> BigInt(8 * bytes) << BigInt(8 * bytes)) | low(value, bytes);

describe.each(engineNames)('exclusive accesses: %s', name => {
  const engine = createEngine(name);
  const run = (words: readonly number[], misalignment = 0): Outcome => engine.run(Uint32Array.from(words), start(misalignment));

  test.each([0, 1, 2, 3])('a store after the load of its address succeeds (size %i)', size => {
    const bytes = 1 << size;
    const o = run([load(size), store(size)]);
    expect(o.stop).toBe('left');
    expect(o.x[STATUS]).toBe(0n);
    expect(o.x[OLD]).toBe(initial(AT, bytes));
    expect(memory(o)).toBe(replaced(NEW_VALUE, bytes));
  });

  test.each([0, 1])('so does that of a pair (sz %i)', sz => {
    const bytes = sz ? 8 : 4;
    const o = run([loadPair(sz), storePair(sz)]);
    expect(o.x[STATUS]).toBe(0n);
    expect(o.x[OLD]).toBe(initial(AT, bytes));
    expect(o.x[OLD2]).toBe(initial(AT + bytes, bytes));
    expect(memory(o)).toBe(replaced(low(NEW_VALUE, bytes) | (low(NEW_VALUE2, bytes) << BigInt(8 * bytes)), 2 * bytes));
  });

  const failing: Record<string, readonly number[]> = {
    'with the monitor open': [store(3)],
    'at another address': [load(3, OTHER), store(3)],
    'of another size': [load(2), store(3)],
    'of a pair after the load of one': [load(3), storePair(1)],
    'of one after the load of a pair': [loadPair(1), store(3)],
    'after CLREX': [load(3), CLREX, store(3)],
  };
  test.each(Object.entries(failing))('a store %s fails and changes nothing', (_, words) => {
    const o = run(words);
    expect(o.stop).toBe('left');
    expect(o.x[STATUS]).toBe(1n);
    expect(o.memory.size).toBe(0);
  });

  test('a store fails where memory was changed in between', () => {
    const o = run([load(3), overwrite, store(3)]);
    expect(o.x[STATUS]).toBe(1n);
    expect(memory(o)).toBe(replaced(NEW_VALUE2, 8));
  });

  test('a store of a pair fails where half of it was changed in between', () => {
    const o = run([loadPair(1), overwrite, storePair(1)]);
    expect(o.x[STATUS]).toBe(1n);
    expect(memory(o)).toBe(replaced(NEW_VALUE2, 8));
  });

  test('a store opens the monitor, whether it succeeds or not', () => {
    const succeeded = run([load(3), store(3), store(3, STATUS2)]);
    expect([succeeded.x[STATUS], succeeded.x[STATUS2]]).toEqual([0n, 1n]);
    const failed = run([load(3), store(3, STATUS, OTHER), store(3, STATUS2)]);
    expect([failed.x[STATUS], failed.x[STATUS2]]).toEqual([1n, 1n]);
    expect(failed.memory.size).toBe(0);
  });

  test.each([
    ['load', [load(3)], 4], ['load of halfwords', [load(1)], 1], ['store', [store(3)], 4],
    ['load of a pair of words', [loadPair(0)], 4], ['load of a pair', [loadPair(1)], 8], ['store of a pair', [storePair(1)], 8],
  ] as const)('a %s that is not aligned to its whole size faults', (_, words, misalignment) => {
    const o = run(words, misalignment);
    expect(o.stop).toBe('memory');
    expect(o.x[STATUS]).toBe(0xdead_beef_dead_beefn);
    expect(o.memory.size).toBe(0);
  });
});
