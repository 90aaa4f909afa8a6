/**
 * The program that qemu-aarch64 runs for us. For each case it puts the words into a sea of UDFs, loads a whole register
 * state and jumps in; whatever happens then ends in a signal, whose handler writes down the state, compares the data
 * area with a pristine copy and puts it right again, and goes on with the next case. All results are written to
 * standard output at the end.
 */
import { CODE, DATA, DATA_SIZE } from '../../test/engines/engine.ts';
import { Assembler } from './aarch64/assembler.ts';
import {
  add, addImm, brk, ccmp, clrex, cmp, cmpImm, conditions, FPCR, FPSR, ldp, ldpQ, ldr, ldrP, movz, mrs, msr, NZCV, rdffr, SP, stp, stpQ, str, strP, sub,
  TPIDR_EL0, wrffr, XZR,
} from './a64.ts';

/** Addresses in the program. */
export const TEXT = 0x1020_0000;
export const PRISTINE = 0x1030_0000;
export const VARS = 0x1040_0000;
const STACK = 0x1041_0000;
export const CASES = 0x1100_0000;
export const RESULTS = 0x1800_0000;
export const STACK_SIZE = 0x1_0000;

/** Byte offsets in a case: 16 words, X0..X30, SP, NZCV, FPCR, FPSR, V0..V31, P0..P15 with FFR, two bytes each. */
export const CASE = { words: 0, x: 64, sp: 312, nzcv: 320, fpcr: 328, fpsr: 336, v: 352, p: 864, bytes: 912 } as const;
export const MAX_CHANGES = 32;
/** Byte offsets in a result; `x` to `pstate` are as the signal frame has them. A change is its offset, 8 unused bytes, 16 bytes. */
export const RESULT = {
  signal: 0, address: 8, x: 24, sp: 272, pc: 280, pstate: 288, fpcr: 296, fpsr: 304, changes: 312, v: 320, p: 832, change: 880,
  bytes: 880 + MAX_CHANGES * 32,
} as const;
const MCONTEXT_IN_UCONTEXT = 176;
const SIGINFO_ADDRESS = 16;

const SYS = { write: 64, exit: 93, sigaltstack: 132, rt_sigaction: 134 } as const;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGBUS = 7;
export const SIGSEGV = 11;

/** FFR stands behind P0..P15. */
const FFR = 16;

/** Offsets in the variables. */
const VAR = { nextCase: 0, nextResult: 8, casesEnd: 16, altStack: 32, action: 64 } as const;

/** `sve`: the CPU has it, with vectors of 128 bits. */
export function program(sve: boolean): { readonly text: Uint32Array; readonly handler: number } {
  const a = new Assembler(TEXT);
  a.set(0, VARS + VAR.altStack);
  a.emit(movz(1, 0));
  a.call(SYS.sigaltstack);
  for (const signal of [SIGILL, SIGTRAP, SIGBUS, SIGSEGV]) {
    a.emit(movz(0, signal), movz(2, 0), movz(3, 8));
    a.set(1, VARS + VAR.action);
    a.call(SYS.rt_sigaction);
  }
  nextCase(a, sve);
  handler(a, sve);
  finish(a);
  return { text: a.finish(), handler: a.address('handler') };
}

function nextCase(a: Assembler, sve: boolean): void {
  a.label('next');
  a.set(2, VARS);
  a.emit(ldr(0, 2, VAR.nextCase), ldr(1, 2, VAR.casesEnd), cmp(0, 1));
  a.jumpIf('hs', 'finish');
  a.set(2, Number(CODE));
  a.emit(ldpQ(0, 1, 0, 0), stpQ(0, 1, 2, 0), ldpQ(0, 1, 0, 32), stpQ(0, 1, 2, 32));
  if (sve) {
    a.emit(addImm(1, 0, CASE.p), ldrP(0, 1, FFR), wrffr(0));
    for (let r = 0; r < 16; r++) a.emit(ldrP(r, 1, r));
  }
  a.emit(addImm(1, 0, CASE.v));
  for (let r = 0; r < 32; r += 2) a.emit(ldpQ(r, r + 1, 1, r * 16));
  a.emit(ldr(1, 0, CASE.fpcr), msr(FPCR, 1), ldr(1, 0, CASE.fpsr), msr(FPSR, 1), ldr(1, 0, CASE.nzcv), msr(NZCV, 1));
  a.emit(ldr(1, 0, CASE.sp), addImm(SP, 1, 0), clrex(), msr(TPIDR_EL0, XZR), ldr(1, 0, CASE.x + 8));
  for (let r = 2; r < 30; r += 2) a.emit(ldp(r, r + 1, 0, CASE.x + r * 8));
  a.emit(ldr(30, 0, CASE.x + 240), ldr(0, 0, CASE.x));
  a.jumpTo(Number(CODE));
}

/** x0 the signal, x1 its siginfo, x2 its ucontext; the vector registers and FPSR are as the case left them. */
function handler(a: Assembler, sve: boolean): void {
  a.label('handler');
  a.set(3, VARS);
  a.emit(ldr(4, 3, VAR.nextResult), str(0, 4, RESULT.signal), ldr(5, 1, SIGINFO_ADDRESS), str(5, 4, RESULT.address));
  a.emit(addImm(2, 2, MCONTEXT_IN_UCONTEXT + 8));
  for (let i = 0; i < 34; i += 2) a.emit(ldp(5, 6, 2, i * 8), stp(5, 6, 4, RESULT.x + i * 8));
  a.emit(mrs(5, FPCR), str(5, 4, RESULT.fpcr), mrs(5, FPSR), str(5, 4, RESULT.fpsr), addImm(5, 4, RESULT.v));
  for (let r = 0; r < 32; r += 2) a.emit(stpQ(r, r + 1, 5, r * 16));
  if (sve) {
    a.emit(addImm(5, 4, RESULT.p));
    for (let r = 0; r < 16; r++) a.emit(strP(r, 5, r));
    a.emit(rdffr(0), strP(0, 5, FFR));
  }
  compareData(a);
  a.emit(str(9, 4, RESULT.changes));
  a.emit(ldr(0, 3, VAR.nextCase), addImm(0, 0, CASE.bytes), str(0, 3, VAR.nextCase));
  a.emit(addImm(4, 4, RESULT.bytes), str(4, 3, VAR.nextResult));
  a.jump('next');
}

/** x4 the result; leaves the number of changes in x9. */
function compareData(a: Assembler): void {
  a.set(6, Number(DATA));
  a.set(7, PRISTINE);
  a.set(8, Number(DATA) + DATA_SIZE);
  a.set(16, Number(DATA));
  a.emit(movz(9, 0), addImm(10, 4, RESULT.change));
  a.label('compare');
  a.emit(ldp(11, 12, 6), ldp(13, 14, 7), cmp(11, 13), ccmp(12, 14, conditions.eq));
  a.jumpIf('eq', 'same');
  a.emit(cmpImm(9, MAX_CHANGES));
  a.jumpIf('hs', 'restore');
  a.emit(sub(15, 6, 16), str(15, 10), stp(11, 12, 10, 16), addImm(10, 10, 32), addImm(9, 9, 1));
  a.label('restore');
  a.emit(stp(13, 14, 6));
  a.label('same');
  a.emit(addImm(6, 6, 16), addImm(7, 7, 16), cmp(6, 8));
  a.jumpIf('lo', 'compare');
}

/** A pipe takes its bytes in pieces. */
function finish(a: Assembler): void {
  a.label('finish');
  a.set(2, VARS);
  a.emit(ldr(20, 2, VAR.nextResult));
  a.set(19, RESULTS);
  a.label('write');
  a.emit(movz(0, 1), addImm(1, 19, 0), sub(2, 20, 19));
  a.call(SYS.write);
  a.emit(add(19, 19, 0), cmp(19, 20));
  a.jumpIf('lo', 'write');
  a.emit(movz(0, 0));
  a.call(SYS.exit);
  a.emit(brk());
}

/** The variables, the alternate stack's description and the signal action (with `handler`), as they are at first. */
export function variables(handlerAddress: number, cases: number): Uint8Array {
  const SA_SIGINFO = 4n;
  const SA_ONSTACK = 0x0800_0000n;
  const SA_NODEFER = 0x4000_0000n;
  const words = new BigUint64Array(16);
  words[VAR.nextCase / 8] = BigInt(CASES);
  words[VAR.nextResult / 8] = BigInt(RESULTS);
  words[VAR.casesEnd / 8] = BigInt(CASES + cases * CASE.bytes);
  words.set([BigInt(STACK), 0n, BigInt(STACK_SIZE)], VAR.altStack / 8);
  words.set([BigInt(handlerAddress), SA_SIGINFO | SA_ONSTACK | SA_NODEFER, 0n, 0n], VAR.action / 8);
  return new Uint8Array(words.buffer);
}

export const ALT_STACK = STACK;
