/**
 * A32 data processing with two sources: ARM DDI 0487, F4.1.2 and F4.1.3. What writes R15 is a branch and an entry of its own; with S
 * it would be an exception return, which is UNDEFINED where there are no SPSRs (CONSTRAINED UNPREDICTABLE in User mode).
 */
import type { Builder, Operand } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { a32 } from '../describe.ts';
import { modifiedImmediate, reg, spelt } from '../names.ts';
import { ALUWritePC, PC, R, Rnot15, setR } from '../pseudocode.ts';
import { expanded, modifiedA32, shiftByImmediate, shiftByRegister, type Shifted } from '../shift.ts';
import { compare, compute, intoRd, type Operation, operands, registerShifted, shiftedRegister, shiftMove } from './data-processing.ts';

const binary = (f: { op: number }): Operation => (['and', 'eor', 'sub', 'rsb', 'add', 'adc', 'sbc', 'rsc'] as const)[f.op as 0];
const moving = (f: { op: number }): Operation => (['orr', 'mov', 'bic', 'mvn'] as const)[f.op as 0];
const comparing = (f: { op: number }): Operation => (['tst', 'teq', 'cmp', 'cmn'] as const)[f.op as 0];
/** MOV and MVN have no first source: the field is zero. */
const movingIsValid = (f: { op: number; Rn: number }): boolean => (f.op & 1) === 0 || f.Rn === 0;

const branch = (b: Builder, operation: Operation, f: { Rn: Operand }, y: Shifted): void => ALUWritePC(b, compute(b, operation, 0, R(b, f.Rn), y));

function spelling(operation: Operation, f: { S?: number; Rn: number; Rd?: number }, second: string): string {
  return spelt(operation + (f.S ? 's' : ''), f, operands(operation, { Rn: f.Rn, Rd: f.Rd ?? PC }, second));
}
const comparison = (operation: Operation, f: { Rn: number }, second: string): string => spelt(operation, f, `${reg(f.Rn)}, ${second}`);

const AND_immediate = 'AND, EOR, SUB, RSB, ADD, ADC, SBC, RSC (immediate)';
const ORR_immediate = 'ORR, MOV, BIC, MVN (immediate)';

const immediate: readonly Insn[] = [
  a32(AND_immediate, '001 0 op!3 S!1 Rn:4 Rd:4 imm12:12', {
    valid: f => f.Rd !== PC,
    derive: f => modifiedA32(f.imm12),
    asm: f => spelling(binary(f), f, modifiedImmediate(f.imm12)),
    exec: (b, f) => intoRd(b, binary(f), f, expanded(b, f.imm32, f.rotated)),
  }),
  a32('AND, EOR, SUB, RSB, ADD, ADC, SBC, RSC (immediate) to the PC', '001 0 op!3 0 Rn:4 1111 imm12:12', {
    overrides: [`A32 ${AND_immediate}`],
    derive: f => modifiedA32(f.imm12),
    asm: f => spelling(binary(f), f, modifiedImmediate(f.imm12)),
    exec: (b, f) => branch(b, binary(f), f, expanded(b, f.imm32, f.rotated)),
  }),
  a32(ORR_immediate, '001 11 op!2 S!1 Rn:4 Rd:4 imm12:12', {
    valid: f => f.Rd !== PC && movingIsValid(f),
    derive: f => modifiedA32(f.imm12),
    asm: f => spelling(moving(f), f, modifiedImmediate(f.imm12)),
    exec: (b, f) => intoRd(b, moving(f), f, expanded(b, f.imm32, f.rotated)),
  }),
  a32('ORR, MOV, BIC, MVN (immediate) to the PC', '001 11 op!2 0 Rn:4 1111 imm12:12', {
    overrides: [`A32 ${ORR_immediate}`],
    valid: movingIsValid,
    derive: f => modifiedA32(f.imm12),
    asm: f => spelling(moving(f), f, modifiedImmediate(f.imm12)),
    exec: (b, f) => branch(b, moving(f), f, expanded(b, f.imm32, f.rotated)),
  }),
  a32('TST, TEQ, CMP, CMN (immediate)', '001 10 op!2 1 Rn:4 0000 imm12:12', {
    derive: f => modifiedA32(f.imm12),
    asm: f => comparison(comparing(f), f, modifiedImmediate(f.imm12)),
    exec: (b, f) => compare(b, comparing(f), f, expanded(b, f.imm32, f.rotated)),
  }),
];

const AND_register = 'AND, EOR, SUB, RSB, ADD, ADC, SBC, RSC (register)';
const ORR_register = 'ORR, MOV, BIC, MVN (register)';

const moveRegister = (f: { S?: number; Rd?: number; op: number; Rn: number; Rm: number; type: number; imm5: number }): string => {
  if (f.op !== 1) return spelling(moving(f), f, shiftedRegister(f));
  const [mnemonic, text] = shiftMove({ ...f, S: f.S ?? 0, Rd: f.Rd ?? PC });
  return spelt(mnemonic, f, text);
};

const register: readonly Insn[] = [
  a32(AND_register, '000 0 op!3 S!1 Rn:4 Rd:4 imm5:5 type!2 0 Rm:4', {
    valid: f => f.Rd !== PC,
    asm: f => spelling(binary(f), f, shiftedRegister(f)),
    exec: (b, f) => intoRd(b, binary(f), f, shiftByImmediate(b, R(b, f.Rm), f.type, f.imm5)),
  }),
  a32('AND, EOR, SUB, RSB, ADD, ADC, SBC, RSC (register) to the PC', '000 0 op!3 0 Rn:4 1111 imm5:5 type!2 0 Rm:4', {
    overrides: [`A32 ${AND_register}`],
    asm: f => spelling(binary(f), f, shiftedRegister(f)),
    exec: (b, f) => branch(b, binary(f), f, shiftByImmediate(b, R(b, f.Rm), f.type, f.imm5)),
  }),
  a32(ORR_register, '000 11 op!2 S!1 Rn:4 Rd:4 imm5:5 type!2 0 Rm:4', {
    valid: f => f.Rd !== PC && movingIsValid(f),
    asm: moveRegister,
    exec: (b, f) => intoRd(b, moving(f), f, shiftByImmediate(b, R(b, f.Rm), f.type, f.imm5)),
  }),
  a32('ORR, MOV, BIC, MVN (register) to the PC', '000 11 op!2 0 Rn:4 1111 imm5:5 type!2 0 Rm:4', {
    overrides: [`A32 ${ORR_register}`],
    valid: movingIsValid,
    asm: moveRegister,
    exec: (b, f) => branch(b, moving(f), f, shiftByImmediate(b, R(b, f.Rm), f.type, f.imm5)),
  }),
  a32('TST, TEQ, CMP, CMN (register)', '000 10 op!2 1 Rn:4 0000 imm5:5 type!2 0 Rm:4', {
    asm: f => comparison(comparing(f), f, shiftedRegister(f)),
    exec: (b, f) => compare(b, comparing(f), f, shiftByImmediate(b, R(b, f.Rm), f.type, f.imm5)),
  }),
];

// CONSTRAINED UNPREDICTABLE with the PC anywhere: we choose UNDEFINED.
const noPC = (...numbers: readonly number[]): boolean => !numbers.includes(PC);
const byRegister = (b: Builder, f: { Rm: Operand; type: number; Rs: Operand }): Shifted => shiftByRegister(b, Rnot15(b, f.Rm), f.type, Rnot15(b, f.Rs));

const registerShiftedRegister: readonly Insn[] = [
  a32('AND, EOR, SUB, RSB, ADD, ADC, SBC, RSC (register-shifted register)', '000 0 op!3 S!1 Rn:4 Rd:4 Rs:4 0 type!2 1 Rm:4', {
    valid: f => noPC(f.Rn, f.Rd, f.Rs, f.Rm),
    asm: f => spelling(binary(f), f, registerShifted(f)),
    exec: (b, f) => intoRd(b, binary(f), f, byRegister(b, f)),
  }),
  a32('ORR, MOV, BIC, MVN (register-shifted register)', '000 11 op!2 S!1 Rn:4 Rd:4 Rs:4 0 type!2 1 Rm:4', {
    valid: f => noPC(f.Rn, f.Rd, f.Rs, f.Rm) && movingIsValid(f),
    asm(f) {
      if (f.op !== 1) return spelling(moving(f), f, registerShifted(f));
      return spelt(['lsl', 'lsr', 'asr', 'ror'][f.type] + (f.S ? 's' : ''), f, `${reg(f.Rd)}, ${reg(f.Rm)}, ${reg(f.Rs)}`);
    },
    exec: (b, f) => intoRd(b, moving(f), f, byRegister(b, f)),
  }),
  a32('TST, TEQ, CMP, CMN (register-shifted register)', '000 10 op!2 1 Rn:4 0000 Rs:4 0 type!2 1 Rm:4', {
    valid: f => noPC(f.Rn, f.Rs, f.Rm),
    asm: f => comparison(comparing(f), f, registerShifted(f)),
    exec: (b, f) => compare(b, comparing(f), f, byRegister(b, f)),
  }),
];

const MOVW_MOVT = a32('MOVW/MOVT', '00110 T!1 00 imm4:4 Rd:4 imm12:12', {
  valid: f => f.Rd !== PC,
  derive: f => ({ imm16: (f.imm4 << 12) | f.imm12 }),
  asm: f => spelt(f.T ? 'movt' : 'movw', f, `${reg(f.Rd)}, #${(f.imm4 << 12) | f.imm12}`),
  exec: (b, f) => setMOVW(b, f),
});

/** MOVW, or MOVT where `T`. */
export function setMOVW(b: Builder, f: { T: number; Rd: Operand; imm16: Operand }): void {
  const imm16 = b.operand(f.imm16);
  setR(b, f.Rd, f.T ? b.or(b.and(Rnot15(b, f.Rd), b.i32(0xffff)), b.shl(imm16, b.i32(16))) : imm16);
}

export const a32DataProcessing: readonly Insn[] = [...immediate, ...register, ...registerShiftedRegister, MOVW_MOVT];
