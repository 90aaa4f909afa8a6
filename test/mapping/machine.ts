/** The engine with RAM, a page of ROM at 0 and one CPU that comes out of reset, for the programs here. */
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { cpuModels, createAArch64 } from '../../src/guest/aarch64/index.ts';
import type { Arm64Cpu } from '../../src/guest/aarch64/cpu.ts';
import type { Arm64Platform } from '../../src/guest/aarch64/platform.ts';
import type { CpuExit } from '../../src/vcpu/cpu.ts';
import { defaultEngineOptions, Engine } from '../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../src/vcpu/loop.ts';
import { exitName, type Tier, tiers as threeTiers } from '../vcpu/rig.ts';
import { hex, IMAGE_SIZE, normalized, type Program, RAM, RAM_SIZE, RESULTS } from './program.ts';

const ROM_SIZE = 0x1000;
const platform: Arm64Platform = { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n };
const arch = createAArch64(cpuModels.max);

export interface Way extends Tier { readonly budget?: number }
/** The three tiers, the engine's own settings, and a run in slices of a few instructions. */
export const ways: readonly (readonly [name: string, way: Way])[] = [
  ...threeTiers,
  ['default', { threshold: defaultEngineOptions.threshold, compiler: defaultEngineOptions.compiler }],
  ['counted', { threshold: 2, compiler: { batch: 1, instructions: 96 }, budget: 13 }],
];

export class Machine {
  readonly arena = new Arena(16 << 20);
  readonly engine: Engine;
  readonly cpu: EngineCpu<Arm64Cpu>;
  /** Arena address of guest-physical RAM. */
  readonly ram = this.arena.alloc(RAM_SIZE, 4096);
  readonly rom = this.arena.alloc(ROM_SIZE, 4096);
  /** Answers of whatever stands where no memory is; undefined aborts. */
  device: (exit: Extract<CpuExit, { kind: 'mmio' }>) => bigint | undefined = () => undefined;
  /** Of HVC with another number than 1, which ends a program. */
  hvc: (immediate: number) => void = n => { throw new Error(`hvc ${n}`); };
  private readonly budget: number;

  constructor({ budget = 0, ...tier }: Way) {
    this.budget = budget;
    this.engine = new Engine(this.arena, arch, {
      ...defaultEngineOptions, log: silentLog, now: () => 0, sizes: { slots: 1 << 13, records: 4 << 20, cells: 1 << 14 },
      limits: { bytes: 8 << 20, units: 4000 }, ...tier,
    });
    this.engine.physical.setSlots([
      { gpa: 0, size: ROM_SIZE, arena: this.rom, readonly: true },
      { gpa: RAM, size: RAM_SIZE, arena: this.ram, readonly: false },
    ]);
    this.cpu = this.engine.createCpu(env => arch.createCpu(env, { platform, mpidr: 0n, gicSystemRegisters: false, semihosting: false }));
  }

  load(program: Program): this {
    this.arena.u8.set(program.image, this.ram + program.entry - RAM);
    this.cpu.memoryChanged(program.entry, IMAGE_SIZE);
    this.cpu.guest.reset();
    this.cpu.guest.state.pc = BigInt(program.entry);
    return this;
  }

  /** Runs until HVC 1. */
  run(): this {
    for (let exits = 0; exits < 100_000; exits++) {
      if (this.budget) this.cpu.setBudget(this.budget);
      const exit = this.cpu.run();
      if (exit.kind === 'budget') continue;
      if (exit.kind === 'mmio') {
        const answer = this.device(exit);
        if (answer === undefined) this.cpu.abortMmio(); else this.cpu.completeMmio(answer);
        continue;
      }
      const name = exitName(exit);
      if (name === 'hvc 1') return this;
      if (!name.startsWith('hvc ')) throw new Error(`${name} at 0x${this.cpu.guest.state.pc.toString(16)}`);
      this.hvc(Number(name.slice(4)));
    }
    throw new Error(`the program doesn't end: PC 0x${this.cpu.guest.state.pc.toString(16)}`);
  }

  peek64(pa: number): bigint { return this.arena.u64[(this.ram + pa - RAM) / 8]!; }
  poke64(pa: number, value: bigint): void { this.arena.u64[(this.ram + pa - RAM) / 8] = value; }

  /** What the program noted. */
  results(): bigint[] {
    const count = (Number(this.cpu.guest.state.x[28]) - RESULTS) / 8;
    return Array.from({ length: count }, (_, n) => this.peek64(RESULTS + n * 8));
  }
}

interface Among {
  readonly ways?: typeof ways;
  /** Done once to the machine that runs them all. */
  readonly prepare?: (machine: Machine) => void;
}

/** Runs programs of this folder in every way, or these, one machine for all of them. */
export function runEverywhere(programs: readonly Program[], { ways: among = ways, prepare = () => {} }: Among = {}): void {
  describe.each(among)('%s', (_name, way) => {
    let machine: Machine | undefined;
    test.each(programs.map(p => [p.name, p] as const))('%s', (_program, program) => {
      if (!machine) prepare((machine = new Machine(way)));
      expect(hex(normalized(program, machine.load(program).run().results()))).toEqual(hex(program.expected));
    });
  });
}
/** Where every way costs too much: the cold tier and the compiler. */
export const twoWays = ways.slice(0, 2);
