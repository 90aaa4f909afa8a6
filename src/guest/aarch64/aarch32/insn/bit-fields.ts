/** Fields of bits: ARM DDI 0487, F5.1, BFC, BFI, SBFX, UBFX. Their places are known beforehand: masks and shifts are derived. */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import { a32, t32 } from '../describe.ts';
import { reg, regs, spelt } from '../names.ts';
import { noPC, type Pair } from '../pairs.ts';
import { Rnot15, setR } from '../pseudocode.ts';

const ones = (width: number): number => (2 ** width - 1) | 0;
/** T32's lsb, in two fields. */
const lsbOf = (f: { imm3: number; imm2: number }): { lsb: number } => ({ lsb: (f.imm3 << 2) | f.imm2 });

interface Place { readonly msb: number; readonly lsb: number }
const mask = (f: Place): { mask: number } => ({ mask: ones(f.msb - f.lsb + 1) << f.lsb });
// CONSTRAINED UNPREDICTABLE where the field ends before it begins: we choose UNDEFINED.
const inserted = (f: Place & { Rd: number }): boolean => f.Rd !== 15 && f.msb >= f.lsb;
const field = (f: Place): string => `#${f.lsb}, #${f.msb - f.lsb + 1}`;
const clear = (b: Builder, f: { Rd: Operand; mask: Operand }): I32 => b.and(Rnot15(b, f.Rd), b.not(b.operand(f.mask)));

const BFC: Pair = {
  a32: a32('BFC', '0111110 msb:5 Rd:4 lsb:5 0011111', {
    overrides: ['A32 BFI'],
    valid: inserted,
    derive: mask,
    asm: f => spelt('bfc', f, `${reg(f.Rd)}, ${field(f)}`),
    exec: (b, f) => setR(b, f.Rd, clear(b, f)),
  }),
  t32: t32('BFC', '11110011011011110 imm3:3 Rd:4 imm2:2 0 msb:5', {
    overrides: ['T32 BFI'],
    valid: f => inserted({ ...f, ...lsbOf(f) }),
    derive: f => mask({ ...f, ...lsbOf(f) }),
    asm: f => `bfc\t${reg(f.Rd)}, ${field({ ...f, ...lsbOf(f) })}`,
    exec: (b, f) => setR(b, f.Rd, clear(b, f)),
  }),
};

const insert = (b: Builder, f: { Rd: Operand; Rn: Operand; lsb: Operand; mask: Operand }): void =>
  setR(b, f.Rd, b.or(clear(b, f), b.and(b.shl(Rnot15(b, f.Rn), b.operand(f.lsb)), b.operand(f.mask))));

const BFI: Pair = {
  a32: a32('BFI', '0111110 msb:5 Rd:4 lsb:5 001 Rn:4', {
    valid: f => inserted(f) && noPC(f.Rn),
    derive: mask,
    asm: f => spelt('bfi', f, `${regs(f.Rd, f.Rn)}, ${field(f)}`),
    exec: (b, f) => insert(b, f),
  }),
  t32: t32('BFI', '111100110110 Rn:4 0 imm3:3 Rd:4 imm2:2 0 msb:5', {
    valid: f => inserted({ ...f, ...lsbOf(f) }) && noPC(f.Rn),
    derive: f => ({ ...lsbOf(f), ...mask({ ...f, ...lsbOf(f) }) }),
    asm: f => `bfi\t${regs(f.Rd, f.Rn)}, ${field({ ...f, ...lsbOf(f) })}`,
    exec: (b, f) => insert(b, f),
  }),
};

interface Extract { readonly lsb: number; readonly widthm1: number }
/** How far to the left, so that the field ends at the top, and to the right from there. */
const ways = (f: Extract): { left: number; right: number } => ({ left: 31 - f.lsb - f.widthm1, right: 31 - f.widthm1 });
// CONSTRAINED UNPREDICTABLE where the field ends beyond the register: we choose UNDEFINED.
const extracted = (f: Extract & { Rd: number; Rn: number }): boolean => noPC(f.Rd, f.Rn) && f.lsb + f.widthm1 <= 31;
const extract = (b: Builder, U: number, f: { Rd: Operand; Rn: Operand; left: Operand; right: Operand }): void => {
  const top = b.shl(Rnot15(b, f.Rn), b.operand(f.left));
  setR(b, f.Rd, U ? b.shrU(top, b.operand(f.right)) : b.shrS(top, b.operand(f.right)));
};
const extraction = (f: Extract & { U: number; Rd: number; Rn: number }): string =>
  spelt(f.U ? 'ubfx' : 'sbfx', f, `${regs(f.Rd, f.Rn)}, #${f.lsb}, #${f.widthm1 + 1}`);

const SBFX: Pair = {
  a32: a32('SBFX, UBFX', '01111 U!1 1 widthm1:5 Rd:4 lsb:5 101 Rn:4', {
    valid: extracted,
    derive: ways,
    asm: extraction,
    exec: (b, f) => extract(b, f.U, f),
  }),
  t32: t32('SBFX, UBFX', '11110011 U!1 100 Rn:4 0 imm3:3 Rd:4 imm2:2 0 widthm1:5', {
    valid: f => extracted({ ...f, ...lsbOf(f) }),
    derive: f => ways({ ...f, ...lsbOf(f) }),
    asm: f => extraction({ ...f, ...lsbOf(f) }),
    exec: (b, f) => extract(b, f.U, f),
  }),
};

export const bitFields: readonly Pair[] = [BFC, BFI, SBFX];
