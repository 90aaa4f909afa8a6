/** Saturating sums, and saturation to a number of bits: ARM DDI 0487, F5.1, QADD, QDADD, QDSUB, QSUB, SSAT, SSAT16, USAT, USAT16. */
import type { Builder, I32, I64, Operand } from '../../../../isa/builder.ts';
import { a32, t32 } from '../describe.ts';
import { regs, reg, shifted, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { Rnot15, setQ, setR } from '../pseudocode.ts';
import { shiftByImmediate } from '../shift.ts';

/** SignedSatQ to 32 bits: the word, and whether it is another number. */
function saturate(b: Builder, x: I64): [word: I32, saturated: I32] {
  const low = b.wrap(x);
  const saturated = b.ne(b.extS(low), x);
  const limit = b.wrap(b.xor(b.shrS(x, b.i32(63)), b.i64(0x7fff_ffff)));
  return [b.select(saturated, limit, low), saturated];
}

const QADD = pair('QADD, QDADD, QSUB, QDSUB', '00010 double!1 sub!1 0 Rn:4 Rd:4 00000101 Rm:4', '111110101000 Rn:4 1111 Rd:4 10 sub!1 double!1 Rm:4', {
  valid: f => noPC(f.Rn, f.Rd, f.Rm),
  asm: f => spelt(`q${f.double ? 'd' : ''}${f.sub ? 'sub' : 'add'}`, f, regs(f.Rd, f.Rm, f.Rn)),
  exec(b, f) {
    const n = b.extS(Rnot15(b, f.Rn));
    const m = b.extS(Rnot15(b, f.Rm));
    const [doubled, first] = f.double ? saturate(b, b.add(n, n)) : [b.wrap(n), b.i32(0)];
    const [result, second] = saturate(b, f.sub ? b.sub(m, b.extS(doubled)) : b.add(m, b.extS(doubled)));
    setR(b, f.Rd, result);
    setQ(b, b.or(first, second));
  },
});

/** The least and greatest numbers of SSAT's and USAT's `sat_imm`. */
const limits = (unsigned: number, bits: number): { least: number; most: number } =>
  (unsigned ? { least: 0, most: 2 ** bits - 1 } : { least: -(2 ** bits), most: 2 ** bits - 1 });

const clamped = (b: Builder, x: I32, f: { least: Operand; most: Operand }): I32 => {
  const least = b.operand(f.least);
  const most = b.operand(f.most);
  return b.select(b.ltS(x, least), least, b.select(b.ltS(most, x), most, x));
};

interface Limits { readonly Rn: Operand; readonly Rd: Operand; readonly least: Operand; readonly most: Operand }

function SAT(b: Builder, f: Limits & { sh: number; imm5: Operand }): void {
  const [x] = shiftByImmediate(b, Rnot15(b, f.Rn), f.sh ? 2 : 0, f.imm5);
  const result = clamped(b, x, f);
  setR(b, f.Rd, result);
  setQ(b, b.ne(result, x));
}

function SAT16(b: Builder, f: Limits): void {
  const n = Rnot15(b, f.Rn);
  const low = b.signExtend(n, 16);
  const high = b.shrS(n, b.i32(16));
  const [lowResult, highResult] = [clamped(b, low, f), clamped(b, high, f)];
  setR(b, f.Rd, b.or(b.and(lowResult, b.i32(0xffff)), b.shl(highResult, b.i32(16))));
  setQ(b, b.or(b.ne(lowResult, low), b.ne(highResult, high)));
}

interface SatFields { readonly sat: number; readonly Rd: number; readonly Rn: number }
const spelling = (name: string, unsigned: number, f: SatFields, shift = ''): string =>
  spelt((unsigned ? 'u' : 's') + name, f, `${reg(f.Rd)}, #${unsigned ? f.sat : f.sat + 1}, ${reg(f.Rn)}${shift}`);

/** `unsigned` is bit 22 in A32, bit 23 in T32. */
function saturations(unsigned: 0 | 1): readonly Pair[] {
  const [SAT_name, SAT16_name] = unsigned ? ['USAT', 'USAT16'] : ['SSAT', 'SSAT16'];
  const imm5 = (f: { imm3: number; imm2: number }): number => (f.imm3 << 2) | f.imm2;
  return [
    {
      a32: a32(SAT_name, `01101 ${unsigned} 1 sat:5 Rd:4 imm5:5 sh!1 01 Rn:4`, {
        valid: f => noPC(f.Rd, f.Rn),
        derive: f => limits(unsigned, f.sat),
        asm: f => spelling('sat', unsigned, f, shifted(f.sh ? 2 : 0, f.imm5)),
        exec: (b, f) => SAT(b, f),
      }),
      t32: t32(SAT_name, `11110011 ${unsigned} 0 sh!1 0 Rn:4 0 imm3:3 Rd:4 imm2:2 0 sat:5`, {
        valid: f => noPC(f.Rd, f.Rn) && (f.sh === 0 || imm5(f) !== 0),
        derive: f => ({ ...limits(unsigned, f.sat), imm5: imm5(f) }),
        asm: f => spelling('sat', unsigned, f, shifted(f.sh ? 2 : 0, imm5(f))),
        exec: (b, f) => SAT(b, f),
      }),
    },
    {
      a32: a32(SAT16_name, `01101 ${unsigned} 10 sat:4 Rd:4 11110011 Rn:4`, {
        valid: f => noPC(f.Rd, f.Rn),
        derive: f => limits(unsigned, f.sat),
        asm: f => spelling('sat16', unsigned, f),
        exec: (b, f) => SAT16(b, f),
      }),
      t32: t32(SAT16_name, `11110011 ${unsigned} 010 Rn:4 0000 Rd:4 0000 sat:4`, {
        overrides: [`T32 ${SAT_name}`],
        valid: f => noPC(f.Rd, f.Rn),
        derive: f => limits(unsigned, f.sat),
        asm: f => spelling('sat16', unsigned, f),
        exec: (b, f) => SAT16(b, f),
      }),
    },
  ];
}

export const saturating: readonly Pair[] = [QADD, ...saturations(0), ...saturations(1)];
