/** SVE's floating point where it is more than AdvSIMD's: predicates, orders of reductions, and the fast paths that are its own. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/base/random.ts';
import { insns } from '../../../src/guest/aarch64/insns.ts';
import { AHP, IOC, IXC } from '../../../src/guest/aarch64/fp/status.ts';
import { decoder } from '../../../src/isa/decode.ts';
import { encode, type Insn } from '../../../src/isa/insn.ts';
import { createEngine, engineNames } from '../../engines/all.ts';
import { DATA, type Outcome, type State } from '../../engines/engine.ts';
import { floatOf } from '../../engines/fp-values.ts';
import { runBothWays, type Tally } from './fast-paths.ts';
import { bits32, number64 } from './host-float.ts';

const decode = decoder(insns);
const engines = engineNames.map(name => createEngine(name, decode));

function named(name: string): Insn {
  const insn = insns.find(i => i.name === `SVE ${name}`);
  if (!insn) throw new Error(`no ${name}`);
  return insn;
}

const vector = (lane: number, ...elements: readonly bigint[]): bigint => elements.reduceRight((all, e) => (all << BigInt(lane)) | e, 0n);
const everywhere = (lane: number, element: bigint): bigint => vector(lane, ...Array.from({ length: 128 / lane }, () => element));

/** Z0.. as given and P0; all engines have to leave the same. */
function run(name: string, fields: Readonly<Record<string, number>>, v: readonly bigint[], p0: number, fpcr = 0): Outcome {
  const state: State = {
    x: Array.from({ length: 31 }, () => 0n),
    sp: DATA,
    nzcv: 0,
    fpcr,
    fpsr: 0,
    v: Array.from({ length: 32 }, (_, i) => v[i] ?? 0n),
    p: Array.from({ length: 17 }, (_, i) => (i === 0 ? p0 : 0)),
  };
  const [first, ...others] = engines.map(e => e.run(Uint32Array.of(encode(named(name), fields)), state));
  for (const other of others) expect(other).toEqual(first);
  return first as Outcome;
}

const SNaN = 0x7f80_0001n;
const INFINITY = 0x7f80_0000n;
const MINUS_ZERO = 0x8000_0000n;

describe('elements that are inactive', () => {
  // Only the lowest word is active, and harmless.
  const only = 1;
  const hostile = (harmless: bigint, other: bigint): bigint => vector(32, harmless, other, other, other);
  const one = bits32(1);

  it.each([
    ['FDIV (vectors, predicated)', 0n, 0n, one],
    ['FDIVR (vectors, predicated)', 0n, 0n, one],
    ['FADD (vectors, predicated)', SNaN, SNaN, bits32(2)],
    ['FMULX (vectors, predicated)', SNaN, 0n, one],
    ['FSCALE (vectors, predicated)', SNaN, 0n, bits32(1)],
    ['FMAXNM (vectors, predicated)', SNaN, SNaN, one],
  ])('of %s report nothing and stay', (name, dn, m, result) => {
    const scale = name.startsWith('FSCALE');
    const left = run(name, { size: 2, Pg: 0, Zdn: 1, Zm: 2 }, [0n, hostile(one, dn), hostile(scale ? 0n : one, m)], only);
    expect(left.v[1]).toBe(hostile(result, dn));
    expect(left.fpsr).toBe(0);
  });

  it.each(['FSQRT (predicated)', 'FRINTX (predicated)', 'FCVTZS (32 to 32)', 'FCVT (32 to 16)', 'FCVT (32 to 64)', 'FRECPX (predicated)'])(
    'of %s report nothing and stay',
    name => {
      const kept = everywhere(32, 0x1234_5678n);
      const left = run(name, { size: 2, Pg: 0, Zd: 1, Zn: 2 }, [0n, kept, everywhere(32, SNaN)], 0);
      expect(left.v[1]).toBe(kept);
      expect(left.fpsr).toBe(0);
      expect(run(name, { size: 2, Pg: 0, Zd: 1, Zn: 2 }, [0n, kept, everywhere(32, SNaN)], 0xffff).fpsr).toBe(IOC);
    },
  );

  it('of a product that is added report nothing and stay', () => {
    const v = [0n, everywhere(32, SNaN), everywhere(32, INFINITY), 0n];
    const left = run('FMLA (vectors)', { size: 2, Pg: 0, Zda: 1, Zn: 2, Zm: 3 }, v, 0);
    expect([left.v[1], left.fpsr]).toEqual([everywhere(32, SNaN), 0]);
  });

  it('of a comparison are false and report nothing', () => {
    const left = run('FCMGE (vectors)', { size: 2, Pg: 0, Pd: 1, Zn: 1, Zm: 2 }, [0n, hostile(one, SNaN), hostile(one, SNaN)], only);
    expect([left.p[1], left.fpsr]).toEqual([1, 0]);
    expect(run('FCMUO (vectors)', { size: 2, Pg: 0, Pd: 1, Zn: 1, Zm: 2 }, [0n, hostile(one, SNaN)], 0x1111).p[1]).toBe(0x1110);
  });
});

describe('sums', () => {
  const big = bits32(1e8);
  const one = bits32(1);
  // 1e8 + 1 is 1e8 in single precision.
  const elements = vector(32, big, one, bits32(-1e8), one);

  it('FADDV adds neighbours, then what that gives', () => {
    expect(run('FADDV', { size: 2, Pg: 0, Zn: 1, Vd: 2 }, [0n, elements], 0xffff).v[2]).toBe(0n);
  });

  it('FADDA adds one after another, the scalar first', () => {
    const left = run('FADDA', { size: 2, Pg: 0, Zm: 1, Vdn: 2 }, [0n, elements, bits32(0.5)], 0xffff);
    expect([left.v[2], left.fpsr]).toEqual([one, IXC]);
  });

  it.each([MINUS_ZERO, SNaN])('FADDA of no element leaves the scalar as it was: %#x', scalar => {
    const left = run('FADDA', { size: 2, Pg: 0, Zm: 1, Vdn: 2 }, [0n, everywhere(32, SNaN), vector(32, scalar, SNaN)], 0);
    expect([left.v[2], left.fpsr]).toEqual([scalar, 0]);
  });

  it('FMAXNMV of nothing is the default NaN, FMAXV of nothing the least number', () => {
    expect(run('FMAXNMV', { size: 2, Pg: 0, Zn: 1, Vd: 2 }, [], 0).v[2]).toBe(0x7fc0_0000n);
    expect(run('FMAXV', { size: 2, Pg: 0, Zn: 1, Vd: 2 }, [], 0).v[2]).toBe(0xff80_0000n);
  });
});

describe('conversions', () => {
  it('know no alternative half precision', () => {
    const left = run('FCVT (32 to 16)', { Pg: 0, Zd: 1, Zn: 2 }, [0n, 0n, everywhere(32, INFINITY)], 0xffff, AHP);
    expect([left.v[1], left.fpsr]).toEqual([everywhere(32, 0x7c00n), 0]);
    const wide = run('FCVT (16 to 64)', { Pg: 0, Zd: 1, Zn: 2 }, [0n, 0n, everywhere(64, 0x7c00n)], 0xffff, AHP);
    expect(wide.v[1]).toBe(everywhere(64, 0x7ff0n << 48n));
  });

  it('extend an integer that is narrower than its element by its sign', () => {
    const minusOne = everywhere(64, 0xbff0_0000_0000_0000n);
    expect(run('FCVTZS (64 to 32)', { Pg: 0, Zd: 1, Zn: 2 }, [0n, 0n, minusOne], 0xffff).v[1]).toBe((1n << 128n) - 1n);
  });
});

it("FEXPA's fractions are those of powers of two, rounded to nearest", () => {
  for (let i = 0n; i < 64n; i += 2n) {
    const op = (e: bigint): bigint => (1023n << 6n) | e;
    const left = run('FEXPA', { size: 3, Zn: 1, Zd: 2 }, [0n, vector(64, op(i), op(i + 1n))], 0).v[2] as bigint;
    const [low, high] = [left, left >> 64n].map(bits => number64(BigInt.asUintN(64, bits))) as [number, number];
    // Math.pow may be off by its last bit.
    expect(Math.abs(low - 2 ** (Number(i) / 64))).toBeLessThanOrEqual(2 ** -52);
    expect(Math.abs(high - 2 ** (Number(i + 1n) / 64))).toBeLessThanOrEqual(2 ** -52);
  }
  const singles = run('FEXPA', { size: 2, Zn: 1, Zd: 2 }, [0n, everywhere(32, (127n << 6n) | 32n)], 0).v[2];
  expect(singles).toBe(everywhere(32, bits32(Math.fround(Math.SQRT2))));
  const halves = run('FEXPA', { size: 1, Zn: 1, Zd: 2 }, [0n, everywhere(16, (15n << 5n) | 16n)], 0).v[2];
  expect(halves).toBe(everywhere(16, 0x3da8n));
});

it('bytes are no floats', () => {
  const sized = insns.filter(i => i.name.startsWith('SVE F') && i.fields.some(f => f.name === 'size'));
  expect(sized.length).toBeGreaterThan(50);
  expect(sized.filter(i => decode.decode(encode(i, { size: 0 })) === i).map(i => i.name)).toEqual([]);
});

describe('fast paths', () => {
  const names = ['FSCALE (vectors, predicated)', 'FADD (vectors, predicated)', 'FDIV (vectors, predicated)', 'FMLA (vectors)'];
  it.each([...names, 'FCMUO (vectors)', 'FCMNE (zero)'])('of %s are sure only of what the helper computes', name => {
    const insn = named(name);
    const random = new Random(name.length);
    const tally: Tally = { offered: 0, sure: 0, differences: [] };
    for (let i = 0; i < 600; i++) {
      const size = 2 + (i & 1);
      const lane = size === 2 ? 32 : 64;
      const floats = (): bigint => vector(lane, ...Array.from({ length: 128 / lane }, () => floatOf(random, lane)));
      const scale = (): bigint => BigInt.asUintN(lane, BigInt(random.below(2) ? random.below(40) - 20 : random.below(4200) - 2100));
      const integers = vector(lane, ...Array.from({ length: 128 / lane }, scale));
      const v = [0n, floats(), name.startsWith('FSCALE') ? integers : floats(), floats()];
      const word = encode(insn, { size, Pg: 0, Pd: 1, Zdn: 1, Zda: 3, Zn: 1, Zm: 2, Zd: 4 });
      const p = [BigInt(random.pick([0xffff, 0xffff, 0x1111, 0xff, 0]))];
      runBothWays(insn, word, { x: [], v, p, nzcv: 0, fpcr: 0, fpsr: IXC }, i % 4 === 0, tally);
    }
    expect(tally.differences).toEqual([]);
    expect(tally.offered).toBe(600);
    expect(tally.sure).toBeGreaterThan(100);
  });
});
