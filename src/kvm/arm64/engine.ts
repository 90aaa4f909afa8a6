/** The translating engine as the CPUs of one VM: what `createArm64` takes as `createCpu`, and its counters. */
import type { Arena } from '../../base/arena.ts';
import type { Clock } from '../../base/clock.ts';
import { Random } from '../../base/random.ts';
import { cpuModel, createAArch64, type AArch64, type Arm64Cpu, type CpuModel, type CpuModelName, type CpuProperties } from '../../guest/aarch64/index.ts';
import { defaultEngineOptions, Engine } from '../../vcpu/engine.ts';
import type { CpuEnv } from '../../isa/arch.ts';
import type { Cpu } from '../../vcpu/cpu.ts';
import { Peers } from '../../vcpu/peers.ts';
import { RemoteCpu } from '../../vcpu/remote.ts';
import type { CpuSpec } from './guest.ts';

export interface EngineChoice {
  readonly cpu: CpuModelName;
  /** Features of it that are on or off other than in the model, by `cpuProperties`' names. */
  readonly cpuProperties?: CpuProperties | undefined;
  readonly gicVersion: 2 | 3;
  /** HLT 0xF000 leaves with KVM_EXIT_TESSERA_SEMIHOSTING, at EL1 or everywhere; else it is UNDEFINED. */
  readonly semihosting: boolean | 'userspace';
  /** For statistics only. */
  readonly clock: Clock;
  /** For development: the engine's chaos, from this seed. */
  readonly chaos?: number | undefined;
  /** Times that code is run cold before it is compiled; 0: always. */
  readonly threshold?: number | undefined;
}

/** Numbers by what they count, in the order in which they are shown. */
export type Counters = Readonly<Record<string, number>>;

/** One engine for all CPUs of each VM, made with the first. */
export class VmEngine {
  readonly model: CpuModel;
  private readonly choice: EngineChoice;
  /** By the arena, which is a VM's own. */
  private readonly engines = new WeakMap<Arena, Engine>();
  private readonly peers = new WeakMap<Arena, Peers>();
  private readonly arch: AArch64;
  /** Of the VM that was first to have a CPU. */
  private engine: Engine | undefined;

  /** Throws a TesseraError where the properties can't be. */
  constructor(choice: EngineChoice) {
    this.choice = choice;
    this.model = cpuModel(choice.cpu, choice.cpuProperties);
    this.arch = createAArch64(this.model);
  }

  createCpu(spec: CpuSpec): Cpu<Arm64Cpu> {
    const { arch, choice: { gicVersion, semihosting } } = this;
    const { arena, memory: physical, log, platform, mpidr, here } = spec;
    const peers = here === undefined ? undefined : this.peersOf(arena);
    const createGuest = (env: CpuEnv): Arm64Cpu => arch.createCpu(env, { platform, mpidr, semihosting, gicSystemRegisters: gicVersion === 3 });
    if (peers && !here) return new RemoteCpu({ arena, arch, peers, physical, log }, createGuest);
    return this.engineOf(spec, peers).createCpu(createGuest);
  }

  private peersOf(arena: Arena): Peers {
    let peers = this.peers.get(arena);
    if (!peers) this.peers.set(arena, (peers = new Peers(arena)));
    return peers;
  }

  private engineOf({ arena, memory, log }: CpuSpec, peers: Peers | undefined): Engine {
    const known = this.engines.get(arena);
    if (known) return known;
    const { clock, chaos, threshold } = this.choice;
    const now = (): number => Number(clock.now()) / 1e6;
    const engine = new Engine(arena, this.arch, {
      ...defaultEngineOptions, log, now, physical: memory,
      ...(peers && { peers }),
      ...(threshold !== undefined && { threshold }), ...(chaos !== undefined && { chaos: new Random(chaos) }),
    });
    this.engine ??= engine;
    this.engines.set(arena, engine);
    return engine;
  }

  /** Of the first VM, since its start. */
  counters(): Counters {
    const { engine } = this;
    if (!engine) return {};
    const { compiler, cache, space, cold } = engine;
    const exits: Record<string, number> = {};
    for (const cpu of engine.cpus) {
      for (const [kind, count] of Object.entries(cpu.exits)) exits[`exits: ${kind}`] = (exits[`exits: ${kind}`] ?? 0) + count;
    }
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
      ...exits,
      ...engine.helperCalls(),
    };
  }
}
