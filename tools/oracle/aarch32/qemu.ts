/** Runs cases under qemu-arm and reads back what they left. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODE, type Code, DATA, FILLER, inMemory, isInside, MAX_BYTES, type Outcome, placed, SEA, SEA_SIZE, type State, type Stop } from '../../../test/aarch32/engines/engine.ts';
import { dataArea } from '../../../test/engines/inputs.ts';
import { elf, type Target } from '../elf.ts';
import { ranOut, runLimited } from '../limited.ts';
import { ALT_STACK, CASE, CASES, MAX_CHANGES, PRISTINE, program, RESULT, RESULTS, SIG, STACK_SIZE, TEXT, variables, VARS } from './program.ts';

/** Its instructions have fewer than MAX_BYTES bytes. */
export interface Case extends Code {
  readonly state: State;
}

export const command = ['qemu-arm', '-cpu', 'max'] as const;
const BATCH = 2000;
/** QEMU's status where it has no answer to an exception, such as a branch among the kernel's helpers. */
const GAVE_UP = 127;
const EM_ARM = 40;
const EF_ARM_EABI_VER5 = 0x0500_0000;
export const arm: Target = { machine: EM_ARM, bits: 32, bigEndian: false, flags: EF_ARM_EABI_VER5 };
/** N Z C V, Q, IT, GE, E and T. */
const SHOWN = 0xfe0f_fe20;

/** SVC would reach the host's kernel, and some HLTs are semihosting. */
export function harmless(word: number, thumb: boolean): boolean {
  if (!thumb) return (word & 0x0f00_0000) !== 0x0f00_0000 && (word & 0x0ff0_00f0) !== 0x0100_0070;
  const first = word >>> 16;
  return first >>> 8 !== 0xdf && first >>> 6 !== 0xba80 >>> 6;
}

/** A case that doesn't come to its end has no outcome. Throws where QEMU is missing. */
export function runCases(cases: readonly Case[]): (Outcome | undefined)[] {
  const outcomes: (Outcome | undefined)[] = [];
  for (let at = 0; at < cases.length; at += BATCH) outcomes.push(...runOrSplit(cases.slice(at, at + BATCH)));
  return outcomes;
}

/** Where time runs out, or QEMU gives up, the one at fault is found by halving. */
function runOrSplit(cases: readonly Case[]): (Outcome | undefined)[] {
  try {
    return runBatch(cases);
  } catch (e) {
    if (!ranOut(e) && (e as { signal?: string }).signal !== 'SIGABRT' && (e as { status?: number }).status !== GAVE_UP) throw e;
    if (cases.length === 1) return [undefined];
    const half = Math.ceil(cases.length / 2);
    return [...runOrSplit(cases.slice(0, half)), ...runOrSplit(cases.slice(half))];
  }
}

function runBatch(cases: readonly Case[]): Outcome[] {
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const file = join(directory, 'cases');
    writeFileSync(file, image(cases), { mode: 0o755 });
    const [name, ...args] = command;
    const bytes = runLimited(2 + cases.length / 300, name, [...args, file], RESULT.bytes * (BATCH + 1) + 1);
    if (bytes.length !== (cases.length + 1) * RESULT.bytes) throw new Error(`${bytes.length} bytes came back for ${cases.length} cases`);
    return cases.map((c, i) => outcome(c, new DataView(bytes.buffer, bytes.byteOffset + (i + 1) * RESULT.bytes, RESULT.bytes)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function image(cases: readonly Case[]): Uint8Array {
  const { text, handler } = program();
  const input = new Uint8Array(cases.length * CASE.bytes);
  cases.forEach((c, i) => { write(c, input.subarray(i * CASE.bytes, (i + 1) * CASE.bytes)); });
  const none = new Uint8Array();
  return elf([
    { address: Number(SEA), bytes: new Uint8Array(new Uint16Array(SEA_SIZE / 2).fill(FILLER).buffer), flags: 'rwx' },
    { address: Number(DATA), bytes: dataArea, flags: 'rw' },
    { address: TEXT, bytes: new Uint8Array(text.buffer), flags: 'rx' },
    { address: PRISTINE, bytes: dataArea, flags: 'rw' },
    { address: VARS, bytes: variables(handler, cases.length), flags: 'rw' },
    { address: ALT_STACK, bytes: none, size: STACK_SIZE, flags: 'rw' },
    { address: CASES, bytes: input, flags: 'rw' },
    { address: RESULTS, bytes: none, size: (cases.length + 1) * RESULT.bytes, flags: 'rw' },
  ], TEXT, arm);
}

function write(c: Case, to: Uint8Array): void {
  const { state } = c;
  const places = placed(c, state);
  const code = inMemory(places);
  if (code.byteLength >= MAX_BYTES) throw new RangeError(`a case has fewer than ${MAX_BYTES} bytes`);
  if (!places.every(({ word, thumb }) => harmless(word, thumb))) throw new RangeError('a case must not call the host');
  to.set(new Uint8Array(new Uint16Array(MAX_BYTES / 2).fill(FILLER).buffer));
  to.set(new Uint8Array(code.buffer));
  const view = new DataView(to.buffer, to.byteOffset, to.length);
  [...state.r, Number(CODE), state.cpsr].forEach((value, r) => { view.setUint32(CASE.core + 4 * r, value, true); });
  state.q.forEach((value, n) => {
    view.setBigUint64(CASE.vfp + 16 * n, BigInt.asUintN(64, value), true);
    view.setBigUint64(CASE.vfp + 16 * n + 8, value >> 64n, true);
  });
  view.setUint32(CASE.fpscr, state.fpscr, true);
}

/** FPSCR.Len and Stride, which are RES0 (G8.2.54); QEMU keeps what is written there. */
const SHORT_VECTORS = 0x0037_0000;

function outcome(c: Case, from: DataView): Outcome {
  const u32 = (at: number): number => from.getUint32(at, true);
  const u128 = (at: number): bigint => from.getBigUint64(at, true) | (from.getBigUint64(at + 8, true) << 64n);
  const memory = new Map<number, bigint>();
  for (let i = 0; i < Math.min(u32(RESULT.changes), MAX_CHANGES); i++) memory.set(u32(RESULT.change + i * 20), u128(RESULT.change + i * 20 + 4));
  const pc = u32(RESULT.pc);
  const cpsr = (u32(RESULT.cpsr) & SHOWN) >>> 0;
  return {
    r: Array.from({ length: 15 }, (_, n) => u32(RESULT.core + 4 * n)),
    cpsr,
    fpscr: (u32(RESULT.fpscr) & ~SHORT_VECTORS) >>> 0,
    q: Array.from({ length: 16 }, (_, n) => u128(RESULT.vfp + 16 * n)),
    pc,
    stop: isInside(placed(c, c.state), { pc, cpsr }) ? stopOf(u32(RESULT.signal)) : 'left',
    memory,
  };
}

function stopOf(signal: number): Stop {
  if (signal === SIG.ILL) return 'undefined';
  return signal === SIG.SEGV || signal === SIG.BUS ? 'memory' : 'other';
}
