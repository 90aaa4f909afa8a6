/**
 * Loads and stores of one register with an immediate offset, and from a literal: ARM DDI 0487, C4.1, "Loads and
 * Stores". Where the base register is written back and is the register transferred too, the base is written last:
 * CONSTRAINED UNPREDICTABLE: we choose what QEMU does.
 */
import { signExtend } from '../../../base/bits.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { memory, memoryPost, memoryPre, reg, target } from '../names.ts';
import { setX, setXorSP, signedOffset } from '../pseudocode.ts';
import { baseAddress } from './base-address.ts';
import { baseOffset, isTransfer, prefetchName, transfer, transferName, transferReg } from './transfer.ts';

const LDR_unsigned = insn('LDR/STR (unsigned offset)', 'size!2 111 0 01 opc!2 imm12:12 Rn:5 Rt:5', {
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: f.imm12 << f.size }),
  asm: f => `${transferName('r', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ${memory(f.Rn, f.imm12 << f.size)}`,
  exec: (b, f) => transfer(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset)),
});

const LDUR = insn('LDUR/STUR', 'size!2 111 0 00 opc!2 0 imm9:9 00 Rn:5 Rt:5', {
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferName('ur', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ${memory(f.Rn, signExtend(f.imm9, 9))}`,
  exec: (b, f) => transfer(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset)),
});

const LDTR = insn('LDTR/STTR', 'size!2 111 0 00 opc!2 0 imm9:9 10 Rn:5 Rt:5', {
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferName('tr', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ${memory(f.Rn, signExtend(f.imm9, 9))}`,
  exec: (b, f) => transfer(b, f.size, f.opc, f.Rt, baseOffset(b, f.Rn, f.offset), { unprivileged: true }),
});

const LDR_post = insn('LDR/STR (post-index)', 'size!2 111 0 00 opc!2 0 imm9:9 01 Rn:5 Rt:5', {
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferName('r', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ${memoryPost(f.Rn, signExtend(f.imm9, 9))}`,
  exec(b, f) {
    const base = baseAddress(b, f.Rn);
    transfer(b, f.size, f.opc, f.Rt, base);
    setXorSP(b, f.Rn, b.add(base, signedOffset(b, f.offset)));
  },
});

const LDR_pre = insn('LDR/STR (pre-index)', 'size!2 111 0 00 opc!2 0 imm9:9 11 Rn:5 Rt:5', {
  valid: f => isTransfer(f.size, f.opc),
  derive: f => ({ offset: signExtend(f.imm9, 9) }),
  asm: f => `${transferName('r', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ${memoryPre(f.Rn, signExtend(f.imm9, 9))}`,
  exec(b, f) {
    const address = baseOffset(b, f.Rn, f.offset);
    transfer(b, f.size, f.opc, f.Rt, address);
    setXorSP(b, f.Rn, address);
  },
});

const LDR_literal = insn('LDR (literal)', 'opc!2 011 0 00 imm19:19 Rt:5', {
  valid: f => f.opc !== 3,
  derive: f => ({ offset: signExtend(f.imm19, 19) * 4 }),
  asm: (f, pc) => `${f.opc === 2 ? 'ldrsw' : 'ldr'}\t${reg(f.opc, f.Rt)}, ${target(pc, signExtend(f.imm19, 19) * 4)}`,
  exec(b, f) {
    const data = b.load(b.add(b.pc(), signedOffset(b, f.offset)), f.opc === 1 ? 8 : 4);
    setX(b, f.Rt, f.opc === 2 ? b.signExtend(data, 32) : data);
  },
});

// Prefetching is a hint that has no effect here; none of these can fault.

const PRFM_unsigned = insn('PRFM (immediate)', '11 111 0 01 10 imm12:12 Rn:5 Rt:5', {
  overrides: ['LDR/STR (unsigned offset)'],
  asm: f => `prfm\t${prefetchName(f.Rt)}, ${memory(f.Rn, f.imm12 * 8)}`,
  exec: () => {},
});

const PRFUM = insn('PRFUM', '11 111 0 00 10 0 imm9:9 00 Rn:5 Rt:5', {
  overrides: ['LDUR/STUR'],
  asm: f => `prfum\t${prefetchName(f.Rt)}, ${memory(f.Rn, signExtend(f.imm9, 9))}`,
  exec: () => {},
});

const PRFM_literal = insn('PRFM (literal)', '11 011 0 00 imm19:19 Rt:5', {
  overrides: ['LDR (literal)'],
  asm: (f, pc) => `prfm\t${prefetchName(f.Rt)}, ${target(pc, signExtend(f.imm19, 19) * 4)}`,
  exec: () => {},
});

export const loadStoreImmediate: readonly Insn[] = [
  LDR_unsigned, LDUR, LDTR, LDR_post, LDR_pre, LDR_literal, PRFM_unsigned, PRFUM, PRFM_literal,
];
