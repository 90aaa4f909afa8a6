/**
 * The engine with one AArch64 CPU for bare-metal programs: a megabyte of RAM and a page of ROM, the MMU on, EL1, one
 * page of RAM that can't be reached, and nothing but what the test answers everywhere else.
 */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import { type AArch64, type Arm64Cpu, type CpuModel, cpuModels, createAArch64 } from '../../src/guest/aarch64/index.ts';
import { type Arm64Platform, sysregKey } from '../../src/guest/aarch64/platform.ts';
import type { CacheLimits } from '../../src/jit/code-cache.ts';
import type { CodeSpaceSizes } from '../../src/jit/code-space.ts';
import type { CompilerOptions } from '../../src/jit/compiler.ts';
import { type CpuExit, REQUEST_INTERRUPT } from '../../src/vcpu/cpu.ts';
import { defaultEngineOptions, Engine } from '../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../src/vcpu/loop.ts';
import { Peers } from '../../src/vcpu/peers.ts';
import { Assembler, PLATFORM } from './assembler.ts';

const RAM = 0x4000_0000;
const RAM_SIZE = 0x10_0000;
export const CODE = RAM;
export const VECTORS = RAM + 0x1_0000;
export const DATA = RAM + 0x2_0000;
/** A page of RAM that is not mapped; the one before it is. */
export const HOLE = RAM + 0x3_0000;
/** The last page of RAM: what follows it is mapped but not there. */
export const RAM_END = RAM + RAM_SIZE;
const TABLES = RAM + 0x8_0000;
/** Device-nGnRE memory. */
export const DEVICE = 0x0900_0000;
export const ROM = 0x4020_0000;
const ROM_SIZE = 0x1000;
/** Not mapped at all. */
export const VOID = 0x8000_0000;

export const ABORTED = 'aborted';
const IRQ = 1;

export interface Tier {
  readonly threshold: number;
  readonly compiler: CompilerOptions;
}
/** `jit`: units before their first run. `mixed`: some stay cold for a while, and several go into one module. */
export const tiers: readonly (readonly [name: string, tier: Tier])[] = [
  ['cold', { threshold: 0, compiler: { batch: 1, instructions: 96 } }],
  ['jit', { threshold: 1, compiler: { batch: 1, instructions: 96 } }],
  ['mixed', { threshold: 3, compiler: { batch: 4, instructions: 7 } }],
];

export interface RigOptions extends Tier {
  readonly sizes?: CodeSpaceSizes;
  readonly limits?: CacheLimits;
  readonly chaos?: Random;
  /** Code as it is made for CPUs that run on several threads. */
  readonly threads?: boolean;
  /** `max`, where it is left out. */
  readonly model?: CpuModel;
  /** The guest as it is then run. */
  readonly changed?: (arch: AArch64) => AArch64;
}

class Platform implements Arm64Platform {
  up = 0;
  /** Called at MRS and MSR of PLATFORM. */
  read = (): bigint => 0n;
  write = (_value: bigint): void => {};
  readSystem(key: number): bigint | undefined { return key === platformKey ? this.read() : undefined; }
  writeSystem(key: number, value: bigint): boolean {
    if (key === platformKey) this.write(value);
    return key === platformKey;
  }
  lines(): number { return this.up; }
  random(): bigint { return 0n; }
}
const platformKey = sysregKey(...PLATFORM);

const guests = new Map<CpuModel, AArch64>();
function guest(model: CpuModel): AArch64 {
  const made = guests.get(model) ?? createAArch64(model);
  guests.set(model, made);
  return made;
}

const NORMAL = 0n << 2n;
const NGNRE = 1n << 2n;
const [BLOCK, PAGE_DESCRIPTOR, AF] = [1n, 3n, 1n << 10n];
export const AP_RO = 1n << 7n;
export const PAGE_ATTRIBUTES = NORMAL | PAGE_DESCRIPTOR | AF;

export class Rig {
  readonly arena = new Arena(20 << 20);
  readonly engine: Engine;
  readonly cpu: EngineCpu<Arm64Cpu>;
  readonly platform = new Platform();
  private readonly ram: number;
  private readonly rom: number;
  private readonly arch: AArch64;

  constructor({ model = cpuModels.max, threads = false, changed = arch => arch, ...options }: RigOptions) {
    this.arch = changed(guest(model));
    this.engine = new Engine(this.arena, this.arch, {
      ...defaultEngineOptions, log: silentLog, now: () => 0, sizes: { slots: 1 << 13, records: 4 << 20, cells: 1 << 14 },
      limits: { bytes: 8 << 20, units: 4000 }, ...(threads && { peers: new Peers(this.arena) }), ...options,
    });
    this.ram = this.arena.alloc(RAM_SIZE, 4096);
    this.rom = this.arena.alloc(ROM_SIZE, 4096);
    this.engine.physical.setSlots([
      { gpa: RAM, size: RAM_SIZE, arena: this.ram, readonly: false },
      { gpa: ROM, size: ROM_SIZE, arena: this.rom, readonly: true },
    ]);
    this.cpu = this.engine.createCpu(env => this.arch.createCpu(env, { platform: this.platform, mpidr: 0n, gicSystemRegisters: false, semihosting: false }));
    this.reset();
  }

  /** Another CPU of the same machine, with the same translation; at EL1h, interrupts on. */
  another(): EngineCpu<Arm64Cpu> {
    const cpu = this.engine.createCpu(env => this.arch.createCpu(env, { platform: this.platform, mpidr: 1n, gicSystemRegisters: false, semihosting: false }));
    for (const name of ['TTBR0_EL1', 'TCR_EL1', 'MAIR_EL1', 'SCTLR_EL1', 'CPACR_EL1', 'VBAR_EL1'] as const) cpu.guest.state[name] = this.state[name];
    cpu.guest.pstate = 5;
    cpu.guest.stateChanged();
    return cpu;
  }

  get state(): Arm64Cpu['state'] { return this.cpu.guest.state; }

  /** Flat: a gigabyte of device, one of RAM in blocks but for its first 2 MB, which are pages. */
  reset(): void {
    const [level1, level2, level3] = [TABLES, TABLES + 0x1000, TABLES + 0x2000];
    this.poke64(level1, BLOCK | AF | NGNRE);
    this.poke64(level1 + 8, BigInt(level2) | 3n);
    this.poke64(level2, BigInt(level3) | 3n);
    for (let n = 1; n < 512; n++) this.poke64(level2 + n * 8, BigInt(RAM + n * 0x20_0000) | BLOCK | AF | NORMAL);
    for (let n = 0; n < 512; n++) this.map(RAM + n * 4096, RAM + n * 4096 === HOLE ? 0n : BigInt(RAM + n * 4096) | PAGE_ATTRIBUTES);
    const { state } = this;
    state.TTBR0_EL1 = BigInt(level1);
    // 39 bits of address, 4 KB; TTBR1 off.
    state.TCR_EL1 = 25n | (1n << 23n) | (25n << 16n) | (2n << 32n);
    state.MAIR_EL1 = 0x04ffn;
    state.SCTLR_EL1 = 1n | (1n << 26n) | (1n << 23n);
    state.CPACR_EL1 = 3n << 20n;
    state.VBAR_EL1 = BigInt(VECTORS);
    this.cpu.guest.stateChanged();
  }

  /** Sets the descriptor of a page of the first 2 MB. */
  map(va: number, descriptor: bigint): void { this.poke64(TABLES + 0x2000 + ((va - RAM) >>> 12) * 8, descriptor); }

  // ---- memory
  private at(pa: number): number { return pa >= ROM && pa < ROM + ROM_SIZE ? this.rom + (pa - ROM) : this.ram + (pa - RAM); }
  peek64(pa: number): bigint { return this.arena.u64[this.at(pa) / 8]!; }
  poke64(pa: number, value: bigint): void { this.arena.u64[this.at(pa) / 8] = BigInt.asUintN(64, value); }
  bytes(pa: number, length: number): Uint8Array { return this.arena.u8.subarray(this.at(pa), this.at(pa) + length); }
  i32Index(pa: number): number { return this.at(pa) >>> 2; }

  /** Puts a program where it belongs, and PC at its start. */
  load(a: Assembler, enter = true): this {
    const words = a.words();
    this.arena.u32.set(words, this.at(a.base) >>> 2);
    if (a.base < ROM) this.cpu.memoryChanged(a.base, words.length * 4);
    if (enter) this.enter(a.base);
    return this;
  }

  /** EL1h, interrupts on. */
  enter(pc: number, daif = 0): this {
    this.state.pc = BigInt(pc);
    this.cpu.guest.pstate = daif | 5;
    return this;
  }

  /** EL0, interrupts on. */
  enterEL0(pc: number): this {
    this.state.pc = BigInt(pc);
    this.cpu.guest.pstate = 0;
    return this;
  }

  // ---- interrupts
  raise(): void {
    this.platform.up = IRQ;
    this.cpu.request(REQUEST_INTERRUPT);
  }
  lower(): void {
    this.platform.up = 0;
    this.cpu.request(REQUEST_INTERRUPT);
  }

  // ---- running
  /** Runs to a guest exit and gives its kind with its immediate, e.g. 'hvc 3'. */
  toExit(): string { return exitName(this.cpu.run()); }

  /** Runs n instructions; anything but the budget's end is an Error. */
  step(n: number): void {
    this.cpu.setBudget(n);
    const exit = this.cpu.run();
    if (exit.kind !== 'budget') throw new Error(`left with ${exitName(exit)} at 0x${this.state.pc.toString(16)}`);
  }

  /** Runs to a guest exit, devices answered by `device`. */
  withDevice(device: (access: Extract<CpuExit, { kind: 'mmio' }>) => bigint | typeof ABORTED): string {
    for (;;) {
      const exit = this.cpu.run();
      if (exit.kind !== 'mmio') return exitName(exit);
      const answer = device(exit);
      if (answer === ABORTED) this.cpu.abortMmio();
      else this.cpu.completeMmio(answer);
    }
  }

  x(n: number): bigint { return this.state.x[n]!; }
  setX(values: Readonly<Record<number, bigint | number>>): this {
    for (const [n, value] of Object.entries(values)) this.state.x[Number(n)] = BigInt.asUintN(64, BigInt(value));
    return this;
  }
  v(n: number): bigint { return this.state.v[2 * n]! | (this.state.v[2 * n + 1]! << 64n); }
}

export function exitName(exit: CpuExit): string {
  if (exit.kind === 'guest') return 'immediate' in exit.exit ? `${exit.exit.kind} ${String(exit.exit.immediate)}` : exit.exit.kind;
  if (exit.kind === 'mmio') return `mmio ${exit.write ? 'write' : 'read'} ${exit.bytes} at 0x${exit.pa.toString(16)}`;
  return exit.kind;
}

/** Kinds of exceptions from EL1 with its own stack, by vector offset. */
export const FROM_EL1 = { sync: 0x200, irq: 0x280 } as const;
export const FROM_EL0 = { sync: 0x400, irq: 0x480 } as const;

/** At each vector an HVC that says which one it was. */
export function reportingVectors(): Assembler {
  const a = new Assembler(VECTORS);
  for (let offset = 0; offset < 0x800; offset += 0x80) a.org(VECTORS + offset).hvc(0x1000 + offset);
  return a;
}
export const tookSync = `hvc ${0x1000 + FROM_EL1.sync}`;
export const tookIrq = `hvc ${0x1000 + FROM_EL1.irq}`;
