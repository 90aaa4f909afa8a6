/** Runs cases under qemu-ppc64le, qemu-ppc64 and qemu-ppc and reads back what they left. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODE, DATA, MAX_WORDS, type Outcome, SEA, SEA_SIZE, type State, type Stop, type VariantName, variants } from '../../../test/powerpc/engines/engine.ts';
import { dataAreaOf } from '../../../test/powerpc/engines/inputs.ts';
import { elf } from '../elf.ts';
import { ranOut, runLimited } from '../limited.ts';
import {
  ALT_STACK, CASE, CASES, MAX_CHANGES, PRISTINE, program, RESULT, RESULTS, signals, STACK_SIZE, TEXT, TRAMPOLINE, variables, VARS,
} from './program.ts';

export interface Case {
  /** At most MAX_WORDS - 1. */
  readonly words: Uint32Array;
  readonly state: State;
}

/** Cases in a run of QEMU at most. */
export const BATCH = 2000;
const EM_PPC = 20;
const EM_PPC64 = 21;
/** Of e_flags: functions are their own address, without descriptors (ELFv2). */
const ELFV2 = 2;
const cpus: Readonly<Record<VariantName, string>> = { ppc64le: 'power9', ppc64: 'power9', ppc: '7400' };

/** Extended opcodes of lswx, lswi, stswx and stswi. */
const strings: ReadonlySet<number> = new Set([533, 597, 661, 725]);
/** lmw, stmw and the strings. */
const isMultiple = (word: number): boolean => {
  const opcode = word >>> 26;
  return opcode === 46 || opcode === 47 || (opcode === 31 && strings.has((word >>> 1) & 0x3ff));
};

/** sc and scv would reach the host's kernel, and an alignment interrupt ends QEMU. */
export const harmless = (variant: VariantName, word: number): boolean =>
  word >>> 26 !== 17 && (variants[variant].bigEndian || !isMultiple(word));

/** A case that doesn't come to its end has no outcome. Throws where QEMU is missing. */
export function runCases(variant: VariantName, cases: readonly Case[]): (Outcome | undefined)[] {
  const outcomes: (Outcome | undefined)[] = [];
  for (let at = 0; at < cases.length; at += BATCH) outcomes.push(...runOrSplit(variant, cases.slice(at, at + BATCH)));
  return outcomes;
}

/** Where time runs out, the one that takes it is found by halving. */
function runOrSplit(variant: VariantName, cases: readonly Case[]): (Outcome | undefined)[] {
  try {
    return runBatch(variant, cases);
  } catch (e) {
    if (!ranOut(e)) throw e;
    if (cases.length === 1) return [undefined];
    const half = Math.ceil(cases.length / 2);
    return [...runOrSplit(variant, cases.slice(0, half)), ...runOrSplit(variant, cases.slice(half))];
  }
}

function runBatch(variant: VariantName, cases: readonly Case[]): Outcome[] {
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const file = join(directory, 'cases');
    writeFileSync(file, image(variant, cases), { mode: 0o755 });
    const bytes = runLimited(3 + cases.length / 300, `qemu-${variant}`, ['-cpu', cpus[variant], file], RESULT.bytes * BATCH + 1);
    if (bytes.length !== cases.length * RESULT.bytes) throw new Error(`${bytes.length} bytes came back for ${cases.length} cases`);
    return cases.map((c, i) => outcome(variant, c, new DataView(bytes.buffer, bytes.byteOffset + i * RESULT.bytes, RESULT.bytes)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function image(variant: VariantName, cases: readonly Case[]): Uint8Array {
  const { bits, bigEndian } = variants[variant];
  const { text, trampoline, handler } = program(variant);
  const input = new Uint8Array(cases.length * CASE.bytes);
  cases.forEach((c, i) => { write(variant, c, new DataView(input.buffer, i * CASE.bytes, CASE.bytes)); });
  const none = new Uint8Array();
  const code = (words: Uint32Array): Uint8Array => {
    const view = new DataView(new ArrayBuffer(words.length * 4));
    words.forEach((word, i) => { view.setUint32(i * 4, word, !bigEndian); });
    return new Uint8Array(view.buffer);
  };
  const data = dataAreaOf(variant);
  return elf([
    { address: TRAMPOLINE, bytes: code(trampoline), flags: 'rx' },
    { address: Number(SEA), bytes: none, size: SEA_SIZE, flags: 'rwx' },
    { address: Number(DATA), bytes: data, flags: 'rw' },
    { address: TEXT, bytes: code(text), flags: 'rx' },
    { address: PRISTINE, bytes: data, flags: 'rw' },
    { address: VARS, bytes: variables(variant, handler, cases.length), flags: 'rw' },
    { address: ALT_STACK, bytes: none, size: STACK_SIZE, flags: 'rw' },
    { address: CASES, bytes: input, flags: 'rw' },
    { address: RESULTS, bytes: none, size: cases.length * RESULT.bytes, flags: 'rw' },
  ], TEXT, { bits, bigEndian, machine: bits === 64 ? EM_PPC64 : EM_PPC, flags: bits === 64 ? ELFV2 : 0 });
}

function write(variant: VariantName, { words, state }: Case, to: DataView): void {
  const { bigEndian } = variants[variant];
  if (words.length >= MAX_WORDS) throw new RangeError(`a case has at most ${MAX_WORDS - 1} words`);
  if (!words.every(word => harmless(variant, word))) throw new RangeError('a case must not call the host');
  const u64 = (at: number, value: bigint | number): void => to.setBigUint64(at, BigInt(value), !bigEndian);
  const u128 = (at: number, value: bigint): void => {
    u64(at + (bigEndian ? 8 : 0), BigInt.asUintN(64, value));
    u64(at + (bigEndian ? 0 : 8), value >> 64n);
  };
  words.forEach((word, i) => { to.setUint32(CASE.words + i * 4, word, !bigEndian); });
  state.gpr.forEach((value, r) => { u64(CASE.gpr + r * 8, value); });
  u64(CASE.cr, state.cr);
  u64(CASE.xer, state.xer);
  u64(CASE.lr, state.lr);
  u64(CASE.ctr, state.ctr);
  u64(CASE.fpscr, state.fpscr);
  u64(CASE.vrsave, state.vrsave);
  u128(CASE.vscr, BigInt(state.vscr));
  state.fpr.forEach((value, r) => { u64(CASE.fpr + r * 8, value); });
  state.vr.forEach((value, r) => { u128(CASE.vr + r * 16, value); });
}

function outcome(variant: VariantName, { words }: Case, from: DataView): Outcome {
  const { bigEndian } = variants[variant];
  const u64 = (at: number): bigint => from.getBigUint64(at, !bigEndian);
  const u128 = (at: number): bigint => u64(at + (bigEndian ? 8 : 0)) | (u64(at + (bigEndian ? 0 : 8)) << 64n);
  const raw = (at: number): bigint => from.getBigUint64(at, true) | (from.getBigUint64(at + 8, true) << 64n);
  const changes = Math.min(Number(u64(RESULT.changes)), MAX_CHANGES);
  const memory = new Map<number, bigint>();
  for (let i = 0; i < changes; i++) memory.set(Number(u64(RESULT.change + i * 32)), raw(RESULT.change + i * 32 + 16));
  const pc = u64(RESULT.pc);
  const inside = pc >= CODE && pc < CODE + BigInt(words.length * 4);
  return {
    gpr: Array.from({ length: 32 }, (_, r) => u64(RESULT.gpr + r * 8)),
    cr: Number(u64(RESULT.cr)),
    xer: Number(u64(RESULT.xer)),
    lr: u64(RESULT.lr),
    ctr: u64(RESULT.ctr),
    fpr: Array.from({ length: 32 }, (_, r) => u64(RESULT.fpr + r * 8)),
    fpscr: Number(BigInt.asUintN(32, u64(RESULT.fpscr))),
    vr: Array.from({ length: 32 }, (_, r) => u128(RESULT.vr + r * 16)),
    vscr: Number(BigInt.asUintN(32, u128(RESULT.vscr))),
    vrsave: Number(BigInt.asUintN(32, u64(RESULT.vrsave))),
    pc,
    stop: inside ? stopOf(Number(u64(RESULT.signal))) : 'left',
    memory,
  };
}

function stopOf(signal: number): Stop {
  if (signal === signals.SIGILL) return 'undefined';
  return signal === signals.SIGSEGV || signal === signals.SIGBUS ? 'memory' : 'other';
}
