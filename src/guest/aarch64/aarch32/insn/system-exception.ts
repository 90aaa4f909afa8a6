/**
 * SVC, BKPT, HLT and UDF: ARM DDI 0487, F5.1; their syndromes D17.2.37. What else makes exceptions or returns from them (HVC, SMC,
 * ERET, RFE, SRS, LDM of exception return) is UNDEFINED at EL0, or UNPREDICTABLE and UNDEFINED here: it isn't described.
 */
import type { Builder, Operand } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import { insn, type Insn } from '../../../../isa/insn.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { EC, ExceptionEvent, takeException } from '../../exception.ts';
import { raiseUndefined } from '../../insn/system-exception.ts';
import { a32, t16, t32 } from '../describe.ts';
import { spelt } from '../names.ts';

/** Takes the exception without leaving by an event, since system calls are frequent; gives the vector's address. */
const supervisorCall = defineHelper('SVC32', ['i64', 'i32', 'i32'], 'i64', { touches: 'all' }, (cpu: Arm64Cpu, pc, imm16, narrow) => {
  takeException(cpu, new ExceptionEvent(EC.SVC32, Number(imm16), undefined, true, narrow !== 0n), pc);
  return cpu.state.pc;
});
const breaks = { touches: 'all', raises: 'always' } as const;
const softwareBreakpoint = defineHelper('BKPT', ['i32', 'i32'], 'void', breaks, (_cpu: Arm64Cpu, comment, narrow) => {
  throw new ExceptionEvent(EC.BKPT32, Number(comment), undefined, false, narrow !== 0n);
});

const call = (b: Builder, immediate: Operand, narrow: 0 | 1): void =>
  b.branchTo(b.call(supervisorCall, b.pc(), b.operand(immediate), b.i32(narrow)), 'exception');
const undefinedHere = (b: Builder): void => b.call(raiseUndefined);

const imm16 = (f: { readonly imm12: number; readonly imm4: number }): number => (f.imm12 << 4) | f.imm4;
/** objdump writes all digits. */
const digits = (value: number, count: number): string => `0x${value.toString(16).padStart(count, '0')}`;

// ---- A32. HLT and BKPT under a condition are CONSTRAINED UNPREDICTABLE: we choose UNDEFINED.
const SVC = a32('SVC', '1111 imm24:24', {
  observer: true,
  // The syndrome has 16 bits.
  derive: f => ({ imm16: f.imm24 & 0xffff }),
  asm: f => spelt('svc', f, digits(f.imm24, 8)),
  exec: (b, f) => call(b, f.imm16, 0),
});
const BKPT = insn('A32 BKPT', '1110 00010010 imm12:12 0111 imm4:4', {
  derive: f => ({ imm16: imm16(f) }),
  asm: f => `bkpt\t${digits(imm16(f), 4)}`,
  exec: (b, f) => b.call(softwareBreakpoint, b.operand(f.imm16), b.i32(0)),
});
const HLT = insn('A32 HLT', '1110 00010000 imm12:12 0111 imm4:4', {
  asm: f => `hlt\t${digits(imm16(f), 4)}`,
  exec: undefinedHere,
});
const UDF = insn('A32 UDF', '1110 01111111 imm12:12 1111 imm4:4', {
  asm: f => `udf\t#${imm16(f)}`,
  exec: undefinedHere,
});

// ---- T32. BKPT and HLT have no condition in an IT block either.
const SVC_T16 = t16('SVC', '1101 1111 imm8:8', {
  overrides: ['T16 B<c>'],
  observer: true,
  asm: f => `svc\t${f.imm8}`,
  exec: (b, f) => call(b, f.imm8, 1),
});
const BKPT_T16 = insn('T16 BKPT', '1011 1110 imm8:8 0000000000000000', {
  asm: f => `bkpt\t${digits(f.imm8, 4)}`,
  exec: (b, f) => b.call(softwareBreakpoint, b.operand(f.imm8), b.i32(1)),
});
const HLT_T16 = insn('T16 HLT', '1011 1010 10 imm6:6 0000000000000000', {
  overrides: ['T16 REV, REV16, REVSH'],
  asm: f => `hlt\t${digits(f.imm6, 4)}`,
  exec: undefinedHere,
});
const UDF_T16 = t16('UDF', '1101 1110 imm8:8', {
  overrides: ['T16 B<c>'],
  asm: f => `udf\t#${f.imm8}`,
  exec: undefinedHere,
});
const UDF_T32 = t32('UDF', '111101111111 imm4:4 1010 imm12:12', {
  asm: f => `udf.w\t#${(f.imm4 << 12) | f.imm12}`,
  exec: undefinedHere,
});

export const exceptionInsnsA32: readonly Insn[] = [SVC, BKPT, HLT, UDF];
export const exceptionInsnsT32: readonly Insn[] = [SVC_T16, BKPT_T16, HLT_T16, UDF_T16, UDF_T32];
