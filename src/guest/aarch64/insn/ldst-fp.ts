/** Loads and stores of one SIMD&FP register, all but the register offset: ARM DDI 0487, C4.1, "Loads and Stores". */
import { signExtend } from '../../../base/bits.ts';
import type { Insn } from '../../../isa/insn.ts';
import { memory, memoryPost, memoryPre, scalar, target } from '../names.ts';
import { setV, setXorSP, signedOffset } from '../pseudocode.ts';
import { baseAddress } from './base-address.ts';
import { fpInsn } from './fp-access.ts';
import { baseOffset, scaleV, transferNameV, transferRegV, transferV } from './transfer.ts';

const LDR_unsigned_V = fpInsn('LDR/STR (unsigned offset, SIMD&FP)', 'size!2 111 1 01 opc!2 imm12:12 Rn:5 Rt:5', {
  valid: f => scaleV(f.size, f.opc) <= 4,
  derive: f => ({ offset: f.imm12 << scaleV(f.size, f.opc) }),
  asm: f => `${transferNameV('r', f.opc)}\t${transferRegV(f.size, f.opc, f.Rt)}, ${memory(f.Rn, f.imm12 << scaleV(f.size, f.opc))}`,
  exec: (b, f) => transferV(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset)),
});

const LDUR_V = fpInsn('LDUR/STUR (SIMD&FP)', 'size!2 111 1 00 opc!2 0 imm9:9 00 Rn:5 Rt:5', {
  valid: f => scaleV(f.size, f.opc) <= 4,
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferNameV('ur', f.opc)}\t${transferRegV(f.size, f.opc, f.Rt)}, ${memory(f.Rn, signExtend(f.imm9, 9))}`,
  exec: (b, f) => transferV(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset)),
});

const LDR_post_V = fpInsn('LDR/STR (post-index, SIMD&FP)', 'size!2 111 1 00 opc!2 0 imm9:9 01 Rn:5 Rt:5', {
  valid: f => scaleV(f.size, f.opc) <= 4,
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferNameV('r', f.opc)}\t${transferRegV(f.size, f.opc, f.Rt)}, ${memoryPost(f.Rn, signExtend(f.imm9, 9))}`,
  exec(b, f) {
    const base = baseAddress(b, f.Rn);
    transferV(b, f.size, f.opc, f.Rt, base);
    setXorSP(b, f.Rn, b.add(base, signedOffset(b, f.offset)));
  },
});

const LDR_pre_V = fpInsn('LDR/STR (pre-index, SIMD&FP)', 'size!2 111 1 00 opc!2 0 imm9:9 11 Rn:5 Rt:5', {
  valid: f => scaleV(f.size, f.opc) <= 4,
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferNameV('r', f.opc)}\t${transferRegV(f.size, f.opc, f.Rt)}, ${memoryPre(f.Rn, signExtend(f.imm9, 9))}`,
  exec(b, f) {
    const address = baseOffset(b, f.Rn, f.offset);
    transferV(b, f.size, f.opc, f.Rt, address);
    setXorSP(b, f.Rn, address);
  },
});

const LDR_literal_V = fpInsn('LDR (literal, SIMD&FP)', 'opc!2 011 1 00 imm19:19 Rt:5', {
  valid: f => f.opc !== 3,
  derive: f => ({ offset: signExtend(f.imm19, 19) * 4 }),
  asm: (f, pc) => `ldr\t${scalar(f.opc + 2, f.Rt)}, ${target(pc, signExtend(f.imm19, 19) * 4)}`,
  exec: (b, f) => setV(b, f.Rt, b.loadV(b.add(b.pc(), signedOffset(b, f.offset)), (4 << f.opc) as 4 | 8 | 16)),
});

export const loadStoreFp: readonly Insn[] = [LDR_unsigned_V, LDUR_V, LDR_post_V, LDR_pre_V, LDR_literal_V];
