/** A64 for the block fuzzer. */
import { Random } from '../../../src/base/random.ts';
import { EC, ExceptionEvent } from '../../../src/guest/aarch64/exception.ts';
import { Arm64Cpu, createAArch64 } from '../../../src/guest/aarch64/index.ts';
import { groups, insns } from '../../../src/guest/aarch64/insns.ts';
import { FFR, SP } from '../../../src/guest/aarch64/state.ts';
import { decoder } from '../../../src/isa/decode.ts';
import { disassemble } from '../../../src/isa/disassemble.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import { encode, extract, type Insn } from '../../../src/isa/insn.ts';
import { firstFaults, integer, laneSizes, lanes, predicate } from '../../../test/engines/inputs.ts';
import { qemusMax } from '../../../test/engines/model.ts';
import { enterUserMode } from '../../../test/engines/user-mode.ts';
import { DATA, DATA_BYTES, type Target } from '../blocks/target.ts';
import { DEFAULT_CPU, harmless } from '../qemu.ts';
import { blockProgram, slot, slots } from './block-program.ts';
import { blockDeviation, instructionDeviation } from './deviations.ts';

/** Registers that hold addresses of data (SP too), offsets, and addresses of code; instructions mostly leave them alone. */
const POINTERS = 8;
const OFFSETS = 4;
const TARGETS = [14, 15, 30] as const;
/** Addresses to sign: both halves of a signed one say the same of the address space, where QEMU and the manual differ. */
const SIGNABLE = [12, 13, 17] as const;
const FIRST_FREE = 16;
/** Vectors of addresses or offsets, for gathers and scatters. */
const ADDRESS_VECTORS = 4;

/** As Linux has it: EL0 has no debug communications channel. */
const MDSCR_TDCC = 1n << 12n;
const FPSR_IXC = 0x10;
const OPEN = 0xffff_ffff_ffff_ffffn;

const decode = decoder(insns);
const model = qemusMax;
const groupOf = new Map(Object.entries(groups).flatMap(([group, members]) => members.map(i => [i, group] as const)));
const memory = /^(ldst|sve-(broadcast|contiguous|fill|first-fault|gather|prefetch|scatter|structures)$)/;
const isLoadStore = (insn: Insn): boolean => memory.test(groupOf.get(insn)!);

/** They wait, or tell what every machine has its own of, or are compared with another model (see deviations.ts). */
const excluded = /^(SVC|WF[EI]|DC ZVA|MRS DCZID_EL0)$/;
/** QEMU 7.2 has them wrong (see deviations.ts): only now and then, as each case has to be looked at. */
const wrongInQemu = /^(FCVTZS fixed-point \(SIMD scalar, 16\)|FJCVTZS|SVE LD[FN]F1 .*|PACIx1716\/AUTIx1716)$/;

const CRn = (word: number): number => (word >>> 12) & 15;
/** MRS of identification registers, counters and random numbers. */
const isOwn = (insn: Insn, word: number): boolean => insn.name === 'MRS' && [0, 2, 14].includes(CRn(word));
/** Cache maintenance by tag (DC CGVAC and its like), and TCO: QEMU's max has MTE, which we don't. */
const isMTE = (insn: Insn, word: number): boolean =>
  (insn.name === 'SYS' && CRn(word) === 7 && [3, 4, 5, 6].includes((word >>> 5) & 7)) || ((word & ~0x20_001f) >>> 0) === 0xd51b_42e0;

function shapedWord(insn: Insn, random: Random, left: number): number | undefined {
  if (excluded.test(insn.name) || (wrongInQemu.test(insn.name) && random.chance(0.98))) return undefined;
  const plain = randomWord(insn, decode, random);
  if (plain === undefined || !harmless(plain) || isOwn(insn, plain) || isMTE(insn, plain)) return undefined;
  const fields = extract(insn, plain);
  const has = (name: string): boolean => name in fields && !insn.fields.find(f => f.name === name)!.mode;
  if (isLoadStore(insn)) shapeAccess(fields, has, random);
  else if (groupOf.get(insn) === 'branch') shapeBranch(insn, fields, has, random, left);
  if (insn.feature === 'PAuth' && has('Rd') && random.chance(0.97)) fields['Rd'] = random.pick(SIGNABLE);
  else for (const name of ['Rd', 'Rt', 'Rt2', 'Rs']) {
    if (has(name) && fields[name]! < FIRST_FREE && random.chance(0.9)) fields[name] = FIRST_FREE + random.below(16);
  }
  for (const name of ['Zd', 'Zda', 'Zdn', 'Zt']) {
    if (has(name) && fields[name]! < ADDRESS_VECTORS && random.chance(0.9)) fields[name] = ADDRESS_VECTORS + random.below(32 - ADDRESS_VECTORS);
  }
  const shaped = encode(insn, fields);
  return decode.decode(shaped) === insn && harmless(shaped) ? shaped : plain;
}

function shapeAccess(fields: Record<string, number>, has: (name: string) => boolean, random: Random): void {
  if (has('Rn') && random.chance(0.95)) fields['Rn'] = random.chance(0.1) ? 31 : random.below(POINTERS);
  if (has('Rm') && fields['Rm'] !== 31 && random.chance(0.9)) fields['Rm'] = POINTERS + random.below(OFFSETS);
  for (const name of ['Zm', 'Zn']) if (has(name) && random.chance(0.9)) fields[name] = random.below(ADDRESS_VECTORS);
  if (has('imm12') && random.chance(0.9)) fields['imm12']! &= 0x3f;
  // Near literals are code.
  if (has('imm19') && random.chance(0.7)) fields['imm19'] = random.below(64) & 0x7ffff;
}

/** Mostly forward, to an instruction of the block or its end. */
function shapeBranch(insn: Insn, fields: Record<string, number>, has: (name: string) => boolean, random: Random, left: number): void {
  for (const name of ['imm26', 'imm19', 'imm14']) if (has(name) && random.chance(0.97)) fields[name] = 1 + random.below(Math.min(left, 6));
  if (insn.name.startsWith('BR') && random.chance(0.9)) fields['Rn'] = random.pick(TARGETS);
}

/** Into the data area: mostly aligned and well inside; else at the border of its two pages, or at its ends. */
function pointer(random: Random): bigint {
  if (random.chance(1 / 24)) return BigInt(DATA + random.pick([0, 1, 8, DATA_BYTES - 1, DATA_BYTES - 8, DATA_BYTES - 16, DATA_BYTES]));
  if (random.chance(1 / 8)) return BigInt(DATA + DATA_BYTES / 2 - 16 + random.below(32));
  const at = 0x400 + random.below(DATA_BYTES - 0x800);
  return BigInt(DATA + (random.chance(0.75) ? at & ~15 : at)) | (random.chance(1 / 64) ? BigInt(random.below(256)) << 56n : 0n);
}

const offset = (random: Random): bigint => BigInt.asUintN(64, BigInt(random.below(random.chance(0.5) ? 64 : 1024)) * (random.chance(0.25) ? -1n : 1n));

/** Of one kind, in lanes of 32 bits (without what is above an address) or of 64. */
function addressVector(random: Random): bigint {
  const lane = random.pick([32, 64]);
  const kind = random.pick([pointer, offset]);
  let vector = 0n;
  for (let at = 0; at < 128; at += lane) vector |= BigInt.asUintN(lane, kind(random)) << BigInt(at);
  return vector;
}

/** RMode, FZ, DN, and AHP with FZ16 now and then. */
const fpcr = (random: Random): number =>
  (random.chance(0.5) ? 0 : (random.below(16) << 22) | (random.chance(0.2) ? (random.below(2) << 26) | (random.below(2) << 19) : 0));

function randomState(random: Random, start: number, length: number): BigUint64Array {
  const state = new BigUint64Array(slots.length);
  for (let r = 0; r < 31; r++) state[slot.x + r] = r < POINTERS ? pointer(random) : r < POINTERS + OFFSETS ? offset(random) : integer(random);
  for (const r of TARGETS) state[slot.x + r] = BigInt(start + 4 * random.below(length + 1));
  for (const r of SIGNABLE) state[slot.x + r] = pointer(random);
  state[slot.sp] = random.chance(0.9) ? pointer(random) & ~15n : pointer(random);
  state[slot.nzcv] = BigInt(random.below(16)) << 28n;
  state[slot.fpcr] = BigInt(fpcr(random));
  state[slot.fpsr] = BigInt(random.pick([0, 0, FPSR_IXC, FPSR_IXC, random.u32() & 0x0800_009f]));
  const lane = random.pick(laneSizes);
  for (let r = 0; r < 32; r++) {
    const value = r < ADDRESS_VECTORS ? addressVector(random) : lanes(random, random.chance(0.8) ? lane : random.pick(laneSizes));
    state[slot.v + 2 * r] = BigInt.asUintN(64, value);
    state[slot.v + 2 * r + 1] = value >> 64n;
  }
  for (let r = 0; r < 16; r++) state[slot.p + r] = BigInt(predicate(random));
  state[slot.p + FFR] = BigInt(firstFaults(random));
  return state;
}

function put(cpu: Arm64Cpu, from: BigUint64Array): void {
  const { state } = cpu;
  cpu.reset();
  enterUserMode(state);
  state.MDSCR_EL1 = MDSCR_TDCC;
  state.TPIDR_EL0 = 0n;
  for (let r = 0; r < 31; r++) state.x[r] = from[slot.x + r]!;
  state.x[SP] = from[slot.sp]!;
  state.nzcv = Number(from[slot.nzcv]);
  state.FPCR = Number(from[slot.fpcr]);
  state.FPSR = Number(from[slot.fpsr]);
  state.v.set(from.subarray(slot.v, slot.v + 64));
  state.p.set(Array.from(from.subarray(slot.p, slot.p + FFR + 1), Number));
  cpu.stateChanged();
}

function get({ state }: Arm64Cpu, to: BigUint64Array): void {
  for (let r = 0; r < 31; r++) to[slot.x + r] = state.x[r]!;
  to[slot.sp] = state.x[SP]!;
  to[slot.nzcv] = BigInt(state.nzcv);
  to[slot.fpcr] = BigInt(state.FPCR);
  to[slot.fpsr] = BigInt(state.FPSR);
  to.set(state.v.subarray(0, 64), slot.v);
  for (let r = 0; r <= FFR; r++) to[slot.p + r] = BigInt(state.p[r]!);
}

export const aarch64: Target<Arm64Cpu> = {
  name: 'aarch64',
  groups,
  arch: createAArch64(model) as unknown as Target<Arm64Cpu>['arch'],
  decoder: decode,
  slots,
  bigEndian: false,
  trap: 0,
  nop: 0xd503_201f,
  addressBits: 56,
  randomWord: shapedWord,
  randomState,
  createCpu: env => createAArch64(model).createCpu(env, {
    platform: { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n },
    mpidr: 0n, gicSystemRegisters: false, semihosting: false,
  }),
  put,
  get,
  // The kernel's return to the program clears the exclusive monitor.
  raised: cpu => { cpu.state.monitorAddress = OPEN; },
  isMemory: event => event instanceof ExceptionEvent && (event.ec === EC.DataAbort || event.ec === EC.PCAlignment || event.ec === EC.SPAlignment),
  blockDeviation: (words, faulted) => blockDeviation(Array.from(words, word => ({ word, insn: decode.decode(word) })), faulted),
  instructionDeviation,
  command: ['qemu-aarch64', '-seed', '1', '-cpu', DEFAULT_CPU],
  program: blockProgram,
  disassemble: (word, pc) => disassemble(decode, word, BigInt(pc)),
};
