/** Binary-coded decimal assistance: Power ISA Book I, 3.3.9 (addg6s), 3.3.15; declets: Appendix B "Densely Packed Decimal". */
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { r } from '../names.ts';
import { fixed, GPR, setGPR } from '../pseudocode.ts';

const addg6s = insn('addg6s', '011111 RT:5 RA:5 RB:5 0001001010 0', {
  feature: '2.06',
  asm: f => `addg6s\t${r(f.RT)},${r(f.RA)},${r(f.RB)}`,
  exec(b, f) {
    const [x, y] = [GPR(b, f.RA), GPR(b, f.RB)];
    const carries = b.or(b.and(x, y), b.and(b.or(x, y), b.not(b.add(x, y))));
    const none = b.and(b.shrU(b.not(carries), b.i32(3)), b.i64(0x1111_1111_1111_1111n));
    setGPR(b, f.RT, b.mul(none, b.i64(6)));
  },
});

/** The number that bits of `from` form, by their numbers from the right; '0' and '1' stand for themselves. */
const gather = (from: number, ...bits: (number | '0' | '1')[]): number =>
  bits.reduce<number>((all, n) => (all << 1) | (typeof n === 'string' ? Number(n) : (from >> n) & 1), 0);

/** Three decimal digits of a declet, whose bits from 9 to 0 are p q r s t u v w x y. */
function digits(declet: number): number {
  const [p, q, r, s, t, u, y] = [9, 8, 7, 6, 5, 4, 0];
  const small = gather(declet, 3) === 0;
  if (small) return gather(declet, '0', p, q, r, '0', s, t, u, '0', 2, 1, y);
  switch (gather(declet, 2, 1)) {
    case 0: return gather(declet, '0', p, q, r, '0', s, t, u, '1', '0', '0', y);
    case 1: return gather(declet, '0', p, q, r, '1', '0', '0', u, '0', s, t, y);
    case 2: return gather(declet, '1', '0', '0', r, '0', s, t, u, '0', p, q, y);
    default:
  }
  switch (gather(declet, s, t)) {
    case 0: return gather(declet, '1', '0', '0', r, '1', '0', '0', u, '0', p, q, y);
    case 1: return gather(declet, '1', '0', '0', r, '0', p, q, u, '1', '0', '0', y);
    case 2: return gather(declet, '0', p, q, r, '1', '0', '0', u, '1', '0', '0', y);
    default: return gather(declet, '1', '0', '0', r, '1', '0', '0', u, '1', '0', '0', y);
  }
}

/** The declet of three digits, whose bits from 11 to 0 are a b c d e f g h i j k m: the manual's equations, for numbers above 9 too. */
function declet(bcd: number): number {
  const bit = (n: number): number => (bcd >>> n) & 1;
  const [a, b, c, d, e, f, g, h, i, j, k, m] = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map(bit) as Twelve;
  const [A, E, I] = [a ^ 1, e ^ 1, i ^ 1];
  return [
    (a & f & i & E) | (a & j & I) | (b & A),
    (a & g & i & E) | (a & k & I) | (c & A),
    d,
    (A & e & j & I) | (f & I & E) | (f & A & E) | (e & i),
    (A & e & k & I) | (g & I & E) | (g & A & E) | (a & i),
    h,
    a | e | i,
    (E & j & I) | (e & i) | a,
    (A & k & I) | (a & i) | e,
    m,
  ].reduce((all, one) => (all << 1) | one, 0);
}
type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number];

/** Each word's low two groups of `from` bits are converted to groups of `to` bits. */
function convert(x: bigint, from: number, to: number, one: (group: number) => number): bigint {
  let result = 0n;
  for (const word of [0, 32]) {
    for (const group of [0, 1]) {
      const value = Number(BigInt.asUintN(from, x >> BigInt(word + group * from)));
      result |= BigInt(one(value)) << BigInt(word + group * to);
    }
  }
  return result;
}

const toDigits = defineHelper('cdtbcd', ['i64'], 'i64', {}, (_cpu, x) => convert(x, 10, 12, digits));
const toDeclets = defineHelper('cbcdtd', ['i64'], 'i64', {}, (_cpu, x) => convert(x, 12, 10, declet));

function conversion(name: string, XO: number, helper: typeof toDigits): Insn {
  return insn(name, `011111 RS:5 RA:5 00000 ${fixed(XO, 10)} 0`, {
    feature: '2.06',
    asm: f => `${name}\t${r(f.RA)},${r(f.RS)}`,
    exec: (b, f) => setGPR(b, f.RA, b.call(helper, GPR(b, f.RS))),
  });
}

export const decimal: readonly Insn[] = [addg6s, conversion('cdtbcd', 282, toDigits), conversion('cbcdtd', 314, toDeclets)];
