/** Condition Register instructions: Power ISA Book I, 2.5 and 3.3.17. */
import type { Builder, I32, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { crBit, crf, r } from '../names.ts';
import { CRBit, CRField, fixed, GPR32, setCRField, setGPR } from '../pseudocode.ts';
import { fields } from '../state.ts';

/** `alias` where all operands, or the sources, are one bit. */
function logical(name: string, XO: number, of: (b: Builder, x: I32, y: I32) => I32, alias?: { readonly all?: string; readonly sources?: string }): Insn {
  return insn(name, `010011 BT:5 BA:5 BB:5 ${fixed(XO, 10)} 0`, {
    asm(f) {
      if (f.BA === f.BB && f.BT === f.BA && alias?.all) return `${alias.all}\t${crBit(f.BT)}`;
      if (f.BA === f.BB && alias?.sources) return `${alias.sources}\t${crBit(f.BT)},${crBit(f.BA)}`;
      return `${name}\t${crBit(f.BT)},${crBit(f.BA)},${crBit(f.BB)}`;
    },
    exec: (b, f) => b.setAt(fields.cr, b.operand(f.BT), of(b, CRBit(b, b.operand(f.BA)), CRBit(b, b.operand(f.BB)))),
  });
}

const mcrf = insn('mcrf', '010011 BF:3 00 BFA:3 00 00000 0000000000 0', {
  asm: f => `mcrf\t${crf(f.BF)},${crf(f.BFA)}`,
  exec(b, f) {
    const from = CRField(b, f.BFA);
    const [lt, gt, eq, so] = [0, 1, 2, 3].map(i => CRBit(b, b.add(from, b.i32(i)))) as [I32, I32, I32, I32];
    setCRField(b, CRField(b, f.BF), lt, gt, eq, so);
  },
});

const mcrxrx = insn('mcrxrx', '011111 BF:3 00 00000 00000 1001000000 0', {
  feature: '3.0',
  asm: f => `mcrxrx\t${crf(f.BF)}`,
  exec: (b, f) => setCRField(b, CRField(b, f.BF), b.get(fields.OV), b.get(fields.OV32), b.get(fields.CA), b.get(fields.CA32)),
});

/** A field's four bits as a number. */
function field(b: Builder, first: I32): I32 {
  let all = CRBit(b, first);
  for (let i = 1; i < 4; i++) all = b.or(b.shl(all, b.i32(1)), CRBit(b, b.add(first, b.i32(i))));
  return all;
}

const mfcr = insn('mfcr', '011111 RT:5 0 00000000 0 0000010011 0', {
  asm: f => `mfcr\t${r(f.RT)}`,
  exec(b, f) {
    let all = field(b, b.i32(0));
    for (let n = 1; n < 8; n++) all = b.or(b.shl(all, b.i32(4)), field(b, b.i32(n * 4)));
    setGPR(b, f.RT, b.extU(all));
  },
});

/** FXM chooses one field: its number, counted from the left. */
const only = (FXM: number): number => Math.clz32(FXM) - 24;
const single = (f: { readonly FXM: number }): boolean => FXM1.has(f.FXM);
const FXM1: ReadonlySet<number> = new Set([1, 2, 4, 8, 16, 32, 64, 128]);

// With any other number of fields RT is undefined: we choose an invalid form.
const mfocrf = insn('mfocrf', '011111 RT:5 1 FXM:8 0 0000010011 0', {
  feature: '2.01',
  valid: single,
  derive: f => ({ first: only(f.FXM) * 4 }),
  asm: f => `mfocrf\t${r(f.RT)},${f.FXM}`,
  exec: (b, f) => setGPR(b, f.RT, shiftedField(b, f.first)),
});

/** A field in its own place, the others 0. */
const shiftedField = (b: Builder, first: Operand): I64 => b.extU(b.shl(field(b, b.operand(first)), b.sub(b.i32(28), b.operand(first))));

const mtcrf = insn('mtcrf', '011111 RS:5 0 FXM!8 0 0010010000 0', {
  asm: f => (f.FXM === 255 ? `mtcr\t${r(f.RS)}` : `mtcrf\t${f.FXM},${r(f.RS)}`),
  exec(b, f) {
    const value = GPR32(b, f.RS);
    for (let i = 0; i < 32; i++) {
      if ((f.FXM >> (7 - (i >> 2))) & 1) b.setAt(fields.cr, b.i32(i), b.and(b.shrU(value, b.i32(31 - i)), b.i32(1)));
    }
  },
});

const mtocrf = insn('mtocrf', '011111 RS:5 1 FXM:8 0 0010010000 0', {
  feature: '2.01',
  valid: single,
  derive: f => ({ first: only(f.FXM) * 4 }),
  asm: f => `mtocrf\t${f.FXM},${r(f.RS)}`,
  exec(b, f) {
    const first = b.operand(f.first);
    const value = b.shrU(GPR32(b, f.RS), b.sub(b.i32(28), first));
    const one = (n: number): I32 => b.and(b.shrU(value, b.i32(n)), b.i32(1));
    setCRField(b, first, one(3), one(2), one(1), one(0));
  },
});

const not = (b: Builder, x: I32): I32 => b.xor(x, b.i32(1));

export const conditionRegister: readonly Insn[] = [
  logical('crand', 257, (b, x, y) => b.and(x, y)),
  logical('cror', 449, (b, x, y) => b.or(x, y), { sources: 'crmove' }),
  logical('crxor', 193, (b, x, y) => b.xor(x, y), { all: 'crclr' }),
  logical('crnand', 225, (b, x, y) => not(b, b.and(x, y))),
  logical('crnor', 33, (b, x, y) => not(b, b.or(x, y)), { sources: 'crnot' }),
  logical('creqv', 289, (b, x, y) => not(b, b.xor(x, y)), { all: 'crset' }),
  logical('crandc', 129, (b, x, y) => b.and(x, not(b, y))),
  logical('crorc', 417, (b, x, y) => b.or(x, not(b, y))),
  mcrf, mcrxrx, mfcr, mfocrf, mtcrf, mtocrf,
];
