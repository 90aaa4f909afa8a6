/** What the CPUs of one machine share in one thread: physical memory, the code space and cache, both tiers. */
import type { Arena } from '../base/arena.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { GuestEvent, type CpuEnv, type GuestArch, type GuestCpu } from '../isa/arch.ts';
import { CodeCache, defaultLimits, type CacheLimits } from '../jit/code-cache.ts';
import { codeKey, variant } from '../jit/key-map.ts';
import { CodeSpace, defaultSizes, type CodeSpaceSizes, type Imports } from '../jit/code-space.ts';
import { ColdTier, defaultColdOptions, type ColdOptions } from '../jit/cold.ts';
import { Compiler, defaultCompilerOptions, type CompilerOptions } from '../jit/compiler.ts';
import { Chaos } from './chaos.ts';
import { EngineCpu } from './loop.ts';
import { Indivisible } from './indivisible.ts';
import type { Peers } from './peers.ts';
import { PhysicalMemory } from './physical.ts';

export interface EngineOptions {
  readonly log: Log;
  /** Milliseconds, for statistics only. */
  readonly now: () => number;
  /** Times that a cold block is run before it is compiled; 0: never. */
  readonly threshold: number;
  readonly compiler: CompilerOptions;
  readonly cold: ColdOptions;
  readonly limits: CacheLimits;
  readonly sizes: CodeSpaceSizes;
  /** The machine's memory; without it the engine has one of its own. */
  readonly physical?: PhysicalMemory;
  /** The machine's CPUs, where they run on several threads; one thread has one engine and one CPU then. */
  readonly peers?: Peers;
  /** For development: thresholds, lengths, evictions and invalidations at random (see chaos.ts). */
  readonly chaos?: Random;
}

export const defaultEngineOptions: Omit<EngineOptions, 'log' | 'now' | 'physical' | 'peers' | 'chaos'> = {
  threshold: 3000, compiler: defaultCompilerOptions, cold: defaultColdOptions, limits: defaultLimits, sizes: defaultSizes,
};

export class Engine {
  readonly arena: Arena;
  readonly arch: GuestArch;
  readonly log: Log;
  readonly physical: PhysicalMemory;
  readonly peers: Peers | undefined;
  readonly memory: Indivisible;
  readonly space: CodeSpace;
  readonly cache: CodeCache;
  readonly cold: ColdTier;
  readonly compiler: Compiler;
  readonly cpus: EngineCpu[] = [];
  /** Runs a CPU from its PC until generated code returns. */
  readonly enter: (cpu: number) => number;
  /** The CPU whose code runs: imports are its. */
  running: EngineCpu | undefined;
  /** How often each helper was called, by its number, and how often its quick form did not do. */
  private readonly calls: number[] = [];
  private readonly slowCalls: number[] = [];
  private readonly options: EngineOptions;

  constructor(arena: Arena, arch: GuestArch, given: EngineOptions) {
    const chaos = given.chaos && new Chaos(given.chaos);
    const options = chaos?.options(given) ?? given;
    this.arena = arena;
    this.arch = arch;
    this.log = options.log;
    this.options = options;
    this.physical = options.physical ?? new PhysicalMemory();
    this.peers = options.peers;
    this.memory = options.peers?.memory ?? new Indivisible(arena);
    const imports: Imports = {
      load: (_cpu, lo, hi, d) => this.running!.load(lo, hi, d),
      store: (_cpu, lo, hi, d) => this.running!.store(lo, hi, d),
      atomic: (_cpu, lo, hi, d) => this.running!.atomic(lo, hi, d),
      helper: (_cpu, id) => this.running!.helper(id),
    };
    this.space = new CodeSpace(arena, arch, chaos?.imports(() => this, imports) ?? imports, options.sizes, this.peers !== undefined);
    this.enter = chaos?.enter(() => this, this.space.enter) ?? this.space.enter;
    this.cache = new CodeCache(arena, this.space, {
      codeInPage: page => {
        chaos?.codeInPage(page);
        for (const cpu of this.cpus) cpu.protectPage(page);
      },
      forgetJumps: () => { for (const cpu of this.cpus) cpu.jumps.forget(); },
      forgetJumpsTo: offset => { for (const cpu of this.cpus) cpu.jumps.forgetOffset(offset); },
    }, options.limits);
    this.cold = new ColdTier(arena, arch, this.space, options.cold);
    this.compiler = new Compiler(arch, this.space, this.cache, options.now, options.compiler);
  }

  createCpu<G extends GuestCpu>(createGuest: (env: CpuEnv) => G): EngineCpu<G> {
    const cpu = new EngineCpu<G>(this, createGuest);
    this.cpus.push(cpu as unknown as EngineCpu);
    return cpu;
  }

  /** Arena address of the cold block at a place, which is predecoded when there is none. */
  coldBlock(page: number, offset: number, mode: number, counted: boolean): number {
    const key = codeKey(page, offset, variant(mode, counted));
    const known = this.cache.blocks.get(key);
    if (known) return known.address;
    this.peers?.own(page);
    // A heat that starts at 0 has wrapped round before it is 0 again: never hot.
    const made = this.cold.predecode(page, offset, mode, this.options.threshold, counted);
    if (!made) {
      this.cache.dropBlocks();
      return this.coldBlock(page, offset, mode, counted);
    }
    this.cache.addBlock({ key, page, offset, end: made.end, address: made.block });
    return made.block;
  }

  /** A cold block was run often enough. */
  hot(page: number, offset: number, mode: number, counted: boolean): void {
    const key = codeKey(page, offset, variant(mode, counted));
    if (!this.cache.units.has(key)) this.compiler.request(page, offset, mode, counted);
    const block = this.cache.blocks.get(key);
    if (!block) return;
    // Compiled: the block goes, so that every way to it ends in a lookup. Waiting: it comes back after another while.
    if (this.cache.units.has(key)) this.cache.retire(block);
    else this.arena.u32[block.address >>> 2] = this.options.threshold;
  }

  /** Calls of helpers: all; of those that are counted apart all, and those that the quick form did not do for. */
  helperCalls(): Record<string, number> {
    const found: Record<string, number> = { 'helper calls': 0 };
    const count = (name: string, n = 0): void => { found[name] = (found[name] ?? 0) + n; };
    this.space.helpers.list.forEach(({ counted }, id) => {
      count('helper calls', this.calls[id]);
      if (counted === undefined) return;
      count(`${counted} in helpers`, this.calls[id]);
      count(`${counted} in software`, this.slowCalls[id]);
    });
    return found;
  }

  /** The event of a helper that returned one. */
  callHelper(guest: GuestCpu, base: number, id: number): GuestEvent | undefined {
    this.calls[id] = (this.calls[id] ?? 0) + 1;
    const helper = this.space.helpers.list[id]!;
    const { offsets } = this.space;
    if (helper.quick?.(guest as never, this.arena, base + offsets.arg, base + offsets.result)) return undefined;
    this.slowCalls[id] = (this.slowCalls[id] ?? 0) + 1;
    const { u64, u32 } = this.arena;
    const arg = (base + offsets.arg) / 8;
    const args = helper.args.map((type, i) => {
      const at = arg + 2 * i;
      if (type === 'i32') return BigInt(u32[at * 2]!);
      return type === 'i64' ? u64[at]! : u64[at]! | (u64[at + 1]! << 64n);
    });
    const value = helper.run(guest as never, ...args);
    if (helper.result === 'void') return value instanceof GuestEvent ? value : undefined;
    const bits = BigInt(value as bigint | number);
    const result = (base + offsets.result) / 8;
    u64[result] = BigInt.asUintN(64, bits);
    if (helper.result === 'v128') u64[result + 1] = BigInt.asUintN(64, bits >> 64n);
    return undefined;
  }
}

