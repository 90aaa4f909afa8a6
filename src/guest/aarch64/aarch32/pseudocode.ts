/**
 * The shared pseudocode of AArch32 instructions (ARM DDI 0487, E1.2.3, F2 and J1.2): core registers with the PC among them,
 * branches between the instruction sets, conditions and IT blocks. AArch32's R0..R14 are the low words of X0..X14 (G1.7).
 */
import type { Builder, I32, Int, Operand } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { fields } from '../state.ts';
import { inITBlock, thumb } from './mode.ts';

export const SP = 13;
export const LR = 14;
export const PC = 15;
const CS = 2;
const VS = 6;

/** What reading R15 gives: the address of the instruction, and 8 in A32, 4 in T32. */
export const PCValue = (b: Builder): I32 => b.add(b.wrap(b.pc()), b.i32(thumb(b) ? 4 : 8));
/** The same with its low two bits clear, as T32's PC-relative forms use it. */
export const AlignedPC = (b: Builder): I32 => b.and(PCValue(b), b.i32(-4));

/** R[r], where 15 is the PC. */
export function R(b: Builder, r: Operand): I32 {
  const n = b.operand(r);
  return b.select(b.eq(n, b.i32(PC)), PCValue(b), b.wrap(b.getAt(fields.x, n)));
}
/** R[r] where the encoding has no PC. */
export const Rnot15 = (b: Builder, r: Operand): I32 => b.wrap(b.getAt(fields.x, b.operand(r)));
/** Writes R[r]; never the PC. */
export const setR = (b: Builder, r: Operand, value: I32): void => b.setAt(fields.x, b.operand(r), b.extU(value));
/** The same for a register that the instruction names by itself: 13 SP, 14 LR. */
export const RNumber = (b: Builder, n: number): I32 => b.wrap(b.getAt(fields.x, b.i32(n)));
export const setRNumber = (b: Builder, n: number, value: I32): void => b.setAt(fields.x, b.i32(n), b.extU(value));

export const nzcv = (b: Builder): I32 => b.get(fields.nzcv);
export const setNZCV = (b: Builder, value: I32): void => b.set(fields.nzcv, value);
/** PSTATE.C as 0 or 1. */
export const carryFlag = (b: Builder): I32 => ConditionPassed(b, CS);
/** N and Z of a result with this carry (0 or 1), V as it was: what logical instructions with S leave. */
export function setNZC(b: Builder, result: Int, carry: I32): void {
  setNZCV(b, b.nzcvOfLogic(result, carry, ConditionPassed(b, VS)));
}
/** N and Z of a result, C and V as they were. */
export function setNZ(b: Builder, result: Int): void {
  setNZC(b, result, carryFlag(b));
}
/** PSTATE.Q is set where `saturated` (0 or 1) is 1. */
export const setQ = (b: Builder, saturated: I32): void => b.set(fields.Q, b.or(b.get(fields.Q), saturated));

/** ConditionHolds of AArch32's conditions 0..14, which are AArch64's. */
export const ConditionPassed = (b: Builder, cond: number): I32 => b.condition(cond, nzcv(b));

/** ITAdvance. */
export function advanceIT(b: Builder): void {
  const it = b.get(fields.ITSTATE);
  const next = b.or(b.and(it, b.i32(0xe0)), b.and(b.shl(it, b.i32(1)), b.i32(0x1f)));
  b.set(fields.ITSTATE, b.select(b.and(it, b.i32(7)), next, b.i32(0)));
}

/** What a unit that was entered in an IT block leaves with is another mode. */
const endITBlock = defineHelper('end of the IT block', [], 'void', { touches: [fields.ITSTATE] }, (cpu: Arm64Cpu) => {
  cpu.state.ITSTATE = 0;
  cpu.modeChanged();
});

/** A branch leaves the IT block that it is the last of. */
const leaveIT = (b: Builder): void => {
  if (inITBlock(b)) b.call(endITBlock);
};

/** To pc + offset. */
export function branchBy(b: Builder, offset: Operand, how?: { readonly link: boolean }): void {
  if (!inITBlock(b)) return b.branch(b.operand(offset), how);
  leaveIT(b);
  b.branchTo(b.extU(b.add(b.wrap(b.pc()), b.operand(offset))), how?.link ? 'call' : 'jump');
}

type BranchKind = 'jump' | 'call' | 'return';

/** BranchWritePC: the instruction set stays. */
export function BranchWritePC(b: Builder, target: I32, kind: BranchKind = 'jump'): void {
  leaveIT(b);
  b.branchTo(b.extU(b.and(target, b.i32(thumb(b) ? -2 : -4))), kind);
}

/** SelectInstrSet: the mode that code is translated for is another. */
const selectInstructionSet = defineHelper('SelectInstrSet', ['i32'], 'void', { touches: [fields.T] }, (cpu: Arm64Cpu, T) => {
  cpu.state.T = Number(T);
  cpu.modeChanged();
});

/** BXWritePC: bit 0 says which instruction set. A target of A32 that is no multiple of 4 is UNPREDICTABLE: its bit 1 is ignored. */
export function BXWritePC(b: Builder, target: I32, kind: BranchKind = 'jump'): void {
  leaveIT(b);
  const T = b.and(target, b.i32(1));
  b.when(b.ne(T, b.i32(thumb(b) ? 1 : 0)), () => { b.call(selectInstructionSet, T); });
  b.branchTo(b.extU(b.and(target, b.select(T, b.i32(-2), b.i32(-4)))), kind);
}

/** Of loads into the PC, and of A32's data processing; T32's data processing has BranchWritePC. */
export const LoadWritePC = BXWritePC;
export const ALUWritePC = (b: Builder, target: I32): void => {
  if (thumb(b)) BranchWritePC(b, target);
  else BXWritePC(b, target);
};
