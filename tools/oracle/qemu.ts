/** Runs cases under qemu-aarch64 and reads back what they left. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODE, DATA, MAX_WORDS, type Outcome, SEA, SEA_SIZE, type State, type Stop } from '../../test/engines/engine.ts';
import { dataArea } from '../../test/engines/inputs.ts';
import { elf } from './elf.ts';
import { ranOut, runLimited } from './limited.ts';
import {
  ALT_STACK, CASE, CASES, MAX_CHANGES, PRISTINE, program, RESULT, RESULTS, SIGBUS, SIGILL, SIGSEGV, STACK_SIZE, TEXT, variables, VARS,
} from './program.ts';

export interface Case {
  /** At most MAX_WORDS - 1. */
  readonly words: Uint32Array;
  readonly state: State;
}

/** Vectors of SVE have 128 bits, and there is no SME, in whose streaming mode SVE's registers are others. */
export const DEFAULT_CPU = 'max,sve-max-vq=1,sme=off';
const hasSVE = (cpu: string): boolean => cpu === DEFAULT_CPU;
/** The seed from which QEMU makes the program's keys of pointer authentication: those that test/engines/user-mode.ts has. */
const SEED = '1';
const BATCH = 2000;
const MASK64 = 0xffff_ffff_ffff_ffffn;

/** SVC would reach the host's kernel, and HLT #0xf000 is semihosting. */
export const harmless = (word: number): boolean => {
  const exception = (word & 0xffe0001f) >>> 0;
  return exception !== 0xd4000001 && (word >>> 0) !== 0xd45e0000;
};

/** `cpu` is QEMU's model, as its -cpu takes it. A case that doesn't come to its end has no outcome. Throws where QEMU is missing. */
export function runCases(cases: readonly Case[], cpu = DEFAULT_CPU): (Outcome | undefined)[] {
  const outcomes: (Outcome | undefined)[] = [];
  for (let at = 0; at < cases.length; at += BATCH) outcomes.push(...runOrSplit(cases.slice(at, at + BATCH), cpu));
  return outcomes;
}

/** Where time runs out, or QEMU gives up (7.2 aborts on some unallocated words), the one at fault is found by halving. */
function runOrSplit(cases: readonly Case[], cpu: string): (Outcome | undefined)[] {
  try {
    return runBatch(cases, cpu);
  } catch (e) {
    if (!ranOut(e) && (e as { signal?: string }).signal !== 'SIGABRT') throw e;
    if (cases.length === 1) return [undefined];
    const half = Math.ceil(cases.length / 2);
    return [...runOrSplit(cases.slice(0, half), cpu), ...runOrSplit(cases.slice(half), cpu)];
  }
}

function runBatch(cases: readonly Case[], cpu: string): Outcome[] {
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const file = join(directory, 'cases');
    writeFileSync(file, image(cases, hasSVE(cpu)), { mode: 0o755 });
    const bytes = runLimited(2 + cases.length / 500, 'qemu-aarch64', ['-seed', SEED, '-cpu', cpu, file], RESULT.bytes * BATCH + 1);
    if (bytes.length !== cases.length * RESULT.bytes) throw new Error(`${bytes.length} bytes came back for ${cases.length} cases`);
    return cases.map((c, i) => outcome(c, hasSVE(cpu), new DataView(bytes.buffer, bytes.byteOffset + i * RESULT.bytes, RESULT.bytes)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function image(cases: readonly Case[], sve: boolean): Uint8Array {
  const { text, handler } = program(sve);
  const input = new Uint8Array(cases.length * CASE.bytes);
  cases.forEach((c, i) => write(c, new DataView(input.buffer, i * CASE.bytes, CASE.bytes)));
  const none = new Uint8Array();
  return elf([
    { address: Number(SEA), bytes: none, size: SEA_SIZE, flags: 'rwx' },
    { address: Number(DATA), bytes: dataArea, flags: 'rw' },
    { address: TEXT, bytes: new Uint8Array(text.buffer), flags: 'rx' },
    { address: PRISTINE, bytes: dataArea, flags: 'rw' },
    { address: VARS, bytes: variables(handler, cases.length), flags: 'rw' },
    { address: ALT_STACK, bytes: none, size: STACK_SIZE, flags: 'rw' },
    { address: CASES, bytes: input, flags: 'rw' },
    { address: RESULTS, bytes: none, size: cases.length * RESULT.bytes, flags: 'rw' },
  ], TEXT);
}

function write({ words, state }: Case, to: DataView): void {
  if (words.length >= MAX_WORDS) throw new RangeError(`a case has at most ${MAX_WORDS - 1} words`);
  if (!words.every(harmless)) throw new RangeError('a case must not call the host');
  const u64 = (at: number, value: bigint | number) => to.setBigUint64(at, BigInt(value), true);
  words.forEach((word, i) => to.setUint32(CASE.words + i * 4, word, true));
  state.x.forEach((value, r) => u64(CASE.x + r * 8, value));
  u64(CASE.sp, state.sp);
  u64(CASE.nzcv, state.nzcv);
  u64(CASE.fpcr, state.fpcr);
  u64(CASE.fpsr, state.fpsr);
  state.v.forEach((value, r) => {
    u64(CASE.v + r * 16, value & MASK64);
    u64(CASE.v + r * 16 + 8, value >> 64n);
  });
  state.p.forEach((value, r) => to.setUint16(CASE.p + r * 2, value, true));
}

function outcome({ words, state }: Case, cpuHasSVE: boolean, from: DataView): Outcome {
  const u64 = (at: number): bigint => from.getBigUint64(at, true);
  const u128 = (at: number): bigint => u64(at) | (u64(at + 8) << 64n);
  const changes = Math.min(Number(u64(RESULT.changes)), MAX_CHANGES);
  const memory = new Map<number, bigint>();
  for (let i = 0; i < changes; i++) memory.set(Number(u64(RESULT.change + i * 32)), u128(RESULT.change + i * 32 + 16));
  const pc = u64(RESULT.pc);
  const inside = pc >= CODE && pc < CODE + BigInt(words.length * 4);
  return {
    x: Array.from({ length: 31 }, (_, r) => u64(RESULT.x + r * 8)),
    sp: u64(RESULT.sp),
    nzcv: Number(u64(RESULT.pstate) & 0xf000_0000n),
    fpcr: Number(u64(RESULT.fpcr)),
    fpsr: Number(u64(RESULT.fpsr)),
    v: Array.from({ length: 32 }, (_, r) => u128(RESULT.v + r * 16)),
    p: cpuHasSVE ? Array.from({ length: 17 }, (_, r) => from.getUint16(RESULT.p + r * 2, true)) : state.p,
    pc,
    stop: inside ? stopOf(Number(u64(RESULT.signal))) : 'left',
    memory,
  };
}

function stopOf(signal: number): Stop {
  if (signal === SIGILL) return 'undefined';
  return signal === SIGSEGV || signal === SIGBUS ? 'memory' : 'other';
}
