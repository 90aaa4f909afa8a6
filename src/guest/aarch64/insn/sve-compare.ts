/** SVE integer compares to a predicate and NZCV (DDI 0487, C4.1 "SVE Integer Compare", C8.2). */
import type { Builder, Lane, Operand, V128 } from '../../../isa/builder.ts';
import { signExtend } from '../../../base/bits.ts';
import type { Insn } from '../../../isa/insn.ts';
import { setNZCV, V } from '../pseudocode.ts';
import { greater, greaterOrEqual, laneOf, negative, ones } from '../simd/lanes.ts';
import { extendLow, spreadLowest } from '../sve/integer.ts';
import { p, z, zeroing } from '../sve/names.ts';
import { P, predicateOf, PredTest, setP } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

type Compare = (b: Builder, lane: Lane, x: V128, y: V128) => V128;

const more = (unsigned: boolean): Compare => (b, lane, x, y) => greater(b, lane, unsigned, x, y);
const atLeast = (unsigned: boolean): Compare => (b, lane, x, y) => greaterOrEqual(b, lane, unsigned, x, y);
const equal: Compare = (b, lane, x, y) => b.veq(lane, x, y);
const inverse = (compare: Compare): Compare => (b, lane, x, y) => b.vnot(compare(b, lane, x, y));
const less = (unsigned: boolean): Compare => inverse(atLeast(unsigned));
const atMost = (unsigned: boolean): Compare => inverse(more(unsigned));

/** With doublewords, each of which all elements beside it are compared with: what doesn't fit an element is beyond all of them. */
const withWide = (unsigned: boolean, compare: 'more' | 'equal' | 'atLeast'): Compare => (b, lane, x, y) => {
  const fits = b.veq(64, y, extendLow(b, 64, unsigned, lane, y));
  const near = spreadLowest(b, lane, y);
  const same = b.vand(b.veq(lane, x, near), fits);
  if (compare === 'equal') return same;
  const below = b.vselect(fits, greater(b, lane, unsigned, x, near), unsigned ? b.vnot(ones(b)) : negative(b, 64, y));
  return compare === 'more' ? below : b.vor(below, same);
};

/** Writes the predicate of those elements where `mask` has ones and Pg is active, and NZCV. */
function setCompared(b: Builder, lane: Lane, Pd: Operand, Pg: Operand, mask: V128): void {
  const governing = P(b, Pg);
  const result = b.and(predicateOf(b, lane, mask), governing);
  setP(b, Pd, result);
  setNZCV(b, PredTest(b, lane, governing, result));
}

/** `opcode`: bits 15 to 13 and bit 4. */
const vectors = (mnemonic: string, opcode: string, compare: Compare, wide = false): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (${wide ? 'wide elements' : 'vectors'})`,
    `00100100 size!2 0 Zm:5 ${fixed(opcode.slice(0, 3))} Pg:3 Zn:5 ${fixed(opcode.slice(3))} Pd:4`, {
      valid: f => !wide || f.size !== 3,
      asm: f => `${mnemonic}\t${p(f.size, f.Pd)}, ${zeroing(f.Pg)}, ${z(f.size, f.Zn)}, ${z(wide ? 3 : f.size, f.Zm)}`,
      exec: (b, f) => setCompared(b, laneOf(f.size), f.Pd, f.Pg, compare(b, laneOf(f.size), V(b, f.Zn), V(b, f.Zm))),
    });
const wide = (mnemonic: string, opcode: string, compare: Compare): Insn => vectors(mnemonic, opcode, compare, true);

const signedImmediate = (mnemonic: string, opcode: string, compare: Compare): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `00100101 size!2 0 imm5:5 ${fixed(opcode.slice(0, 3))} Pg:3 Zn:5 ${fixed(opcode.slice(3))} Pd:4`, {
    derive: f => ({ imm: signExtend(f.imm5, 5) }),
    asm: f => `${mnemonic}\t${p(f.size, f.Pd)}, ${zeroing(f.Pg)}, ${z(f.size, f.Zn)}, #${signExtend(f.imm5, 5)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setCompared(b, lane, f.Pd, f.Pg, compare(b, lane, V(b, f.Zn), b.vsplat(lane, b.extS(b.operand(f.imm)))));
    },
  });

const unsignedImmediate = (mnemonic: string, lt: string, ne: string, compare: Compare): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `00100100 size!2 1 imm7:7 ${fixed(lt)} Pg:3 Zn:5 ${fixed(ne)} Pd:4`, {
    asm: f => `${mnemonic}\t${p(f.size, f.Pd)}, ${zeroing(f.Pg)}, ${z(f.size, f.Zn)}, #${f.imm7}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setCompared(b, lane, f.Pd, f.Pg, compare(b, lane, V(b, f.Zn), b.vsplat(lane, b.extU(b.operand(f.imm7)))));
    },
  });

export const sveCompare: readonly Insn[] = [
  vectors('cmphs', '0000', atLeast(true)),
  vectors('cmphi', '0001', more(true)),
  vectors('cmpge', '1000', atLeast(false)),
  vectors('cmpgt', '1001', more(false)),
  vectors('cmpeq', '1010', equal),
  vectors('cmpne', '1011', inverse(equal)),
  wide('cmpeq', '0010', withWide(false, 'equal')),
  wide('cmpne', '0011', inverse(withWide(false, 'equal'))),
  wide('cmpge', '0100', withWide(false, 'atLeast')),
  wide('cmpgt', '0101', withWide(false, 'more')),
  wide('cmplt', '0110', inverse(withWide(false, 'atLeast'))),
  wide('cmple', '0111', inverse(withWide(false, 'more'))),
  wide('cmphs', '1100', withWide(true, 'atLeast')),
  wide('cmphi', '1101', withWide(true, 'more')),
  wide('cmplo', '1110', inverse(withWide(true, 'atLeast'))),
  wide('cmpls', '1111', inverse(withWide(true, 'more'))),
  signedImmediate('cmpge', '0000', atLeast(false)),
  signedImmediate('cmpgt', '0001', more(false)),
  signedImmediate('cmplt', '0010', less(false)),
  signedImmediate('cmple', '0011', atMost(false)),
  signedImmediate('cmpeq', '1000', equal),
  signedImmediate('cmpne', '1001', inverse(equal)),
  unsignedImmediate('cmphs', '0', '0', atLeast(true)),
  unsignedImmediate('cmphi', '0', '1', more(true)),
  unsignedImmediate('cmplo', '1', '0', less(true)),
  unsignedImmediate('cmpls', '1', '1', atMost(true)),
];
