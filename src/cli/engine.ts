/** The engine of a machine with its AArch64 guest: what the KVM layer's `createCpu` asks for, and its counters. */
import { cpuModels, createAArch64, type AArch64, type Arm64Cpu, type CpuModelName } from '../guest/aarch64/index.ts';
import type { CpuSpec } from '../kvm/index.ts';
import { defaultEngineOptions, Engine } from '../vcpu/engine.ts';
import type { EngineCpu } from '../vcpu/loop.ts';
import type { Counters } from './stats.ts';

export interface EngineChoice {
  readonly cpu: CpuModelName;
  readonly gicVersion: 2 | 3;
  readonly semihosting: boolean;
}

/** One engine for all CPUs of one machine, made with the first. */
export class MachineEngine {
  private readonly choice: EngineChoice;
  private readonly arch: AArch64;
  private engine: Engine | undefined;

  constructor(choice: EngineChoice) {
    this.choice = choice;
    this.arch = createAArch64(cpuModels[choice.cpu]);
  }

  createCpu({ arena, memory, platform, mpidr, log }: CpuSpec): EngineCpu<Arm64Cpu> {
    const { choice: { gicVersion, semihosting }, arch } = this;
    this.engine ??= new Engine(arena, arch, { ...defaultEngineOptions, log, now: () => performance.now(), physical: memory });
    return this.engine.createCpu(env => arch.createCpu(env, { platform, mpidr, semihosting, gicSystemRegisters: gicVersion === 3 }));
  }

  /** Counters since the start. */
  counters(): Counters {
    const { engine } = this;
    if (!engine) return {};
    const { compiler, cache, space, cold } = engine;
    const exits = engine.cpus.flatMap(cpu => Object.entries(cpu.exits)).map(([kind, count]): [string, number] => [`exits: ${kind}`, count]);
    return {
      'units compiled': compiler.units,
      'instructions compiled': compiler.instructions,
      'compile milliseconds': compiler.time,
      'units held': cache.units.size,
      links: cache.cellCount,
      evictions: cache.evictions,
      invalidations: cache.invalidations,
      'cold blocks held': cache.blocks.size,
      'cold handlers': cold.size,
      modules: space.modules,
      'module bytes': space.bytes,
      ...Object.fromEntries(exits),
      'helper calls': engine.helperCalls,
    };
  }
}
