/** SVE element counts, by pattern and multiplier (DDI 0487, C4.1 "SVE Element Count" and C8.2). */
import type { Insn } from '../../../isa/insn.ts';
import { reg } from '../names.ts';
import { setX } from '../pseudocode.ts';
import { laneOf } from '../simd/lanes.ts';
import { countSaturating, countX, countZ, countZSaturating, saturatingName, saturatingRegister } from '../sve/count.ts';
import { z } from '../sve/names.ts';
import { DecodePredCount, patternName } from '../sve/pattern.ts';
import { sveInsn } from './sve-access.ts';

interface Count { readonly size: number; readonly pattern: number; readonly imm4: number }

const derive = (f: Count): { readonly count: number } => ({ count: DecodePredCount(f.pattern, f.size) * (f.imm4 + 1) });
const letter = (f: Count): string => 'bhwd'.charAt(f.size);
const suffix = (f: Count): string => patternName(f.pattern, f.imm4 + 1);
const ofElements = (f: Count): boolean => f.size !== 0;
const step = (D: number): string => (D ? 'dec' : 'inc');

export const sveElementCount: readonly Insn[] = [
  sveInsn('CNTB, CNTH, CNTW, CNTD', '00000100 size!2 10 imm4:4 111000 pattern:5 Rd:5', {
    derive,
    asm: f => `cnt${letter(f)}\t${reg(1, f.Rd)}${suffix(f)}`,
    exec: (b, f) => setX(b, f.Rd, b.operand(f.count)),
  }),
  sveInsn('INCB, INCH, INCW, INCD, DECB, DECH, DECW, DECD (scalar)', '00000100 size!2 11 imm4:4 11100 D!1 pattern:5 Rdn:5', {
    derive,
    asm: f => `${step(f.D)}${letter(f)}\t${reg(1, f.Rdn)}${suffix(f)}`,
    exec: (b, f) => countX(b, f.D, f.Rdn, b.operand(f.count)),
  }),
  sveInsn('INCH, INCW, INCD, DECH, DECW, DECD (vector)', '00000100 size!2 11 imm4:4 11000 D!1 pattern:5 Zdn:5', {
    derive,
    valid: ofElements,
    asm: f => `${step(f.D)}${letter(f)}\t${z(f.size, f.Zdn)}${suffix(f)}`,
    exec: (b, f) => countZ(b, f.D, laneOf(f.size), f.Zdn, b.operand(f.count)),
  }),
  sveInsn('SQINCB, UQINCB, SQDECB, UQDECB and of H, W, D (scalar)', '00000100 size!2 1 sf!1 imm4:4 1111 D!1 U!1 pattern:5 Rdn:5', {
    derive,
    asm: f => `${saturatingName(f)}${letter(f)}\t${saturatingRegister(f.U, f.sf, f.Rdn)}${suffix(f)}`,
    exec: (b, f) => countSaturating(b, f, f.sf, f.Rdn, b.operand(f.count)),
  }),
  sveInsn('SQINCH, UQINCH, SQDECH, UQDECH and of W, D (vector)', '00000100 size!2 10 imm4:4 1100 D!1 U!1 pattern:5 Zdn:5', {
    derive,
    valid: ofElements,
    asm: f => `${saturatingName(f)}${letter(f)}\t${z(f.size, f.Zdn)}${suffix(f)}`,
    exec: (b, f) => countZSaturating(b, f, laneOf(f.size), f.Zdn, b.operand(f.count)),
  }),
];
