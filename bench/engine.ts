/**
 * What the engine itself costs, in this process: translation from a word to a module's bytes, over a kernel's own code,
 * and an instruction in the cold tier, over a loop of loads, stores, arithmetic and branches.
 */
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { Arena } from '../src/base/arena.ts';
import { silentLog } from '../src/base/log.ts';
import { Arm64Cpu, cpuModels, createAArch64 } from '../src/guest/aarch64/index.ts';
import { PAGE } from '../src/jit/abi.ts';
import { CodeSpace, defaultSizes } from '../src/jit/code-space.ts';
import { codeKey, variant } from '../src/jit/key-map.ts';
import { Translator, type Entry } from '../src/jit/translator.ts';
import { defaultEngineOptions, Engine } from '../src/vcpu/engine.ts';

const RET = 0xd65f03c0;
const isBL = (word: number): boolean => word >>> 26 === 0b100101;
/** Units in a module, instructions in a unit: as the product has them. */
const { batch, instructions } = defaultEngineOptions.compiler;
const TEXT = 8 << 20;
const PASSES = 5;

const cpuMicroseconds = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return user + system;
};

/**
 * CPU microseconds a guest instruction, all threads of this process counted; the first half of the code warms the host up, and of
 * some passes over the second the median counts.
 */
export function translationCost(kernel: string): number {
  const file = readFileSync(kernel);
  const image = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file;
  const arena = new Arena(256 << 20);
  const arch = createAArch64(cpuModels['cortex-a57']);
  const space = new CodeSpace(arena, arch, { load: () => 0, store: () => 0, atomic: () => 0, helper: () => 0 }, defaultSizes);
  const bytes = Math.min(image.length, TEXT);
  const text = arena.alloc(bytes + PAGE, PAGE);
  arena.u8.set(image.subarray(0, bytes), text);
  const translator = new Translator(arch, space);
  const entries: Entry[] = [];
  const mode = 0;
  for (let at = text + (64 << 10); at < text + bytes - 4; at += 4) {
    const word = arena.u32[at >>> 2]!;
    if (word !== RET && !isBL(word)) continue;
    const [page, offset] = [(at + 4) & -PAGE, (at + 4) & (PAGE - 1)];
    entries.push({ key: codeKey(page, offset, variant(mode, false)), page, offset, mode, counted: false });
  }
  const cell = arena.alloc(4);
  const translate = (from: number, to: number): number => {
    let count = 0;
    for (let i = from; i < to; i += batch) count += translator.translate(entries.slice(i, Math.min(to, i + batch)), 100, () => cell, instructions).instructions;
    return count;
  };
  translate(0, entries.length >>> 1);
  const costs = Array.from({ length: PASSES }, () => {
    const started = process.cpuUsage();
    const count = translate(entries.length >>> 1, entries.length);
    return cpuMicroseconds(started) / count;
  });
  return costs.sort((a, b) => a - b)[PASSES >> 1]!;
}

/** ldr x4, [x1]; add x4, x4, x0; str x4, [x1, #8]; eor x5, x4, x0, lsl #3; and x5, x5, #0xff; cmp x5, #300; b.gt .; subs x0, x0, #1; b.ne loop */
const LOOP = [0xf9400024, 0x8b000084, 0xf9000424, 0xca000c85, 0x92401ca5, 0xf104b0bf, 0x5400000c, 0xf1000400, 0x54ffff01];
/** svc #0 */
const SVC = 0xd4000001;
const ITERATIONS = 5_000_000;

/** CPU nanoseconds an instruction in the cold tier. */
export function coldCost(): number {
  const arena = new Arena(64 << 20);
  const model = cpuModels['cortex-a57'];
  const machine = new Engine(arena, createAArch64(model), { ...defaultEngineOptions, log: silentLog, now: () => 0, threshold: 0 });
  const ram = arena.alloc(4 * PAGE, PAGE);
  machine.physical.setSlots([{ gpa: 0, size: 4 * PAGE, arena: ram, readonly: false }]);
  arena.u32.set([...LOOP, SVC], ram >>> 2);
  // Data is Device memory while the MMU is off, so it is on: one block of 1 GB, Normal memory, at address 0.
  arena.u64[(ram + 3 * PAGE) >>> 3] = 0x401n;
  const cpu = machine.createCpu(env => new Arm64Cpu(env, model, {
    platform: { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n },
    mpidr: 0n, gicSystemRegisters: false, semihosting: false,
  }));
  const { state } = cpu.guest;
  const run = (iterations: number): number => {
    cpu.guest.reset();
    state.pc = 0n;
    state.x[0] = BigInt(iterations);
    state.x[1] = BigInt(2 * PAGE);
    state.VBAR_EL1 = BigInt(PAGE);
    state.TTBR0_EL1 = BigInt(3 * PAGE);
    state.MAIR_EL1 = 0xffn;
    // 39 bits of addresses, 4K granule, no upper half.
    state.TCR_EL1 = (1n << 23n) | 25n;
    state.SCTLR_EL1 |= 1n;
    // Everything that the vectors hold is HVC, which leaves.
    arena.u32.fill(0xd4000002, (ram + PAGE) >>> 2, (ram + 2 * PAGE) >>> 2);
    cpu.guest.stateChanged();
    const started = process.cpuUsage();
    const exit = cpu.run();
    if (exit.kind !== 'guest' || state.x[0] !== 0n) throw new Error(`the loop left with ${exit.kind}`);
    return cpuMicroseconds(started);
  };
  run(ITERATIONS / 10);
  return (run(ITERATIONS) * 1000) / (ITERATIONS * LOOP.length);
}
