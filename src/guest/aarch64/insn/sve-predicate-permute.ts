/** SVE permutes of predicates: the elements' bits in groups of 1, 2, 4 or 8 (DDI 0487, C4.1 "SVE Permute Predicate" and C8.2). */
import type { Builder, I32 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { p } from '../sve/names.ts';
import { P, setP } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

/** Every second group of `bits` bits, from the lowest on. */
const even: Readonly<Record<number, number>> = { 1: 0x5555, 2: 0x3333, 4: 0x0f0f, 8: 0x00ff };
const left = (b: Builder, x: I32, n: number): I32 => b.shl(x, b.i32(n));
const right = (b: Builder, x: I32, n: number): I32 => b.shrU(x, b.i32(n));
const keep = (b: Builder, x: I32, bits: number): I32 => b.and(x, b.i32(even[bits] as number));

/** The groups of the low half at even places. */
function spread(b: Builder, bits: number, x: I32): I32 {
  let value = keep(b, x, 8);
  for (let n = 4; n >= bits; n /= 2) value = keep(b, b.or(value, left(b, value, n)), n);
  return value;
}

/** The groups at even places, as the low half. */
function gathered(b: Builder, bits: number, x: I32): I32 {
  let value = keep(b, x, bits);
  for (let n = bits; n < 8; n *= 2) value = keep(b, b.or(value, right(b, value, n)), 2 * n);
  return value;
}

function reversed(b: Builder, bits: number, x: I32): I32 {
  let value = x;
  for (let n = bits; n <= 8; n *= 2) value = b.or(left(b, keep(b, value, n), n), keep(b, right(b, value, n), n));
  return value;
}

type Permute = (b: Builder, bits: number, second: boolean, n: I32, m: I32) => I32;

const zip: Permute = (b, bits, second, n, m) => {
  const half = (x: I32): I32 => spread(b, bits, second ? right(b, x, 8) : x);
  return b.or(half(n), left(b, half(m), bits));
};
const unzip: Permute = (b, bits, second, n, m) => {
  const half = (x: I32): I32 => gathered(b, bits, second ? right(b, x, bits) : x);
  return b.or(half(n), left(b, half(m), 8));
};
const transpose: Permute = (b, bits, second, n, m) => {
  const half = (x: I32): I32 => keep(b, second ? right(b, x, bits) : x, bits);
  return b.or(half(n), left(b, half(m), bits));
};

const permute = (mnemonic: string, opc: string, operation: Permute): Insn =>
  sveInsn(`${mnemonic.toUpperCase()}1, ${mnemonic.toUpperCase()}2 (predicates)`, `00000101 size!2 10 Pm:4 010 ${fixed(opc)} H!1 0 Pn:4 0 Pd:4`, {
    asm: f => `${mnemonic}${f.H + 1}\t${p(f.size, f.Pd)}, ${p(f.size, f.Pn)}, ${p(f.size, f.Pm)}`,
    exec: (b, f) => setP(b, f.Pd, operation(b, 1 << f.size, f.H === 1, P(b, f.Pn), P(b, f.Pm))),
  });

export const svePredicatePermute: readonly Insn[] = [
  permute('zip', '00', zip),
  permute('uzp', '01', unzip),
  permute('trn', '10', transpose),
  sveInsn('REV (predicate)', '00000101 size!2 110100 0100000 Pn:4 0 Pd:4', {
    asm: f => `rev\t${p(f.size, f.Pd)}, ${p(f.size, f.Pn)}`,
    exec: (b, f) => setP(b, f.Pd, reversed(b, 1 << f.size, P(b, f.Pn))),
  }),
  sveInsn('PUNPKLO, PUNPKHI', '00000101 0011000 H!1 0100000 Pn:4 0 Pd:4', {
    asm: f => `punpk${f.H ? 'hi' : 'lo'}\t${p(1, f.Pd)}, ${p(0, f.Pn)}`,
    exec: (b, f) => setP(b, f.Pd, spread(b, 1, f.H ? right(b, P(b, f.Pn), 8) : P(b, f.Pn))),
  }),
];
