/** Exception generation and return: ARM DDI 0487, C4.1.66 "Exception generation", C6.2.124 (ERET). */
import type { Builder, I64 } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { breakInstruction, EC, ExceptionEvent, ExitEvent, takeException, undefinedInstruction } from '../exception.ts';
import { hex } from '../names.ts';
import { fields } from '../state.ts';

const SEMIHOSTING = 0xf000;

/** Takes the exception without leaving by an event, since system calls are frequent; gives the vector's address. */
const supervisorCall = defineHelper('SVC', ['i64', 'i32'], 'i64', { touches: 'all' }, (cpu: Arm64Cpu, pc, immediate) => {
  takeException(cpu, new ExceptionEvent(EC.SVC, Number(immediate), undefined, true), pc);
  return cpu.state.pc;
});
const exceptionReturn = defineHelper('ERET', ['i64'], 'i64', { touches: 'all' }, (cpu: Arm64Cpu, address) => {
  cpu.exceptionReturn(address);
  return cpu.state.pc;
});
/** ERET to `address`, which ELR_EL1 holds. */
export const returnTo = (b: Builder, address: I64): void => b.branchTo(b.call(exceptionReturn, address), 'exception');
const hypervisorCall = defineHelper('HVC', ['i32'], 'void', { touches: 'all', raises: 'always' }, (_cpu: Arm64Cpu, immediate) => {
  return new ExitEvent({ kind: 'hvc', immediate: Number(immediate) }, true);
});
const secureMonitorCall = defineHelper('SMC', ['i32'], 'void', { touches: 'all', raises: 'always' }, (_cpu: Arm64Cpu, immediate) => {
  return new ExitEvent({ kind: 'smc', immediate: Number(immediate) }, true);
});
const softwareBreakpoint = defineHelper('BRK', ['i32'], 'void', { touches: 'all', raises: 'always' }, (_cpu: Arm64Cpu, comment) => {
  throw breakInstruction(Number(comment));
});
const halt = defineHelper('HLT', ['i32'], 'void', { touches: 'all', raises: 'always' }, (cpu: Arm64Cpu, immediate) => {
  // Halting debug isn't there: HLT is UNDEFINED.
  const { options: { semihosting }, state: { currentEL } } = cpu;
  if (semihosting !== false && Number(immediate) === SEMIHOSTING && (currentEL !== 0 || semihosting === 'userspace')) throw new ExitEvent({ kind: 'semihost' }, true);
  throw undefinedInstruction();
});
/** For what is UNDEFINED by its meaning and not by its encoding. */
export const raiseUndefined = defineHelper('UNDEFINED', [], 'void', { touches: 'all', raises: 'always' }, () => {
  throw undefinedInstruction();
});

const SVC = insn('SVC', '11010100 000 imm16:16 000 01', {
  observer: true,
  asm: f => `svc\t${hex(f.imm16)}`,
  exec: (b, f) => b.branchTo(b.call(supervisorCall, b.pc(), b.operand(f.imm16)), 'exception'),
});
const HVC = insn('HVC', '11010100 000 imm16:16 000 10', {
  requires: 'EL1',
  asm: f => `hvc\t${hex(f.imm16)}`,
  exec: (b, f) => b.call(hypervisorCall, b.operand(f.imm16)),
});
const SMC = insn('SMC', '11010100 000 imm16:16 000 11', {
  requires: 'EL1',
  asm: f => `smc\t${hex(f.imm16)}`,
  exec: (b, f) => b.call(secureMonitorCall, b.operand(f.imm16)),
});
const BRK = insn('BRK', '11010100 001 imm16:16 000 00', {
  asm: f => `brk\t${hex(f.imm16)}`,
  exec: (b, f) => b.call(softwareBreakpoint, b.operand(f.imm16)),
});
const HLT = insn('HLT', '11010100 010 imm16:16 000 00', {
  asm: f => `hlt\t${hex(f.imm16)}`,
  exec: (b, f) => b.call(halt, b.operand(f.imm16)),
});
const UDF = insn('UDF', '0000000000000000 imm16:16', {
  asm: f => `udf\t#${f.imm16}`,
  exec: b => b.call(raiseUndefined),
});
const ERET = insn('ERET', '1101011 0100 11111 000000 11111 00000', {
  requires: 'EL1',
  observer: true,
  asm: () => 'eret',
  exec: b => returnTo(b, b.get(fields.ELR_EL1)),
});

export const exceptionInsns: readonly Insn[] = [SVC, HVC, SMC, BRK, HLT, UDF, ERET];
