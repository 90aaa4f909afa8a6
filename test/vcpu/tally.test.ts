/** The tally of what was executed: exact wherever code leaves a unit, in every tier, and nothing where nobody needs it. */
import { describe, expect, test } from 'vitest';
import { TALLY } from '../../src/isa/arch.ts';
import { Assembler, NE } from './assembler.ts';
import { CODE, DATA, HOLE, Rig, reportingVectors, tiers, tookSync } from './rig.ts';

const names = Object.keys(TALLY) as (keyof typeof TALLY)[];

/** What each instruction of the loop below does, in order. */
function loop(): Assembler {
  const a = new Assembler(CODE).label('top');
  a.ldr(3, 20).add(3, 3, 1).str(3, 20).ldp(4, 5, 20).cbz(31, 'next').nop().label('next').bl('leaf').subs(0, 0, 1).bCond(NE, 'top').hvc(1);
  return a.label('leaf').ldadd(1, 6, 20).ret();
}
const eachRound = { instructions: 10, loads: 3, stores: 2, accesses: 5, branches: 3, jumps: 1, returns: 1 };

describe.each(tiers)('%s', (_name, tier) => {
  const start = (limit: number | (() => number)): Rig => {
    const r = new Rig(tier);
    r.cpu.guest.tallyLimit = typeof limit === 'number' ? () => limit : limit;
    return r;
  };
  const tally = (r: Rig): Record<string, number> => Object.fromEntries(names.map(name => [name, Number(r.state.tally[TALLY[name]])]));
  const run = (r: Rig, rounds: number): string => r.load(loop()).setX({ 0: rounds, 1: 1, 20: DATA }).toExit();

  test('a known loop', () => {
    const r = start(1 << 20);
    expect(run(r, 100)).toBe('hvc 1');
    const expected = Object.fromEntries(Object.entries(eachRound).map(([name, n]) => [name, 100 * n]));
    expect(tally(r)).toEqual({ ...expected, instructions: 1001 });
  });

  test('whoever asks for limits gets every one of them, and the caller its budget', () => {
    const seen: bigint[] = [];
    const r: Rig = start(() => {
      seen.push(r.state.tally[TALLY.instructions]!);
      return 7;
    });
    r.load(loop()).setX({ 0: 50, 1: 1, 20: DATA });
    r.step(100);
    expect(seen).toEqual(Array.from({ length: 16 }, (_, i) => BigInt(Math.min(7 * i, 100))));
    expect(r.cpu.retired).toBe(100n);
    r.cpu.setBudget(0);
    seen.length = 0;
    expect(r.toExit()).toBe('hvc 1');
    expect(seen).toEqual(Array.from({ length: 58 }, (_, i) => BigInt(100 + 7 * i)));
  });

  test('what faults is not counted before it has been done', () => {
    const r = start(1 << 20);
    r.load(reportingVectors(), false);
    for (const k of [0, 1, 7, 30]) {
      const a = new Assembler(CODE);
      for (let n = 0; n < k; n++) a.str(1, 20);
      a.ldr(5, 6).str(1, 20).str(1, 20);
      r.load(a).setX({ 6: HOLE, 20: DATA });
      r.state.tally.fill(0n);
      expect(r.toExit()).toBe(tookSync);
      expect(tally(r)).toEqual({ instructions: k + 1, loads: 0, stores: k, accesses: k, branches: 0, jumps: 0, returns: 0 });
    }
  });

  test('nothing is counted where nobody needs it, and it goes on and off', () => {
    let limit = 0;
    const r = start(() => limit);
    expect(run(r, 30)).toBe('hvc 1');
    expect(tally(r).instructions).toBe(0);
    limit = 1000;
    r.cpu.setBudget(0);
    expect(run(r, 30)).toBe('hvc 1');
    expect(tally(r).instructions).toBe(301);
  });
});
