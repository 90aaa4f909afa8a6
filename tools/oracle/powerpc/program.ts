/**
 * The program that QEMU's PowerPC user-mode emulators run for us, for each of the three made from the same text. For each
 * case it puts the words into a sea of zeros (illegal instructions), loads a whole register state and jumps in; whatever
 * happens then ends in a signal, whose handler writes down the state, compares the data area with a pristine copy and
 * puts it right again, and goes on with the next case. All results are written to standard output at the end.
 */
import { CODE, DATA, DATA_SIZE, type VariantName, variants } from '../../../test/powerpc/engines/engine.ts';
import {
  add, addi, Assembler, bctr, cmpldi, cmplw, cmplwi, ld, lfd, li, lis, lvx, lwz, mfspr, mfvscr, mtcrf, mtfsf, mtfsfAll, mtspr, mtvscr, or, sc, SPR, std, stfd, stvx,
  stw, stwcx, subf, xor,
} from './assembler.ts';

/** Addresses in the program: nothing but the last steps into a case lies where its relative branches reach. */
export const TRAMPOLINE = 0x0fff_0000;
export const TEXT = 0x2000_0000;
export const PRISTINE = 0x2010_0000;
export const VARS = 0x2020_0000;
export const ALT_STACK = 0x2021_0000;
export const CASES = 0x2100_0000;
export const RESULTS = 0x2800_0000;
export const STACK_SIZE = 0x1_0000;

/** Byte offsets in a case: 16 words, then a doubleword for each register, VSCR and VR0..VR31 being quadwords. */
export const CASE = { words: 0, gpr: 64, cr: 320, xer: 328, lr: 336, ctr: 344, fpscr: 352, vrsave: 360, vscr: 368, fpr: 384, vr: 640, bytes: 1152 } as const;
export const MAX_CHANGES = 32;
/** Byte offsets in a result; `gpr` to `cr` are as the signal frame has them. A change is its offset, 8 unused bytes, 16 bytes. */
export const RESULT = {
  signal: 0, gpr: 8, pc: 264, ctr: 288, lr: 296, xer: 304, cr: 312, fpscr: 320, vrsave: 328, changes: 336, vscr: 352, fpr: 368, vr: 624, change: 1136,
  bytes: 1136 + MAX_CHANGES * 32,
} as const;
/** Registers in the signal frame (asm/ptrace.h): GPR0..GPR31, NIP, MSR, one that is unused, CTR, LR, XER, CR. */
const FRAME_REGISTERS = 39;
/** Their room, with what follows them; then come FPR0..FPR31 and FPSCR. */
const FRAME_SLOTS = 48;

const SYS = { exit: 1, write: 4, munmap: 91, rt_sigaction: 173, sigaltstack: 185 } as const;
export const signals = { SIGILL: 4, SIGTRAP: 5, SIGBUS: 7, SIGFPE: 8, SIGSEGV: 11 } as const;

/** QEMU puts what has no address of its own between here and twice as far. */
const MAPPINGS = 0x4000_0000;
/** And a page or two right below. */
const BELOW = 0x1_0000;

/** Offsets in the variables. */
const VAR = { nextCase: 0, nextResult: 8, casesEnd: 16, scratch: 24, altStack: 32, action: 64 } as const;

/** What differs between 32 and 64 bits: the instructions for a register's width, and places in the ucontext. */
class Writer extends Assembler {
  readonly wide: boolean;

  constructor(start: number, variant: VariantName) {
    super(start);
    this.wide = variants[variant].bits === 64;
  }

  /** A register from and to a doubleword in memory; 32-bit programs are big-endian. */
  load(RT: number, offset: number, RA: number): void { this.emit(this.wide ? ld(RT, offset, RA) : lwz(RT, offset + 4, RA)); }
  store(RS: number, offset: number, RA: number): void { this.emit(this.wide ? std(RS, offset, RA) : stw(RS, offset + 4, RA)); }
  /** The same where memory has the register's width. */
  get bytes(): number { return this.wide ? 8 : 4; }
  loadNative(RT: number, offset: number, RA: number): void { this.emit(this.wide ? ld(RT, offset, RA) : lwz(RT, offset, RA)); }
  storeNative(RS: number, offset: number, RA: number): void { this.emit(this.wide ? std(RS, offset, RA) : stw(RS, offset, RA)); }
  isZero(RA: number): void { this.emit(this.wide ? cmpldi(RA, 0) : cmplwi(RA, 0)); }
  call(number: number): void { this.emit(li(0, number), sc()); }
}

export function program(variant: VariantName): { readonly text: Uint32Array; readonly trampoline: Uint32Array; readonly handler: number } {
  const a = new Writer(TEXT, variant);
  a.set(3, VARS + VAR.altStack);
  a.emit(li(4, 0));
  a.call(SYS.sigaltstack);
  for (const signal of Object.values(signals)) {
    a.emit(li(3, signal), li(5, 0), li(6, 8));
    a.set(4, VARS + VAR.action);
    a.call(SYS.rt_sigaction);
  }
  // The stack that nobody needs, with 32 bits: random addresses would hit it.
  if (!a.wide) {
    a.emit(lis(3, MAPPINGS - BELOW >>> 16), lis(4, MAPPINGS + BELOW >>> 16));
    a.call(SYS.munmap);
  }
  nextCase(a);
  handler(a);
  finish(a);
  const last = new Writer(TRAMPOLINE, variant);
  last.load(4, CASE.ctr, 3);
  last.emit(mtspr(SPR.CTR, 4));
  for (let r = 0; r < 32; r++) if (r !== 3) last.load(r, CASE.gpr + r * 8, 3);
  last.load(3, CASE.gpr + 3 * 8, 3);
  last.jumpTo(Number(CODE));
  return { text: a.finish(), trampoline: last.finish(), handler: a.address('handler') };
}

function nextCase(a: Writer): void {
  a.label('next');
  a.set(31, VARS);
  a.load(3, VAR.nextCase, 31);
  a.load(4, VAR.casesEnd, 31);
  a.emit(cmplw(3, 4));
  a.jumpIf('ge', 'finish');
  a.set(4, Number(CODE));
  for (let at = 0; at < 64; at += 4) a.emit(lwz(5, CASE.words + at, 3), stw(5, at, 4));
  a.emit(addi(5, 31, VAR.scratch), stwcx(0, 0, 5));
  a.emit(addi(5, 3, CASE.vscr), lvx(0, 0, 5), mtvscr(0), addi(5, 3, CASE.vr));
  for (let r = 0; r < 32; r++) a.emit(li(6, r * 16), lvx(r, 5, 6));
  a.emit(lfd(0, CASE.fpscr, 3), a.wide ? mtfsfAll(0) : mtfsf(0));
  for (let r = 0; r < 32; r++) a.emit(lfd(r, CASE.fpr + r * 8, 3));
  const special = (offset: number, to: (RS: number) => number): void => {
    a.load(4, offset, 3);
    a.emit(to(4));
  };
  special(CASE.vrsave, RS => mtspr(SPR.VRSAVE, RS));
  special(CASE.cr, mtcrf);
  special(CASE.xer, RS => mtspr(SPR.XER, RS));
  if (a.wide) a.emit(li(4, 0), mtspr(SPR.TAR, 4));
  special(CASE.lr, RS => mtspr(SPR.LR, RS));
  a.set(4, TRAMPOLINE);
  a.emit(mtspr(SPR.CTR, 4), bctr());
}

/** r3 the signal, r5 its ucontext; floating-point and vector registers are as the case left them. */
function handler(a: Writer): void {
  a.label('handler');
  a.set(31, VARS);
  a.load(30, VAR.nextResult, 31);
  a.store(3, RESULT.signal, 30);
  // On 64 bits the ucontext holds the registers (behind flags, link, stack, mask and the sigcontext's head), on 32 bits their address.
  if (a.wide) a.emit(addi(6, 5, 168 + 64));
  else a.emit(lwz(6, 48, 5));
  for (let i = 0; i < FRAME_REGISTERS; i++) {
    a.loadNative(7, i * a.bytes, 6);
    a.store(7, RESULT.gpr + i * 8, 30);
  }
  a.load(7, FRAME_SLOTS * a.bytes + 32 * 8, 6);
  a.store(7, RESULT.fpscr, 30);
  a.emit(mfspr(7, SPR.VRSAVE));
  a.store(7, RESULT.vrsave, 30);
  for (let r = 0; r < 32; r++) a.emit(stfd(r, RESULT.fpr + r * 8, 30));
  a.emit(addi(6, 30, RESULT.vr));
  for (let r = 0; r < 32; r++) a.emit(li(7, r * 16), stvx(r, 6, 7));
  a.emit(mfvscr(0), addi(6, 30, RESULT.vscr), stvx(0, 0, 6));
  compareData(a);
  a.store(9, RESULT.changes, 30);
  a.load(3, VAR.nextCase, 31);
  a.emit(addi(3, 3, CASE.bytes));
  a.store(3, VAR.nextCase, 31);
  a.emit(addi(30, 30, RESULT.bytes));
  a.store(30, VAR.nextResult, 31);
  a.jump('next');
}

/** r30 the result; leaves the number of changes in r9. */
function compareData(a: Writer): void {
  const pieces = Array.from({ length: 16 / a.bytes }, (_, i) => i * a.bytes);
  a.set(6, Number(DATA));
  a.set(7, PRISTINE);
  a.set(8, Number(DATA) + DATA_SIZE);
  a.set(16, Number(DATA));
  a.emit(li(9, 0), addi(10, 30, RESULT.change));
  a.label('compare');
  a.emit(li(11, 0));
  for (const at of pieces) {
    a.loadNative(12, at, 6);
    a.loadNative(13, at, 7);
    a.emit(xor(12, 12, 13), or(11, 11, 12));
  }
  a.isZero(11);
  a.jumpIf('eq', 'same');
  a.emit(cmplwi(9, MAX_CHANGES));
  a.jumpIf('ge', 'restore');
  a.emit(subf(12, 16, 6));
  a.store(12, 0, 10);
  for (const at of pieces) {
    a.loadNative(12, at, 6);
    a.storeNative(12, 16 + at, 10);
  }
  a.emit(addi(10, 10, 32), addi(9, 9, 1));
  a.label('restore');
  for (const at of pieces) {
    a.loadNative(12, at, 7);
    a.storeNative(12, at, 6);
  }
  a.label('same');
  a.emit(addi(6, 6, 16), addi(7, 7, 16), cmplw(6, 8));
  a.jumpIf('lt', 'compare');
}

/** A pipe takes its bytes in pieces. */
function finish(a: Writer): void {
  a.label('finish');
  a.set(31, VARS);
  a.load(20, VAR.nextResult, 31);
  a.set(19, RESULTS);
  a.label('write');
  a.emit(li(3, 1), addi(4, 19, 0), subf(5, 19, 20));
  a.call(SYS.write);
  a.emit(add(19, 19, 3), cmplw(19, 20));
  a.jumpIf('lt', 'write');
  a.emit(li(3, 0));
  a.call(SYS.exit);
  a.emit(0);
}

/** The variables, the alternate stack's description and the signal action (with `handler`), as they are at first. */
export function variables(variant: VariantName, handlerAddress: number, cases: number): Uint8Array {
  const { bits, bigEndian } = variants[variant];
  const view = new DataView(new ArrayBuffer(128));
  const doubleword = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), !bigEndian);
  const native = (at: number, index: number, value: number): void =>
    (bits === 64 ? doubleword(at + index * 8, value) : view.setUint32(at + index * 4, value, !bigEndian));
  doubleword(VAR.nextCase, CASES);
  doubleword(VAR.nextResult, RESULTS);
  doubleword(VAR.casesEnd, CASES + cases * CASE.bytes);
  native(VAR.altStack, 0, ALT_STACK);
  native(VAR.altStack, 2, STACK_SIZE);
  const SA_SIGINFO = 4;
  const SA_ONSTACK = 0x0800_0000;
  const SA_NODEFER = 0x4000_0000;
  native(VAR.action, 0, handlerAddress);
  native(VAR.action, 1, SA_SIGINFO | SA_ONSTACK | SA_NODEFER);
  return new Uint8Array(view.buffer);
}
