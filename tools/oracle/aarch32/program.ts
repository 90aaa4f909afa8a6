/**
 * The program that qemu-arm runs for us. Registers go into a case, and come back, by the frame of a signal: its handler writes
 * down what the last case left, compares the data area with a pristine copy and puts it right again, puts the next case's
 * instructions into a sea of undefined ones and its registers into the frame, and returns. All results are written to standard
 * output at the end. The first signal is the program's own: its result belongs to no case.
 */
import { CODE, DATA, DATA_SIZE, MAX_BYTES } from '../../../test/aarch32/engines/engine.ts';
import { add, addImm, Assembler, clrex, cmp, cmpImm, ldr, movw, setTPIDRURW, str, sub, svc, udf } from './assembler.ts';

/** Addresses in the program: far from the areas, and not near a number that cases get from edge values. */
export const TEXT = 0x2340_0000;
export const PRISTINE = 0x2350_0000;
export const VARS = 0x2360_0000;
export const ALT_STACK = 0x2370_0000;
export const CASES = 0x2400_0000;
export const RESULTS = 0x2c00_0000;
export const STACK_SIZE = 0x1_0000;
/** QEMU puts what has no address of its own from here on, the stack among it. */
const MAPPINGS = 0x4000_0000;
const MAPPED = 0x100_0000;

/** R0..R15, CPSR; and D0..D31, FPSCR: as the frame has them, in words. */
const CORE_WORDS = 17;
const VFP_WORDS = 65;
/** Byte offsets in a case. */
export const CASE = { code: 0, core: MAX_BYTES, cpsr: MAX_BYTES + 64, vfp: MAX_BYTES + 68, fpscr: MAX_BYTES + 68 + 256, bytes: MAX_BYTES + 68 + 260 } as const;
export const MAX_CHANGES = 32;
/** Byte offsets in a result. A change is its offset and 16 bytes. */
export const RESULT = { signal: 0, core: 4, pc: 64, cpsr: 68, vfp: 72, fpscr: 328, changes: 332, change: 336, bytes: 336 + MAX_CHANGES * 20 } as const;
/**
 * In the ucontext (the kernel's asm/ucontext.h and asm/sigcontext.h for Arm): R0 to R15 and CPSR; and behind the magic and
 * size of the VFP record, D0 to D31 and FPSCR.
 */
export const FRAME = { core: 32, vfp: 240 } as const;

export const SYS = { exit: 1, write: 4, munmap: 91, rt_sigreturn: 173, rt_sigaction: 174, sigaltstack: 186 } as const;
export const SIG = { ILL: 4, TRAP: 5, BUS: 7, FPE: 8, SEGV: 11 } as const;

/** Offsets in the variables. */
export const VAR = { nextCase: 0, nextResult: 4, casesEnd: 8, altStack: 16, action: 32 } as const;

/** What the registers of the handler hold from start to end. */
const R = { signal: 0, frame: 2, vars: 3, result: 4 } as const;

export function program(): { readonly text: Uint32Array; readonly handler: number } {
  const a = new Assembler(TEXT);
  enter(a);
  a.label('handler');
  a.set(R.vars, VARS);
  a.emit(ldr(R.result, R.vars, VAR.nextResult), str(R.signal, R.result, RESULT.signal));
  a.emit(addImm(0, R.result, RESULT.core), addImm(1, R.frame, FRAME.core));
  a.copy(0, 1, CORE_WORDS);
  a.emit(addImm(1, R.frame, FRAME.vfp));
  a.copy(0, 1, VFP_WORDS);
  compareData(a, DATA_SIZE);
  a.emit(ldr(0, R.vars, VAR.nextCase), ldr(1, R.vars, VAR.casesEnd), cmp(0, 1));
  a.jumpIf('hs', 'finish');
  a.set(1, Number(CODE));
  a.copy(1, 0, MAX_BYTES / 4);
  a.emit(addImm(1, R.frame, FRAME.core));
  a.copy(1, 0, CORE_WORDS);
  a.emit(addImm(1, R.frame, FRAME.vfp));
  a.copy(1, 0, VFP_WORDS);
  a.emit(str(0, R.vars, VAR.nextCase));
  leave(a);
  finish(a);
  return { text: a.finish(), handler: a.address('handler') };
}

/** Sets up the handler for all signals, unmaps what random addresses would find, and raises the first signal. */
export function enter(a: Assembler): void {
  a.set(0, VARS + VAR.altStack);
  a.emit(movw(1, 0));
  a.call(SYS.sigaltstack);
  for (const signal of Object.values(SIG)) {
    a.emit(movw(0, signal), movw(2, 0), movw(3, 8));
    a.set(1, VARS + VAR.action);
    a.call(SYS.rt_sigaction);
  }
  a.set(0, MAPPINGS);
  a.set(1, MAPPED);
  a.call(SYS.munmap);
  a.emit(udf());
}

/** The frame lies where the stack pointer of the handler points. */
export function leave(a: Assembler): void {
  a.emit(clrex(), movw(0, 0), setTPIDRURW(0), movw(7, SYS.rt_sigreturn), svc());
}

/** Writes down what has changed of the data area behind the result's registers, where r0 points, puts it right, and goes to the next result. */
export function compareData(a: Assembler, bytes: number): void {
  const [change, data, pristine, count, end] = [0, 1, 11, 12, 14];
  a.set(data, Number(DATA));
  a.set(pristine, PRISTINE);
  a.set(end, Number(DATA) + bytes);
  a.emit(addImm(change, change, 4), movw(count, 0));
  a.label('compare');
  a.emit(...loadFour(data, 5));
  a.emit(ldr(9, pristine, 0), cmp(5, 9), ldr(10, pristine, 4), cmp(6, 10, 'eq'), ldr(9, pristine, 8), cmp(7, 9, 'eq'), ldr(10, pristine, 12), cmp(8, 10, 'eq'));
  a.jumpIf('eq', 'same');
  a.emit(cmpImm(count, MAX_CHANGES));
  a.jumpIf('hs', 'restore');
  a.set(9, Number(DATA));
  a.emit(sub(9, data, 9), str(9, change), ...[5, 6, 7, 8].map((r, i) => str(r, change, 4 + 4 * i)), addImm(change, change, 20), addImm(count, count, 1));
  a.label('restore');
  for (let at = 0; at < 16; at += 4) a.emit(ldr(9, pristine, at), str(9, data, at));
  a.label('same');
  a.emit(addImm(data, data, 16), addImm(pristine, pristine, 16), cmp(data, end));
  a.jumpIf('lo', 'compare');
  a.emit(str(count, R.result, RESULT.changes), addImm(R.result, R.result, 0x300), addImm(R.result, R.result, RESULT.bytes - 0x300));
  a.emit(str(R.result, R.vars, VAR.nextResult));
}

const loadFour = (from: number, first: number): number[] => [0, 1, 2, 3].map(i => ldr(first + i, from, 4 * i));

/** A pipe takes its bytes in pieces. */
export function finish(a: Assembler): void {
  a.label('finish');
  a.set(R.vars, VARS);
  a.emit(ldr(5, R.vars, VAR.nextResult));
  a.set(4, RESULTS);
  a.label('write');
  a.emit(movw(0, 1), addImm(1, 4, 0), sub(2, 5, 4));
  a.call(SYS.write);
  a.emit(add(4, 4, 0), cmp(4, 5));
  a.jumpIf('lo', 'write');
  a.emit(movw(0, 0));
  a.call(SYS.exit);
  a.emit(udf());
}

/** The variables, the alternate stack's description and the signal action (with `handler`), as they are at first. */
export function variables(handler: number, cases: number, caseBytes: number = CASE.bytes): Uint8Array {
  const SA_SIGINFO = 4;
  const SA_ONSTACK = 0x0800_0000;
  const words = new Uint32Array(32);
  words.set([CASES, RESULTS, CASES + cases * caseBytes]);
  words.set([ALT_STACK, 0, STACK_SIZE], VAR.altStack / 4);
  words.set([handler, SA_SIGINFO | SA_ONSTACK, 0, 0, 0], VAR.action / 4);
  return new Uint8Array(words.buffer);
}
