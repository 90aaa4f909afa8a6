/** Products of halfwords: ARM DDI 0487, F5.1, SMLABB, SMLAD, SMLALBB, SMLALD, SMLAWB, SMLSD, SMLSLD, SMUAD, SMULBB, SMULWB, SMUSD. */
import type { Builder, I32, I64, Operand } from '../../../../isa/builder.ts';
import { regs, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { Rnot15, setQ, setR } from '../pseudocode.ts';
import { longIsValid, pairValue, setPair } from './multiply.ts';

const half = (b: Builder, x: I32, top: number): I32 => (top ? b.shrS(x, b.i32(16)) : b.signExtend(x, 16));
const letter = (top: number): string => (top ? 't' : 'b');

/** Rd := the low word of a sum; Q is set where it is more than that holds. */
function setSum(b: Builder, Rd: Operand, sum: I64): void {
  const word = b.wrap(sum);
  setR(b, Rd, word);
  setQ(b, b.ne(b.extS(word), sum));
}

const halves = (b: Builder, f: { Rn: Operand; Rm: Operand; N: number; M: number }): I64 =>
  b.extS(b.mul(half(b, Rnot15(b, f.Rn), f.N), half(b, Rnot15(b, f.Rm), f.M)));
const wordByHalf = (b: Builder, f: { Rn: Operand; Rm: Operand; M: number }): I64 =>
  b.shrS(b.mul(b.extS(Rnot15(b, f.Rn)), b.extS(half(b, Rnot15(b, f.Rm), f.M))), b.i32(16));
const addend = (b: Builder, f: { Ra: Operand }): I64 => b.extS(Rnot15(b, f.Ra));

const threeRegisters = (f: { Rd: number; Rm: number; Rn: number }): boolean => noPC(f.Rd, f.Rm, f.Rn);
const fourRegisters = (f: { Rd: number; Ra: number; Rm: number; Rn: number }): boolean => noPC(f.Rd, f.Ra, f.Rm, f.Rn);

const ofHalves: readonly Pair[] = [
  pair('SMLABB, SMLABT, SMLATB, SMLATT', '00010000 Rd:4 Ra:4 Rm:4 1 M!1 N!1 0 Rn:4', '111110110001 Rn:4 Ra:4 Rd:4 00 N!1 M!1 Rm:4', {
    valid: fourRegisters,
    asm: f => spelt(`smla${letter(f.N)}${letter(f.M)}`, f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
    exec: (b, f) => setSum(b, f.Rd, b.add(halves(b, f), addend(b, f))),
  }),
  pair('SMULBB, SMULBT, SMULTB, SMULTT', '00010110 Rd:4 0000 Rm:4 1 M!1 N!1 0 Rn:4', '111110110001 Rn:4 1111 Rd:4 00 N!1 M!1 Rm:4', {
    overrides: ['SMLABB, SMLABT, SMLATB, SMLATT'],
    valid: threeRegisters,
    asm: f => spelt(`smul${letter(f.N)}${letter(f.M)}`, f, regs(f.Rd, f.Rn, f.Rm)),
    exec: (b, f) => setR(b, f.Rd, b.wrap(halves(b, f))),
  }),
  pair('SMLAWB, SMLAWT', '00010010 Rd:4 Ra:4 Rm:4 1 M!1 00 Rn:4', '111110110011 Rn:4 Ra:4 Rd:4 000 M!1 Rm:4', {
    valid: fourRegisters,
    asm: f => spelt(`smlaw${letter(f.M)}`, f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
    exec: (b, f) => setSum(b, f.Rd, b.add(wordByHalf(b, f), addend(b, f))),
  }),
  pair('SMULWB, SMULWT', '00010010 Rd:4 0000 Rm:4 1 M!1 10 Rn:4', '111110110011 Rn:4 1111 Rd:4 000 M!1 Rm:4', {
    overrides: ['SMLAWB, SMLAWT'],
    valid: threeRegisters,
    asm: f => spelt(`smulw${letter(f.M)}`, f, regs(f.Rd, f.Rn, f.Rm)),
    exec: (b, f) => setR(b, f.Rd, b.wrap(wordByHalf(b, f))),
  }),
  pair('SMLALBB, SMLALBT, SMLALTB, SMLALTT', '00010100 RdHi:4 RdLo:4 Rm:4 1 M!1 N!1 0 Rn:4', '111110111100 Rn:4 RdLo:4 RdHi:4 10 N!1 M!1 Rm:4', {
    valid: longIsValid,
    asm: f => spelt(`smlal${letter(f.N)}${letter(f.M)}`, f, regs(f.RdLo, f.RdHi, f.Rn, f.Rm)),
    exec: (b, f) => setPair(b, f, b.add(pairValue(b, f), halves(b, f))),
  }),
];

/** The sum or difference of both products; M crosses the halves of the second source. */
function dual(b: Builder, f: { Rn: Operand; Rm: Operand; M: number }, sub: number): I64 {
  const n = Rnot15(b, f.Rn);
  const m = Rnot15(b, f.Rm);
  const low = b.extS(b.mul(half(b, n, 0), half(b, m, f.M)));
  const high = b.extS(b.mul(half(b, n, 1), half(b, m, 1 - f.M)));
  return sub ? b.sub(low, high) : b.add(low, high);
}

function duals(sub: 0 | 1, inT32: '010' | '100'): readonly Pair[] {
  const name = sub ? 'SMLSD' : 'SMLAD';
  return [
    pair(sub ? 'SMUSD' : 'SMUAD', `01110000 Rd:4 1111 Rm:4 0${sub} M!1 1 Rn:4`, `111110110${inT32} Rn:4 1111 Rd:4 000 M!1 Rm:4`, {
      overrides: [name],
      valid: threeRegisters,
      asm: f => spelt(`${sub ? 'smusd' : 'smuad'}${f.M ? 'x' : ''}`, f, regs(f.Rd, f.Rn, f.Rm)),
      exec: (b, f) => setSum(b, f.Rd, dual(b, f, sub)),
    }),
    pair(name, `01110000 Rd:4 Ra:4 Rm:4 0${sub} M!1 1 Rn:4`, `111110110${inT32} Rn:4 Ra:4 Rd:4 000 M!1 Rm:4`, {
      valid: fourRegisters,
      asm: f => spelt(`${sub ? 'smlsd' : 'smlad'}${f.M ? 'x' : ''}`, f, regs(f.Rd, f.Rn, f.Rm, f.Ra)),
      exec: (b, f) => setSum(b, f.Rd, b.add(dual(b, f, sub), addend(b, f))),
    }),
  ];
}

const SMLALD = pair('SMLALD, SMLSLD', '01110100 RdHi:4 RdLo:4 Rm:4 0 sub!1 M!1 1 Rn:4', '11111011110 sub!1 Rn:4 RdLo:4 RdHi:4 110 M!1 Rm:4', {
  valid: longIsValid,
  asm: f => spelt(`${f.sub ? 'smlsld' : 'smlald'}${f.M ? 'x' : ''}`, f, regs(f.RdLo, f.RdHi, f.Rn, f.Rm)),
  exec: (b, f) => setPair(b, f, b.add(pairValue(b, f), dual(b, f, f.sub))),
});

export const multipliesOfHalves: readonly Pair[] = [...ofHalves, ...duals(0, '010'), ...duals(1, '100'), SMLALD];
