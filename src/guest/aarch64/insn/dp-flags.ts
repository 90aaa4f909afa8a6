/** Flag manipulation (FEAT_FlagM, FEAT_FlagM2): ARM DDI 0487, C6.2, each by its name. */
import type { Builder, I32 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { reg } from '../names.ts';
import { nzcv, setNZCV, X } from '../pseudocode.ts';

// Bits of the packed flags.
const N = -0x8000_0000;
const Z = 0x4000_0000;
const C = 0x2000_0000;
const V = 0x1000_0000;

const RMIF = insn('RMIF', '10111010000 imm6:6 00001 Rn:5 0 mask:4', {
  feature: 'FlagM',
  derive: f => ({ changed: f.mask << 28 }),
  asm: f => `rmif\t${reg(1, f.Rn)}, #${f.imm6}, #${f.mask}`,
  exec(b, f) {
    const changed = b.operand(f.changed);
    const flags = b.shl(b.wrap(b.rotr(X(b, f.Rn, 64), b.operand(f.imm6))), b.i32(28));
    setNZCV(b, merge(b, changed, flags, nzcv(b)));
  },
});

/** Bit by bit: mask ? x : y. */
const merge = (b: Builder, mask: I32, x: I32, y: I32): I32 => b.or(b.and(x, mask), b.and(y, b.not(mask)));

const SETF = insn('SETF8/SETF16', '00111010000 000000 sz!1 0010 Rn:5 01101', {
  feature: 'FlagM',
  asm: f => `setf${f.sz ? 16 : 8}\t${reg(0, f.Rn)}`,
  exec(b, f) {
    const atTop = b.shl(X(b, f.Rn, 32), b.i32(f.sz ? 16 : 24));
    const negative = b.and(atTop, b.i32(N));
    const zero = b.shl(b.eqz(atTop), b.i32(30));
    // Overflow is the difference of the element's top bit and the bit above it.
    const above = b.shl(X(b, f.Rn, 32), b.i32(f.sz ? 15 : 23));
    const overflow = b.shl(b.shrU(b.xor(atTop, above), b.i32(31)), b.i32(28));
    const carry = b.and(nzcv(b), b.i32(C));
    setNZCV(b, b.or(b.or(negative, zero), b.or(carry, overflow)));
  },
});

const CFINV = insn('CFINV', '11010101 00000000 0100 0000 000 11111', {
  feature: 'FlagM',
  asm: () => 'cfinv',
  exec: b => setNZCV(b, b.xor(nzcv(b), b.i32(C))),
});

/** The flag `mask` as 0 or 1. */
const flag = (b: Builder, flags: I32, mask: number): I32 => b.eqz(b.eqz(b.and(flags, b.i32(mask))));

/** The four flags, each 0 or 1, packed. */
function packed(b: Builder, n: I32, z: I32, c: I32, v: I32): I32 {
  return b.or(b.or(b.shl(n, b.i32(31)), b.shl(z, b.i32(30))), b.or(b.shl(c, b.i32(29)), b.shl(v, b.i32(28))));
}

const XAFLAG = insn('XAFLAG', '11010101 00000000 0100 0000 001 11111', {
  feature: 'FlagM2',
  asm: () => 'xaflag',
  exec(b) {
    const z = flag(b, nzcv(b), Z);
    const notC = b.eqz(flag(b, nzcv(b), C));
    const c = b.eqz(notC);
    setNZCV(b, packed(b, b.and(notC, b.eqz(z)), b.and(z, c), b.or(c, z), b.and(notC, z)));
  },
});

const AXFLAG = insn('AXFLAG', '11010101 00000000 0100 0000 010 11111', {
  feature: 'FlagM2',
  asm: () => 'axflag',
  exec(b) {
    const v = flag(b, nzcv(b), V);
    const none = b.i32(0);
    setNZCV(b, packed(b, none, b.or(flag(b, nzcv(b), Z), v), b.and(flag(b, nzcv(b), C), b.eqz(v)), none));
  },
});

export const flagManipulation: readonly Insn[] = [RMIF, SETF, CFINV, XAFLAG, AXFLAG];
