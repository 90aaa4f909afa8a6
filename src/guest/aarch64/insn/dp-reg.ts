/** Data processing (register), logic and addition: ARM DDI 0487, C4.1, "Data Processing -- Register". */
import type { Int } from '../../../isa/builder.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import { extendNames, reg, regSP, shifted } from '../names.ts';
import { AddWithCarry, carryFlag, extend, setNZCV, setX, setXorSP, shift, X, XorSP } from '../pseudocode.ts';
import { addOrSub } from './add-sub.ts';

const logicalNames = ['and', 'bic', 'orr', 'orn', 'eor', 'eon', 'ands', 'bics'] as const;

const LOGICAL_shifted = insn('logical (shifted register)', 'sf!1 opc!2 01010 shift!2 N!1 Rm:5 imm6:6 Rn:5 Rd:5', {
  valid: f => f.sf === 1 || f.imm6 < 32,
  asm(f) {
    const d = reg(f.sf, f.Rd);
    const n = reg(f.sf, f.Rn);
    const m = reg(f.sf, f.Rm) + shifted(f.shift, f.imm6);
    if (f.opc === 1 && f.Rn === 31) {
      if (f.N) return `mvn\t${d}, ${m}`;
      if (f.shift === 0 && f.imm6 === 0) return `mov\t${d}, ${m}`;
    }
    if (f.opc === 3 && !f.N && f.Rd === 31) return `tst\t${n}, ${m}`;
    return `${logicalNames[f.opc * 2 + f.N]}\t${d}, ${n}, ${m}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const x = X(b, f.Rn, n);
    const shiftedY = shift(b, X(b, f.Rm, n), f.shift, b.operand(f.imm6));
    const y = f.N ? b.not(shiftedY) : shiftedY;
    const result = f.opc === 1 ? b.or(x, y) : f.opc === 2 ? b.xor(x, y) : b.and(x, y);
    setX(b, f.Rd, result);
    if (f.opc === 3) setNZCV(b, b.nzcvOfLogic(result));
  },
});

const ADD_SUB_shifted = insn('ADD/SUB (shifted register)', 'sf!1 op!1 S!1 01011 shift!2 0 Rm:5 imm6:6 Rn:5 Rd:5', {
  valid: f => f.shift !== 3 && (f.sf === 1 || f.imm6 < 32),
  asm(f) {
    const d = reg(f.sf, f.Rd);
    const n = reg(f.sf, f.Rn);
    const m = reg(f.sf, f.Rm) + shifted(f.shift, f.imm6);
    if (f.S && f.Rd === 31) return `${f.op ? 'cmp' : 'cmn'}\t${n}, ${m}`;
    if (f.op && f.Rn === 31) return `neg${f.S ? 's' : ''}\t${d}, ${m}`;
    return `${f.op ? 'sub' : 'add'}${f.S ? 's' : ''}\t${d}, ${n}, ${m}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const x = X(b, f.Rn, n);
    const y = shift(b, X(b, f.Rm, n), f.shift, b.operand(f.imm6));
    addOrSub(b, f, x, y);
  },
});

const ADD_SUB_extended = insn('ADD/SUB (extended register)', 'sf!1 op!1 S!1 01011 00 1 Rm:5 option!3 imm3:3 Rn:5 Rd:5', {
  valid: f => f.imm3 <= 4,
  asm(f) {
    const n = regSP(f.sf, f.Rn);
    const plain = f.option === (f.sf ? 3 : 2) && (f.Rn === 31 || (!f.S && f.Rd === 31));
    const amount = f.imm3 ? ` #${f.imm3}` : '';
    const extension = plain ? (f.imm3 ? `, lsl${amount}` : '') : `, ${extendNames[f.option as 0]}${amount}`;
    const m = reg(f.sf && (f.option & 3) === 3 ? 1 : 0, f.Rm) + extension;
    if (f.S && f.Rd === 31) return `${f.op ? 'cmp' : 'cmn'}\t${n}, ${m}`;
    return `${f.op ? 'sub' : 'add'}${f.S ? 's' : ''}\t${f.S ? reg(f.sf, f.Rd) : regSP(f.sf, f.Rd)}, ${n}, ${m}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const source = XorSP(b, f.Rn);
    const x: Int = f.sf ? source : b.wrap(source);
    const y = b.shl(extend(b, X(b, f.Rm, 64), f.option, n), b.operand(f.imm3));
    addOrSub(b, f, x, y, setXorSP);
  },
});

const ADC_SBC = insn('ADC/SBC', 'sf!1 op!1 S!1 11010000 Rm:5 000000 Rn:5 Rd:5', {
  asm(f) {
    const operands = `${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rn)}, ${reg(f.sf, f.Rm)}`;
    const s = f.S ? 's' : '';
    if (f.op && f.Rn === 31) return `ngc${s}\t${reg(f.sf, f.Rd)}, ${reg(f.sf, f.Rm)}`;
    return `${f.op ? 'sbc' : 'adc'}${s}\t${operands}`;
  },
  exec(b, f) {
    const n = f.sf ? 64 : 32;
    const y = X(b, f.Rm, n);
    const [result, flags] = AddWithCarry(b, X(b, f.Rn, n), f.op ? b.not(y) : y, carryFlag(b));
    setX(b, f.Rd, result);
    if (f.S) setNZCV(b, flags);
  },
});

export const dataProcessingRegister: readonly Insn[] = [LOGICAL_shifted, ADD_SUB_shifted, ADD_SUB_extended, ADC_SBC];
