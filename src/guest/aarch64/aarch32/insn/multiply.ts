/** Products and quotients of whole registers: ARM DDI 0487, F5.1, MLA, MLS, MUL, SDIV, SMLAL, SMMLA, SMULL, UDIV, UMAAL, UMLAL, UMULL. */
import type { Builder, I32, I64, Operand } from '../../../../isa/builder.ts';
import { regs, spelt, wide } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { Rnot15, setNZ, setR } from '../pseudocode.ts';

/** Two registers as one number. */
export const pairValue = (b: Builder, f: { RdHi: Operand; RdLo: Operand }): I64 =>
  b.or(b.shl(b.extU(Rnot15(b, f.RdHi)), b.i32(32)), b.extU(Rnot15(b, f.RdLo)));
export function setPair(b: Builder, f: { RdHi: Operand; RdLo: Operand }, value: I64): void {
  setR(b, f.RdLo, b.wrap(value));
  setR(b, f.RdHi, b.wrap(b.shrU(value, b.i32(32))));
}
export const product = (b: Builder, f: { Rn: Operand; Rm: Operand }): I32 => b.mul(Rnot15(b, f.Rn), Rnot15(b, f.Rm));
export const productS = (b: Builder, f: { Rn: Operand; Rm: Operand }): I64 => b.mul(b.extS(Rnot15(b, f.Rn)), b.extS(Rnot15(b, f.Rm)));
const productU = (b: Builder, f: { Rn: Operand; Rm: Operand }): I64 => b.mul(b.extU(Rnot15(b, f.Rn)), b.extU(Rnot15(b, f.Rm)));

/** T32 has no products that set flags: there S isn't a field. */
const s = (f: { S?: number }): string => (f.S ? 's' : '');

const MUL = pair('MUL', '0000000 S!1 Rd:4 0000 Rm:4 1001 Rn:4', '111110110000 Rn:4 1111 Rd:4 0000 Rm:4', {
  overrides: ['MLA'],
  valid: f => noPC(f.Rd, f.Rm, f.Rn),
  asm: f => wide(`mul${s(f)}`, f, regs(f.Rd, f.Rn, f.Rm)),
  exec(b, f) {
    const result = product(b, f);
    setR(b, f.Rd, result);
    if (f.S) setNZ(b, result);
  },
});

const MLA = pair('MLA', '0000001 S!1 Rd:4 Ra:4 Rm:4 1001 Rn:4', '111110110000 Rn:4 Ra:4 Rd:4 0000 Rm:4', {
  valid: f => noPC(f.Rd, f.Ra, f.Rm, f.Rn),
  asm: f => spelt(`mla${s(f)}`, f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
  exec(b, f) {
    const result = b.add(Rnot15(b, f.Ra), product(b, f));
    setR(b, f.Rd, result);
    if (f.S) setNZ(b, result);
  },
});

const MLS = pair('MLS', '00000110 Rd:4 Ra:4 Rm:4 1001 Rn:4', '111110110000 Rn:4 Ra:4 Rd:4 0001 Rm:4', {
  valid: f => noPC(f.Rd, f.Ra, f.Rm, f.Rn),
  asm: f => spelt('mls', f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
  exec: (b, f) => setR(b, f.Rd, b.sub(Rnot15(b, f.Ra), product(b, f))),
});

/** CONSTRAINED UNPREDICTABLE where both halves go to one register: we choose UNDEFINED. */
export const longIsValid = (f: { RdHi: number; RdLo: number; Rm: number; Rn: number }): boolean =>
  noPC(f.RdHi, f.RdLo, f.Rm, f.Rn) && f.RdHi !== f.RdLo;

function long(name: string, inA32: '10' | '11', inT32: '0' | '1', multiply: typeof productS): Pair {
  return pair(`${name}MULL, ${name}MLAL`, `0000${inA32} accumulate!1 S!1 RdHi:4 RdLo:4 Rm:4 1001 Rn:4`,
    `111110111 accumulate!1 ${inT32} 0 Rn:4 RdLo:4 RdHi:4 0000 Rm:4`, {
      valid: longIsValid,
      asm: f => spelt(`${name.toLowerCase()}${f.accumulate ? 'mlal' : 'mull'}${s(f)}`, f, regs(f.RdLo, f.RdHi, f.Rn, f.Rm)),
      exec(b, f) {
        const result = f.accumulate ? b.add(pairValue(b, f), multiply(b, f)) : multiply(b, f);
        setPair(b, f, result);
        if (f.S) setNZ(b, result);
      },
    });
}

const UMAAL = pair('UMAAL', '00000100 RdHi:4 RdLo:4 Rm:4 1001 Rn:4', '111110111110 Rn:4 RdLo:4 RdHi:4 0110 Rm:4', {
  valid: longIsValid,
  asm: f => spelt('umaal', f, regs(f.RdLo, f.RdHi, f.Rn, f.Rm)),
  exec: (b, f) => setPair(b, f, b.add(b.add(productU(b, f), b.extU(Rnot15(b, f.RdLo))), b.extU(Rnot15(b, f.RdHi)))),
});

/** The upper word of a sum or difference of 64 bits, rounded where R. */
const upper = (b: Builder, R: number, x: I64): I32 => b.wrap(b.shrU(R ? b.add(x, b.i64(0x8000_0000)) : x, b.i32(32)));
const aboveWord = (b: Builder, r: Operand): I64 => b.shl(b.extU(Rnot15(b, r)), b.i32(32));

const SMMUL = pair('SMMUL', '01110101 Rd:4 1111 Rm:4 00 R!1 1 Rn:4', '111110110101 Rn:4 1111 Rd:4 000 R!1 Rm:4', {
  overrides: ['SMMLA'],
  valid: f => noPC(f.Rd, f.Rm, f.Rn),
  asm: f => spelt(`smmul${f.R ? 'r' : ''}`, f, regs(f.Rd, f.Rn, f.Rm)),
  exec: (b, f) => setR(b, f.Rd, upper(b, f.R, productS(b, f))),
});

const SMMLA = pair('SMMLA', '01110101 Rd:4 Ra:4 Rm:4 00 R!1 1 Rn:4', '111110110101 Rn:4 Ra:4 Rd:4 000 R!1 Rm:4', {
  valid: f => noPC(f.Rd, f.Ra, f.Rm, f.Rn),
  asm: f => spelt(`smmla${f.R ? 'r' : ''}`, f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
  exec: (b, f) => setR(b, f.Rd, upper(b, f.R, b.add(aboveWord(b, f.Ra), productS(b, f)))),
});

const SMMLS = pair('SMMLS', '01110101 Rd:4 Ra:4 Rm:4 11 R!1 1 Rn:4', '111110110110 Rn:4 Ra:4 Rd:4 000 R!1 Rm:4', {
  valid: f => noPC(f.Rd, f.Ra, f.Rm, f.Rn),
  asm: f => spelt(`smmls${f.R ? 'r' : ''}`, f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
  exec: (b, f) => setR(b, f.Rd, upper(b, f.R, b.sub(aboveWord(b, f.Ra), productS(b, f)))),
});

const DIVIDE = pair('SDIV, UDIV', '011100 U!1 1 Rd:4 1111 Rm:4 0001 Rn:4', '1111101110 U!1 1 Rn:4 1111 Rd:4 1111 Rm:4', {
  valid: f => noPC(f.Rd, f.Rm, f.Rn),
  asm: f => spelt(f.U ? 'udiv' : 'sdiv', f, regs(f.Rd, f.Rn, f.Rm)),
  exec(b, f) {
    const x = Rnot15(b, f.Rn);
    const y = Rnot15(b, f.Rm);
    setR(b, f.Rd, f.U ? b.divU(x, y) : b.divS(x, y));
  },
});

export const multiplies: readonly Pair[] = [
  MUL, MLA, MLS, long('S', '11', '0', productS), long('U', '10', '1', productU), UMAAL, SMMUL, SMMLA, SMMLS, DIVIDE,
];
