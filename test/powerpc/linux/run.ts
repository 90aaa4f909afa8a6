/** Runs a static PowerPC Linux program on the engine: a loader, a stack as the kernel makes it, and system calls. */
import { Arena } from '../../../src/base/arena.ts';
import { silentLog } from '../../../src/base/log.ts';
import { createPowerPc, models, type PowerPcModel } from '../../../src/guest/powerpc/index.ts';
import type { PowerPcExit } from '../../../src/guest/powerpc/interrupt.ts';
import type { CpuState } from '../../../src/guest/powerpc/state.ts';
import { defaultEngineOptions, Engine } from '../../../src/vcpu/engine.ts';
import { type Executable, readExecutable } from './elf.ts';
import { ProgramMemory } from './memory.ts';
import { createSyscalls, Exit } from './syscalls.ts';

const STACK_TOP = 0x7f80_0000;
const STACK_SIZE = 1 << 20;
const HEAP_SIZE = 16 << 20;
const MAPS = 0x5000_0000;
const MAPS_SIZE = 16 << 20;

export interface RunResult {
  readonly output: string;
  readonly status: number;
}

export interface RunOptions {
  readonly args: readonly string[];
  /** Times that cold code is run before it is compiled; 0: never. */
  readonly threshold: number;
}

/** Throws an Error with the interrupt where the program ends in one. */
export function runProgram(file: Uint8Array, { args, threshold }: RunOptions): RunResult {
  const program = readExecutable(file);
  const { bits, bigEndian } = program;
  const model = models[bits === 64 ? 'power9' : 7400];
  const arena = new Arena(160 << 20);
  const memory = new ProgramMemory(arena, bigEndian);
  const heap = load(program, memory);
  memory.add(STACK_TOP - STACK_SIZE, STACK_SIZE);
  memory.add(MAPS, MAPS_SIZE);
  const arch = createPowerPc(model);
  const engine = new Engine(arena, arch, { ...defaultEngineOptions, log: silentLog, now: () => 0, threshold });
  engine.physical.setSlots(memory.slots);
  let timeBase = 0n;
  const cpu = engine.createCpu(env => arch.createCpu(env, {
    bigEndian, timeBase: () => timeBase++, random: () => 0n,
    map: va => (memory.mapped(Number(va)) ? { pa: Number(va), writable: true } : undefined),
  }));
  const { state } = cpu.guest;
  start(program, memory, state, args, model);
  const parts: Uint8Array[] = [];
  const call = createSyscalls({ memory, bits, heap, maps: { start: MAPS, end: MAPS + MAPS_SIZE }, output: bytes => { parts.push(bytes); } });
  for (;;) {
    const exit = cpu.run();
    if (exit.kind !== 'guest') throw new Error(`unexpected exit ${exit.kind}`);
    const interrupt = exit.exit as PowerPcExit;
    if (interrupt.kind !== 'System Call') throw new Error(`${describe(interrupt)} at 0x${state.pc.toString(16)}: ${wordAt(memory, state.pc)}`);
    try {
      answer(state, bits, call);
    } catch (e) {
      if (!(e instanceof Exit)) throw e;
      return { output: Buffer.concat(parts).toString('utf8'), status: e.status };
    }
  }
}

const describe = (interrupt: PowerPcExit): string => `${interrupt.kind}${'cause' in interrupt ? ` (${interrupt.cause})` : ''}`;
const wordAt = (memory: ProgramMemory, pc: bigint): string =>
  (memory.mapped(Number(pc)) ? memory.word(Number(pc), 32).toString(16).padStart(8, '0') : 'not mapped');

/** Puts the segments where they belong; the heap follows them. */
function load({ segments }: Executable, memory: ProgramMemory): { start: number; end: number } {
  const first = Math.min(...segments.map(s => s.address));
  const end = Math.max(...segments.map(s => s.address + s.size));
  const start = Math.ceil(end / 0x1_0000) * 0x1_0000;
  memory.add(first, start + HEAP_SIZE - first);
  for (const { address, bytes } of segments) memory.write(address, bytes);
  return { start, end: start + HEAP_SIZE };
}

/** Entries of the auxiliary vector (elf.h). */
const AT = {
  NULL: 0, PHDR: 3, PHENT: 4, PHNUM: 5, PAGESZ: 6, BASE: 7, FLAGS: 8, ENTRY: 9, UID: 11, EUID: 12, GID: 13, EGID: 14, HWCAP: 16, CLKTCK: 17,
  DCACHEBSIZE: 19, ICACHEBSIZE: 20, UCACHEBSIZE: 21, SECURE: 23, RANDOM: 25,
} as const;
/** A 32-bit machine with floating point and an MMU; and 64-bit. */
const HWCAP = 0x8c00_0000;
const HWCAP_64 = 0x4000_0000;

function start({ bits, entry, toc, headers }: Executable, memory: ProgramMemory, state: CpuState, args: readonly string[], model: PowerPcModel): void {
  let top = STACK_TOP - 64;
  const random = top;
  memory.write(random, Uint8Array.from({ length: 16 }, (_, i) => i * 7 + 1));
  const strings = args.map(text => {
    const bytes = new TextEncoder().encode(`${text}\0`);
    top -= bytes.length;
    memory.write(top, bytes);
    return top;
  });
  const auxiliary = [
    [AT.PHDR, headers.address], [AT.PHENT, headers.size], [AT.PHNUM, headers.count], [AT.PAGESZ, 4096], [AT.BASE, 0], [AT.FLAGS, 0], [AT.ENTRY, entry],
    [AT.UID, 0], [AT.EUID, 0], [AT.GID, 0], [AT.EGID, 0], [AT.HWCAP, bits === 64 ? HWCAP + HWCAP_64 : HWCAP], [AT.CLKTCK, 100],
    [AT.DCACHEBSIZE, model.cacheBlock], [AT.ICACHEBSIZE, model.cacheBlock], [AT.UCACHEBSIZE, 0], [AT.SECURE, 0], [AT.RANDOM, random], [AT.NULL, 0],
  ];
  const words = [args.length, ...strings, 0, 0, ...auxiliary.flat()];
  const sp = Math.floor((top - words.length * (bits / 8)) / 16) * 16;
  words.forEach((value, i) => { memory.setWord(sp + i * (bits / 8), bits, value); });
  state.gpr[1] = BigInt(sp);
  state.gpr[2] = BigInt(toc);
  state.gpr[12] = BigInt(entry);
  state.pc = BigInt(entry);
}

/** The number is in r0, arguments from r3 on; CR0.SO says that r3 is an error. */
function answer(state: CpuState, bits: 32 | 64, call: ReturnType<typeof createSyscalls>): void {
  const register = (n: number): number => Number(BigInt.asUintN(bits, state.gpr[n]!));
  const result = call(register(0), [3, 4, 5, 6, 7, 8].map(register));
  state.gpr[3] = BigInt(Math.abs(result));
  state.cr[3] = result < 0 ? 1 : 0;
}
