/** Loads and stores where PSTATE.E is 1: what is big-endian is an element of a structure, not a register (ARM DDI 0487, E2.8.2). */
import { describe, expect, test } from 'vitest';
import { dataArea } from '../engines/inputs.ts';
import { createEngine, engineNames } from './engines/all.ts';
import { DATA, type State } from './engines/engine.ts';
import { stateOf } from './engines/inputs.ts';

const SETEND_BE = 0xf101_0200;
const VLD1 = 0xf422_0a0f; // {d0-d1}, [r2]
const VST2 = 0xf402_080f; // {d0-d1}, [r2]
const OFFSET = 0x1000;

const state: State = { ...stateOf(2, false), r: Array.from({ length: 15 }, () => Number(DATA) + OFFSET) };
/** Elements of memory that are read as big-endian numbers. */
const elements = (bytes: number, at = OFFSET): bigint[] => Array.from({ length: 16 / bytes }, (_, n) =>
  BigInt(`0x${Buffer.from(dataArea.subarray(at + n * bytes, at + (n + 1) * bytes)).toString('hex')}`));
const row = (values: readonly bigint[], bytes: number): bigint => values.reduce((all, value, n) => all | (value << BigInt(8 * bytes * n)), 0n);

describe.each(engineNames)('structures in big-endian memory: %s', name => {
  const engine = createEngine(name);

  test.each([0, 1, 2, 3])('VLD1 of size %i', size => {
    const { stop, q } = engine.run({ words: Uint32Array.of(SETEND_BE, VLD1 | (size << 6)) }, state);
    expect([stop, q[0]]).toEqual(['left', row(elements(1 << size), 1 << size)]);
  });

  test.each([0, 1, 2])('VST2 of size %i writes what VLD1 reads', size => {
    const bytes = 1 << size;
    const { stop, memory } = engine.run({ words: Uint32Array.of(SETEND_BE, VST2 | (size << 6)) }, state);
    const q = state.q[0]!;
    const half = 8 / bytes;
    const of = (n: number): bigint => BigInt.asUintN(8 * bytes, q >> BigInt(8 * bytes * n));
    const interleaved = Array.from({ length: 16 / bytes }, (_, n) => of((n >> 1) + (n & 1) * half));
    const written = Buffer.from(interleaved.map(value => value.toString(16).padStart(2 * bytes, '0')).join(''), 'hex');
    expect([stop, memory.get(OFFSET)]).toEqual(['left', BigInt(`0x${Buffer.from(written).reverse().toString('hex')}`)]);
  });
});
