/**
 * The program that qemu-aarch64 runs for the block fuzzer. Registers go into a block, and come back, by the frame of a signal:
 * the handler writes them there and returns. An instruction of the block that raises is noted down and skipped; any other
 * signal ends the block, and the next one starts.
 */
import {
  add, addImm, and, brk, ccmp, cmp, cmpImm, conditions, ldp, ldr, ldrH, ldrW, lslv, lsr, movz, msr, orr, ret, stp, str, strH, strW, sub, TPIDR_EL0, XZR,
} from '../a64.ts';
import { dataArea } from '../blocks/data.ts';
import { CODE, DATA, DATA_BYTES, MAX_CHANGES, RECORD } from '../blocks/target.ts';
import { elf } from '../elf.ts';
import { Assembler } from './assembler.ts';

/** Out of reach of ADRP, and not near a number that blocks get from edge values, so that none of them sees any of it. */
const TEXT = 0x1_63b4_0000;
const PRISTINE = 0x1_63c4_0000;
const VARS = 0x1_63d4_0000;
const STACK = 0x1_63e4_0000;
const CASES = 0x1_73b4_0000;
const RECORDS = 0x1_83b4_0000;
const STACK_SIZE = 0x1_0000;

/** The order of registers in cases and records. */
export const slots: readonly string[] = [
  ...Array.from({ length: 31 }, (_, n) => `x${n}`), 'sp', 'nzcv', 'fpcr', 'fpsr', ...Array.from({ length: 64 }, (_, n) => `v${n >>> 1}${n & 1 ? 'h' : ''}`),
  ...Array.from({ length: 16 }, (_, n) => `p${n}`), 'ffr',
];
export const slot = { x: 0, sp: 31, nzcv: 32, fpcr: 33, fpsr: 34, v: 35, p: 99 } as const;
const PREDICATES = 17;

const CASE = { address: 0, bytes: 8, slots: 16 } as const;
const CASE_BYTES = CASE.slots + 8 * slots.length;
const CHANGES = 8 * (RECORD.slots + slots.length);
const RECORD_BYTES = CHANGES + 8 + 24 * MAX_CHANGES;

/**
 * In the ucontext: X0, then SP, PC, PSTATE; then the FPSIMD record (magic, size, FPSR, FPCR, V0 to V31),
 * and SVE's (16 bytes, Z0 to Z31, which go before V0 to V31, P0 to P15 and FFR) with vectors of 128 bits.
 */
const FRAME = { x: 184, sp: 432, pc: 440, pstate: 448, fpsr: 472, fpcr: 476, v: 480, z: 1008, p: 1520 } as const;

const SYS = { write: 64, exit: 93, sigaltstack: 132, rt_sigaction: 134 } as const;
const SIG = { ILL: 4, TRAP: 5, BUS: 7, SEGV: 11 } as const;
const VAR = { nextCase: 0, nextRecord: 8, casesEnd: 16, block: 24, altStack: 32, action: 64 } as const;

/** What the registers of the handler hold from start to end. */
const R = { signal: 0, frame: 2, vars: 3, record: 4, block: 5, pc: 6, offset: 7, at: 8 } as const;

export function blockProgram(code: Uint32Array, cases: BigUint64Array): Uint8Array {
  const a = new Assembler(TEXT);
  a.set(0, VARS + VAR.altStack);
  a.emit(movz(1, 0));
  a.call(SYS.sigaltstack);
  for (const signal of Object.values(SIG)) {
    a.emit(movz(0, signal), movz(2, 0), movz(3, 8));
    a.set(1, VARS + VAR.action);
    a.call(SYS.rt_sigaction);
  }
  a.emit(brk());
  handler(a);
  compareData(a);
  nextBlock(a);
  finish(a);
  const none = new Uint8Array();
  const count = (cases.length * 8) / CASE_BYTES;
  const text = a.finish();
  return elf([
    { address: CODE, bytes: new Uint8Array(code.buffer, code.byteOffset, code.byteLength), flags: 'rx' },
    { address: DATA, bytes: dataArea, flags: 'rw' },
    { address: TEXT, bytes: new Uint8Array(text.buffer), flags: 'rx' },
    { address: PRISTINE, bytes: dataArea, flags: 'rw' },
    { address: VARS, bytes: variables(a.address('handler'), count), flags: 'rw' },
    { address: STACK, bytes: none, size: STACK_SIZE, flags: 'rw' },
    { address: CASES, bytes: new Uint8Array(cases.buffer, cases.byteOffset, cases.byteLength), flags: 'rw' },
    { address: RECORDS, bytes: none, size: count * RECORD_BYTES, flags: 'rw' },
  ], TEXT);
}

/** x0 the signal, x2 its ucontext. Falls through where the block has ended. */
function handler(a: Assembler): void {
  a.label('handler');
  a.set(R.vars, VARS);
  a.emit(ldr(R.record, R.vars, VAR.nextRecord), ldr(R.block, R.vars, VAR.block), ldr(R.pc, R.frame, FRAME.pc));
  a.emit(cmpImm(R.block, 0));
  a.jumpIf('eq', 'go'); // the first signal is the program's own
  a.emit(ldr(9, R.vars, VAR.nextCase), ldr(9, 9, CASE.bytes), sub(R.offset, R.pc, R.block), cmp(R.offset, 9));
  a.jumpIf('hs', 'end');
  a.emit(movz(9, 3), and(9, 9, R.offset), cmpImm(9, 0));
  a.jumpIf('ne', 'end');
  a.emit(lsr(9, R.offset, 2), movz(10, 1), lslv(10, 10, 9));
  a.emit(cmpImm(R.signal, SIG.SEGV));
  a.jumpIf('eq', 'memory');
  a.emit(cmpImm(R.signal, SIG.BUS));
  a.jumpIf('eq', 'memory');
  a.emit(ldr(9, R.record, 8 * RECORD.other), orr(9, 9, 10), str(9, R.record, 8 * RECORD.other));
  a.jump('skip');
  a.label('memory');
  a.emit(ldr(9, R.record, 8 * RECORD.memory), orr(9, 9, 10), str(9, R.record, 8 * RECORD.memory));
  a.label('skip');
  a.emit(addImm(R.pc, R.pc, 4), str(R.pc, R.frame, FRAME.pc), ret());
  a.label('end');
  a.emit(str(R.pc, R.record, 8 * RECORD.pc), addImm(R.at, R.record, 8 * RECORD.slots));
  for (let r = 0; r < 32; r++) a.emit(ldr(9, R.frame, FRAME.x + 8 * r), str(9, R.at, 8 * (slot.x + r)));
  a.emit(ldr(9, R.frame, FRAME.pstate), movz(10, 0xf000, 16), and(9, 9, 10), str(9, R.at, 8 * slot.nzcv));
  a.emit(ldrW(9, R.frame, FRAME.fpcr), str(9, R.at, 8 * slot.fpcr), ldrW(9, R.frame, FRAME.fpsr), str(9, R.at, 8 * slot.fpsr));
  for (let r = 0; r < 64; r++) a.emit(ldr(9, R.frame, FRAME.v + 8 * r), str(9, R.at, 8 * (slot.v + r)));
  for (let r = 0; r < PREDICATES; r++) a.emit(ldrH(9, R.frame, FRAME.p + 2 * r), str(9, R.at, 8 * (slot.p + r)));
}

/** Writes down what has changed of the data area, and puts it right. */
function compareData(a: Assembler): void {
  const [data, pristine, end, count, change] = [9, 10, 11, 12, 13];
  a.set(data, DATA);
  a.set(pristine, PRISTINE);
  a.set(end, DATA + DATA_BYTES);
  a.emit(movz(count, 0), addImm(change, R.record, CHANGES + 8));
  a.label('compare');
  a.emit(ldp(14, 15, data), ldp(16, 17, pristine), cmp(14, 16), ccmp(15, 17, conditions.eq));
  a.jumpIf('eq', 'same');
  a.emit(stp(16, 17, data), cmpImm(count, MAX_CHANGES));
  a.jumpIf('hs', 'same');
  a.set(16, DATA);
  a.emit(sub(16, data, 16), str(16, change), str(14, change, 8), str(15, change, 16), addImm(change, change, 24), addImm(count, count, 1));
  a.label('same');
  a.emit(addImm(data, data, 16), addImm(pristine, pristine, 16), cmp(data, end));
  a.jumpIf('lo', 'compare');
  a.emit(str(count, R.record, CHANGES));
  a.emit(ldr(9, R.vars, VAR.nextCase), addImm(9, 9, CASE_BYTES), str(9, R.vars, VAR.nextCase));
  a.emit(addImm(9, R.record, RECORD_BYTES), str(9, R.vars, VAR.nextRecord));
}

function nextBlock(a: Assembler): void {
  const at = 10;
  a.label('go');
  a.emit(ldr(9, R.vars, VAR.nextCase), ldr(10, R.vars, VAR.casesEnd), cmp(9, 10));
  a.jumpIf('hs', 'finish');
  a.emit(ldr(R.block, 9, CASE.address), str(R.block, R.vars, VAR.block), addImm(at, 9, CASE.slots));
  for (let r = 0; r < 32; r++) a.emit(ldr(9, at, 8 * (slot.x + r)), str(9, R.frame, FRAME.x + 8 * r));
  a.emit(ldr(9, at, 8 * slot.nzcv), str(9, R.frame, FRAME.pstate), str(R.block, R.frame, FRAME.pc));
  a.emit(ldr(9, at, 8 * slot.fpcr), strW(9, R.frame, FRAME.fpcr), ldr(9, at, 8 * slot.fpsr), strW(9, R.frame, FRAME.fpsr));
  for (let r = 0; r < 64; r++) a.emit(ldr(9, at, 8 * (slot.v + r)), str(9, R.frame, FRAME.z + 8 * r));
  for (let r = 0; r < PREDICATES; r++) a.emit(ldr(9, at, 8 * (slot.p + r)), strH(9, R.frame, FRAME.p + 2 * r));
  a.emit(msr(TPIDR_EL0, XZR), ret());
}

/** A pipe takes its bytes in pieces. */
function finish(a: Assembler): void {
  a.label('finish');
  a.emit(ldr(20, R.vars, VAR.nextRecord));
  a.set(19, RECORDS);
  a.label('write');
  a.emit(movz(0, 1), addImm(1, 19, 0), sub(2, 20, 19));
  a.call(SYS.write);
  a.emit(add(19, 19, 0), cmp(19, 20));
  a.jumpIf('lo', 'write');
  a.emit(movz(0, 0));
  a.call(SYS.exit);
}

function variables(handlerAddress: number, cases: number): Uint8Array {
  const SA_SIGINFO = 4n;
  const SA_ONSTACK = 0x0800_0000n;
  const words = new BigUint64Array(16);
  words[VAR.nextCase / 8] = BigInt(CASES);
  words[VAR.nextRecord / 8] = BigInt(RECORDS);
  words[VAR.casesEnd / 8] = BigInt(CASES + cases * CASE_BYTES);
  words.set([BigInt(STACK), 0n, BigInt(STACK_SIZE)], VAR.altStack / 8);
  words.set([BigInt(handlerAddress), SA_SIGINFO | SA_ONSTACK, 0n, 0n], VAR.action / 8);
  return new Uint8Array(words.buffer);
}
