/** The engine's chaos: whatever it does at random, programs come to the same end. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { defaultCompilerOptions } from '../../src/jit/compiler.ts';
import { Assembler, NE, word } from './assembler.ts';
import { CODE, DATA, exitName, Rig } from './rig.ts';

const ROUNDS = 6000;

/** Counts down; calls a function in another page each time, which it has written anew before every eighth. */
function program(): Assembler {
  const a = new Assembler(CODE).mov(1, CODE + 0x3000).mov(3, ROUNDS).mov(2, word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12: 1, Rn: 0, Rd: 0 }));
  a.label('loop').blr(1).str(0, 20).eor(5, 5, 0, 7).cbz(6, 'patch').label('back').subs(6, 6, 1).subs(3, 3, 1).bCond(NE, 'loop').hvc(1);
  return a.label('patch').str(2, 1, 0, 2).mov(6, 8).isb().b('back');
}

function end(seed: number | undefined): { exit: string; x: bigint[]; data: bigint; evictions: number } {
  const r = new Rig({ threshold: 3, compiler: defaultCompilerOptions, ...(seed !== undefined && { chaos: new Random(seed) }) });
  r.load(new Assembler(CODE + 0x3000).add(0, 0, 1).ret(), false);
  r.load(program()).setX({ 0: 0, 5: 0, 6: 0, 20: DATA });
  let exit = 'kicked';
  while (exit === 'kicked') exit = exitName(r.cpu.run());
  return { exit, x: Array.from(r.state.x.subarray(0, 31)), data: r.peek64(DATA), evictions: r.engine.cache.evictions };
}

describe('chaos', () => {
  const plain = end(undefined);

  test('without it nothing is evicted', () => {
    expect([plain.exit, plain.x[0], plain.evictions]).toEqual(['hvc 1', BigInt(ROUNDS), 0]);
  });

  test('with it everything else is the same', () => {
    const runs = [1, 2, 3, 4, 5, 6].map(end);
    for (const { exit, x, data } of runs) expect({ exit, x, data }).toEqual({ exit: plain.exit, x: plain.x, data: plain.data });
    expect(runs.reduce((sum, r) => sum + r.evictions, 0)).toBeGreaterThan(0);
  });

  test('a seed gives the same run again', () => {
    expect(end(7)).toEqual(end(7));
  });
});
