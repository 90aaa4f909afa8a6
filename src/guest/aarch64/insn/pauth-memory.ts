/** Branches, returns and loads that authenticate their address first: ARM DDI 0487, C6.2 (BRAA, BLRAA, RETAA, ERETAA, LDRAA). */
import { signExtend } from '../../../base/bits.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, memoryPre, reg, regSP } from '../names.ts';
import { setX, setXorSP, signedOffset, X, XorSP } from '../pseudocode.ts';
import { fields, SP } from '../state.ts';
import { baseAddress } from './base-address.ts';
import { branchRegister } from './branch.ts';
import { AuthCombined, dataKey, keyLetter } from './pauth-code.ts';
import { returnTo } from './system-exception.ts';

const LR = 30;

/** `Z` 0: the modifier is zero, and Rm all ones. */
const BRA = insn('BRAA/BLRAA', '1101011 Z!1 00 L!1 11111 00001 B!1 Rn:5 Rm:5', {
  feature: 'PAuth',
  requires: 'PAuth',
  valid: f => f.Z === 1 || f.Rm === 31,
  asm(f) {
    const mnemonic = `b${f.L ? 'l' : ''}ra${keyLetter(f.B)}${f.Z ? '' : 'z'}\t${reg(1, f.Rn)}`;
    return f.Z ? `${mnemonic}, ${regSP(1, f.Rm)}` : mnemonic;
  },
  exec: (b, f) =>
    branchRegister(b, f.L ? 'call' : 'jump', f.Rn, AuthCombined(b, f.B, X(b, f.Rn, 64), f.Z ? XorSP(b, f.Rm) : b.i64(0))),
});

const RETA = insn('RETAA/RETAB', '1101011 0 010 11111 00001 B!1 11111 11111', {
  feature: 'PAuth',
  requires: 'PAuth',
  asm: f => `reta${keyLetter(f.B)}`,
  exec: (b, f) => b.branchTo(AuthCombined(b, f.B, b.getAt(fields.x, b.i32(LR)), b.getAt(fields.x, b.i32(SP))), 'return'),
});

const ERETA = insn('ERETAA/ERETAB', '1101011 0 100 11111 00001 B!1 11111 11111', {
  feature: 'PAuth',
  requires: 'EL1, PAuth',
  observer: true,
  asm: f => `ereta${keyLetter(f.B)}`,
  exec: (b, f) => returnTo(b, AuthCombined(b, f.B, b.get(fields.ELR_EL1), b.getAt(fields.x, b.i32(SP)))),
});

/** The offset is S:imm9 in units of 8. The base that is written back has lost its code. */
const LDRA = insn('LDRAA/LDRAB', '11 111 0 00 B!1 S:1 1 imm9:9 W!1 1 Rn:5 Rt:5', {
  feature: 'PAuth',
  requires: 'PAuth',
  derive: f => ({ offset: signExtend((f.S << 9) | f.imm9, 10) * 8 }),
  asm(f) {
    const offset = signExtend((f.S << 9) | f.imm9, 10) * 8;
    return `ldra${keyLetter(f.B)}\t${reg(1, f.Rt)}, ${f.W ? memoryPre(f.Rn, offset) : memory(f.Rn, offset)}`;
  },
  exec(b, f) {
    const address = b.add(AuthCombined(b, dataKey(f.B), baseAddress(b, f.Rn), b.i64(0)), signedOffset(b, f.offset));
    setX(b, f.Rt, b.load(address, 8));
    // CONSTRAINED UNPREDICTABLE where Rt is Rn: the base is written last, as with LDR.
    if (f.W) setXorSP(b, f.Rn, address);
  },
});

export const authenticatedAddresses: readonly Insn[] = [BRA, RETA, ERETA, LDRA];
