/** Floating-Point Status and Control Register instructions: Power ISA 2.07B Book I, 4.6.9, and the mffs of 3.0B. */
import type { Builder, I64 } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { changeBit, readFPSCR, takeField, writeFPSCR } from '../fp/control.ts';
import { FPR, setFPR } from '../fp/registers.ts';
import { finish } from '../fp/scalar.ts';
import { crf, dot, fr } from '../names.ts';
import { fixed } from '../pseudocode.ts';
import { setCRBits } from './fp-compare.ts';

const DRN = 7n << 32n;
const ENABLES = 0xf8n;
const NI = 4n;
const RN = 3n;
/** FR, FI and FPRF. */
const STATUS = 0x7_f000n;

const mffs = insn('mffs', '111111 FRT:5 00000 00000 1001000111 Rc!1', {
  restartable: true,
  asm: f => `${dot('mffs', f.Rc)}\t${fr(f.FRT)}`,
  exec(b, f) {
    setFPR(b, f.FRT, b.call(readFPSCR));
    finish(b, f.Rc);
  },
});

/** The forms of mffs that give a part of FPSCR, and then may write one. */
function partial<P extends string>(name: string, tail: P, part: bigint, write?: (b: Builder, f: never) => void, operand?: (f: never) => string): Insn {
  return insn(name, `111111 FRT:5 ${tail} 1001000111 0`, {
    feature: '3.0',
    asm: (f: { FRT: number }) => `${name}\t${fr(f.FRT)}${operand ? `,${operand(f as never)}` : ''}`,
    exec(b: Builder, f: { FRT: never }) {
      const FPSCR = b.call(readFPSCR);
      write?.(b, f as never);
      setFPR(b, f.FRT, b.and(FPSCR, b.i64(part)));
    },
  } as never);
}

const replace = (b: Builder, value: I64, mask: bigint): void => b.call(writeFPSCR, value, b.i64(mask), b.i32(0));
const control = DRN | ENABLES | NI | RN;

const partials: readonly Insn[] = [
  partial('mffsce', '00001 00000', (1n << 64n) - 1n, b => replace(b, b.i64(0), ENABLES)),
  partial('mffscdrn', '10100 FRB:5', control, (b, f: { FRB: never }) => replace(b, FPR(b, f.FRB), DRN), (f: { FRB: number }) => fr(f.FRB)),
  partial('mffscdrni', '10101 00 DRN:3', control, (b, f: { DRN: never }) => replace(b, b.shl(b.extU(b.operand(f.DRN)), b.i32(32)), DRN),
    (f: { DRN: number }) => `${f.DRN}`),
  partial('mffscrn', '10110 FRB:5', control, (b, f: { FRB: never }) => replace(b, FPR(b, f.FRB), RN), (f: { FRB: number }) => fr(f.FRB)),
  partial('mffscrni', '10111 000 RM:2', control, (b, f: { RM: never }) => replace(b, b.extU(b.operand(f.RM)), RN), (f: { RM: number }) => `${f.RM}`),
  partial('mffsl', '11000 00000', control | STATUS),
];

/** Fields of four bits that FLM's bits name, the first one most significant; `W`: in the upper word. */
function fieldMask(FLM: number, W: number): bigint {
  let mask = 0n;
  for (let i = 0; i < 8; i++) if (FLM & (0x80 >> i)) mask |= 0xfn << BigInt(28 - 4 * i);
  return W ? mask << 32n : mask;
}

function setFields(b: Builder, source: I64, mask: I64, Rc: number): void {
  b.call(writeFPSCR, source, mask, b.i32(1));
  finish(b, Rc);
}

const mtfsf = insn('mtfsf', '111111 0 FLM:8 0 FRB:5 1011000111 Rc!1', {
  overrides: ['mtfsf (L, W)'],
  restartable: true,
  derive: f => ({ mask: fieldMask(f.FLM, 0) }),
  asm: f => `${dot('mtfsf', f.Rc)}\t${f.FLM},${fr(f.FRB)}`,
  exec: (b, f) => setFields(b, FPR(b, f.FRB), f.mask, f.Rc),
});

/** L: the whole register; W: the upper word. */
const mtfsfWide = insn('mtfsf (L, W)', '111111 L!1 FLM:8 W!1 FRB:5 1011000111 Rc!1', {
  feature: '2.05',
  restartable: true,
  derive: f => ({ mask: f.L ? (1n << 64n) - 1n : fieldMask(f.FLM, f.W) }),
  asm: f => `${dot('mtfsf', f.Rc)}\t${f.FLM},${fr(f.FRB)},${f.L}${f.W ? ',1' : ''}`,
  exec: (b, f) => setFields(b, f.W && !f.L ? b.shl(FPR(b, f.FRB), b.i32(32)) : FPR(b, f.FRB), f.mask, f.Rc),
});

const mtfsfi = insn('mtfsfi', '111111 BF:3 00 0000 0 U:4 0 0010000110 Rc!1', {
  overrides: ['mtfsfi (W)'],
  restartable: true,
  derive: f => ({ mask: fieldMask(0x80 >> f.BF, 0), value: BigInt(f.U) << BigInt(28 - 4 * f.BF) }),
  asm: f => `${dot('mtfsfi', f.Rc)}\t${f.BF},${f.U}`,
  exec: (b, f) => setFields(b, f.value, f.mask, f.Rc),
});

const mtfsfiWide = insn('mtfsfi (W)', '111111 BF:3 00 0000 W!1 U:4 0 0010000110 Rc!1', {
  feature: '2.05',
  restartable: true,
  derive: f => ({ mask: fieldMask(0x80 >> f.BF, f.W), value: BigInt(f.U) << BigInt(28 - 4 * f.BF + 32 * f.W) }),
  asm: f => `${dot('mtfsfi', f.Rc)}\t${f.BF},${f.U},1`,
  exec: (b, f) => setFields(b, f.value, f.mask, f.Rc),
});

function bit(name: string, XO: number, set: 0 | 1): Insn {
  return insn(name, `111111 BT:5 00000 00000 ${fixed(XO, 10)} Rc!1`, {
    restartable: true,
    derive: f => ({ mask: 1 << (31 - f.BT) }),
    asm: f => `${dot(name, f.Rc)}\t${f.BT}`,
    exec(b, f) {
      b.call(changeBit, b.operand(f.mask), b.i32(set));
      finish(b, f.Rc);
    },
  });
}

const mcrfs = insn('mcrfs', '111111 BF:3 00 BFA:3 00 00000 0001000000 0', {
  derive: f => ({ first: 4 * f.BF }),
  asm: f => `mcrfs\t${crf(f.BF)},cr${f.BFA}`,
  exec: (b, f) => setCRBits(b, f.first, b.call(takeField, b.operand(f.BFA))),
});

export const fpStatus: readonly Insn[] = [mffs, ...partials, mtfsf, mtfsfWide, mtfsfi, mtfsfiWide, bit('mtfsb0', 70, 0), bit('mtfsb1', 38, 1), mcrfs];
