/** Floating-point loads and stores: Power ISA 2.07B Book I, 4.6.2 and 4.6.3. */
import { signExtend } from '../../../base/bits.ts';
import type { Builder, I32, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { FPR, setFPR } from '../fp/registers.ts';
import { DOUBLE, SINGLE } from '../fp/scalar.ts';
import { fr, memory, r, rOr0 } from '../names.ts';
import { EA, EAx, fixed, orZero, setGPR } from '../pseudocode.ts';

type Transfer = (b: Builder, FRT: Operand, at: I64) => void;

const lfs: Transfer = (b, FRT, at) => setFPR(b, FRT, DOUBLE(b, b.wrap(b.load(at, 4))));
const lfd: Transfer = (b, FRT, at) => setFPR(b, FRT, b.load(at, 8));
const stfs: Transfer = (b, FRS, at) => b.store(at, SINGLE(b, FPR(b, FRS)), 4);
const stfd: Transfer = (b, FRS, at) => b.store(at, FPR(b, FRS), 8);

/** The D form, the X form, and both with update, which RA = 0 is invalid for. */
function forms(name: string, primary: number, XO: number, transfer: Transfer): Insn[] {
  const [d, x] = [signOf, (f: { RA: number; RB: number }) => `${rOr0(f.RA)},${r(f.RB)}`] as const;
  return [
    insn(name, `${fixed(primary, 6)} FRT:5 RA:5 D:16`, {
      derive: f => ({ A: orZero(f.RA), displacement: d(f.D) }),
      asm: f => `${name}\t${fr(f.FRT)},${memory(d(f.D), f.RA)}`,
      exec: (b, f) => transfer(b, f.FRT, EA(b, f.A, f.displacement)),
    }),
    insn(`${name}u`, `${fixed(primary + 1, 6)} FRT:5 RA:5 D:16`, {
      valid: f => f.RA !== 0,
      derive: f => ({ displacement: d(f.D) }),
      asm: f => `${name}u\t${fr(f.FRT)},${memory(d(f.D), f.RA)}`,
      exec(b, f) {
        const at = EA(b, f.RA, f.displacement);
        transfer(b, f.FRT, at);
        setGPR(b, f.RA, at);
      },
    }),
    insn(`${name}x`, `011111 FRT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
      derive: f => ({ A: orZero(f.RA) }),
      asm: f => `${name}x\t${fr(f.FRT)},${x(f)}`,
      exec: (b, f) => transfer(b, f.FRT, EAx(b, f.A, f.RB)),
    }),
    insn(`${name}ux`, `011111 FRT:5 RA:5 RB:5 ${fixed(XO + 32, 10)} 0`, {
      valid: f => f.RA !== 0,
      asm: f => `${name}ux\t${fr(f.FRT)},${x(f)}`,
      exec(b, f) {
        const at = EAx(b, f.RA, f.RB);
        transfer(b, f.FRT, at);
        setGPR(b, f.RA, at);
      },
    }),
  ];
}

const signOf = (D: number): number => signExtend(D, 16);

/** X forms for integers: the low word of a doubleword. */
function word(name: string, XO: number, feature: string, transfer: Transfer): Insn {
  return insn(name, `011111 FRT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
    feature,
    derive: f => ({ A: orZero(f.RA) }),
    asm: f => `${name}\t${fr(f.FRT)},${rOr0(f.RA)},${r(f.RB)}`,
    exec: (b, f) => transfer(b, f.FRT, EAx(b, f.A, f.RB)),
  });
}

type Pair = (b: Builder, even: Operand, odd: Operand, at: I64) => void;

/** A quadword, of which the even register has the more significant half: where that lies depends on the byte order. */
const lfdp: Pair = (b, even, odd, at) => {
  const pair = b.loadV(at, 16);
  setFPR(b, even, b.vget(64, pair, 1));
  setFPR(b, odd, b.vget(64, pair, 0));
};
const stfdp: Pair = (b, even, odd, at) => b.storeV(at, b.vset(64, b.vsplat(64, FPR(b, even)), 0, FPR(b, odd)), 16);

function pairs(name: string, primary: number, XO: number, transfer: Pair): Insn[] {
  const feature = '2.05';
  const registers = (f: { FRT: number }): { even: number; odd: number } => ({ even: f.FRT, odd: f.FRT | 1 });
  return [
    insn(name, `${fixed(primary, 6)} FRT:5 RA:5 DS:14 00`, {
      feature,
      valid: f => f.FRT % 2 === 0,
      derive: f => ({ A: orZero(f.RA), displacement: signExtend(f.DS, 14) * 4, ...registers(f) }),
      asm: f => `${name}\t${fr(f.FRT)},${memory(signExtend(f.DS, 14) * 4, f.RA)}`,
      exec: (b, f) => transfer(b, f.even, f.odd, EA(b, f.A, f.displacement)),
    }),
    insn(`${name}x`, `011111 FRT:5 RA:5 RB:5 ${fixed(XO, 10)} 0`, {
      feature,
      valid: f => f.FRT % 2 === 0,
      derive: f => ({ A: orZero(f.RA), ...registers(f) }),
      asm: f => `${name}x\t${fr(f.FRT)},${rOr0(f.RA)},${r(f.RB)}`,
      exec: (b, f) => transfer(b, f.even, f.odd, EAx(b, f.A, f.RB)),
    }),
  ];
}

const lowWord = (b: Builder, FRS: Operand): I32 => b.wrap(FPR(b, FRS));

export const fpLoad: readonly Insn[] = [
  ...forms('lfs', 48, 535, lfs),
  ...forms('lfd', 50, 599, lfd),
  ...forms('stfs', 52, 663, stfs),
  ...forms('stfd', 54, 727, stfd),
  word('lfiwax', 855, '2.05', (b, FRT, at) => setFPR(b, FRT, b.signExtend(b.load(at, 4), 32))),
  word('lfiwzx', 887, '2.06', (b, FRT, at) => setFPR(b, FRT, b.load(at, 4))),
  word('stfiwx', 983, 'graphics', (b, FRS, at) => b.store(at, lowWord(b, FRS), 4)),
  ...pairs('lfdp', 57, 791, lfdp),
  ...pairs('stfdp', 61, 919, stfdp),
];
