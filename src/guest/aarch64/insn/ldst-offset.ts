/** Loads and stores of one register with a register offset: ARM DDI 0487, C4.1, "Loads and Stores". */
import type { Builder, I64, Operand } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { extendNames, reg, regSP } from '../names.ts';
import { extend, X } from '../pseudocode.ts';
import { baseAddress } from './base-address.ts';
import { fpInsn } from './fp-access.ts';
import {
  isTransfer, prefetchName, scaleV, transfer, transferName, transferNameV, transferReg, transferRegV, transferV,
} from './transfer.ts';

function registerOffset(b: Builder, Rn: Operand, Rm: Operand, option: number, amount: Operand): I64 {
  return b.add(baseAddress(b, Rn), b.shl(extend(b, X(b, Rm, 64), option, 64), b.operand(amount)));
}

/** An extension from fewer than 32 bits is not allocated. */
const isExtension = (option: number): boolean => (option & 2) !== 0;

function memoryRegister(Rn: number, Rm: number, option: number, S: number, scale: number): string {
  const name = option === 3 ? (S ? ', lsl' : '') : `, ${extendNames[option as 0]}`;
  return `[${regSP(1, Rn)}, ${reg(option & 1, Rm)}${name}${S ? ` #${scale}` : ''}]`;
}

const LDR_register = insn('LDR/STR (register)', 'size!2 111 0 00 opc!2 1 Rm:5 option!3 S:1 10 Rn:5 Rt:5', {
  valid: f => isExtension(f.option) && isTransfer(f.size, f.opc),
  derive: f => ({ amount: f.S * f.size }),
  asm: f => `${transferName('r', f.size, f.opc)}\t${transferReg(f.size, f.opc, f.Rt)}, ` +
    memoryRegister(f.Rn, f.Rm, f.option, f.S, f.size),
  exec: (b, f) => transfer(b, f.size, f.opc, f.Rt, registerOffset(b, f.Rn, f.Rm, f.option, f.amount)),
});

const LDR_register_V = fpInsn('LDR/STR (register, SIMD&FP)', 'size!2 111 1 00 opc!2 1 Rm:5 option!3 S:1 10 Rn:5 Rt:5', {
  valid: f => isExtension(f.option) && scaleV(f.size, f.opc) <= 4,
  derive: f => ({ amount: f.S * scaleV(f.size, f.opc) }),
  asm: f => `${transferNameV('r', f.opc)}\t${transferRegV(f.size, f.opc, f.Rt)}, ` +
    memoryRegister(f.Rn, f.Rm, f.option, f.S, scaleV(f.size, f.opc)),
  exec: (b, f) => transferV(b, f.size, f.opc, f.Rt, registerOffset(b, f.Rn, f.Rm, f.option, f.amount)),
});

const PRFM_register = insn('PRFM (register)', '11 111 0 00 10 1 Rm:5 option:3 S:1 10 Rn:5 Rt:5', {
  overrides: ['LDR/STR (register)'],
  valid: f => isExtension(f.option),
  asm: f => `prfm\t${prefetchName(f.Rt)}, ${memoryRegister(f.Rn, f.Rm, f.option, f.S, 3)}`,
  exec: () => {},
});

export const loadStoreOffset: readonly Insn[] = [LDR_register, LDR_register_V, PRFM_register];
