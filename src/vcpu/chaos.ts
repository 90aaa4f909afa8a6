/**
 * Chaos, for development: the engine does at random what it otherwise does rarely. Units and blocks of any length, compiled
 * at any time and in any company; code dropped, caches emptied and requests raised without a reason. A guest must see none
 * of it. The numbers come from a seeded generator.
 */
import type { Random } from '../base/random.ts';
import { PAGE } from '../jit/abi.ts';
import type { Imports } from '../jit/code-space.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { REQUEST_INTERNAL, REQUEST_INTERRUPT, REQUEST_KICK } from './cpu.ts';

/** One in so many entries into generated code is preceded by something that is done only where none runs. */
const ENTRIES = 5000;
/** One in so many imports comes with something that other CPUs and devices may do while code runs. */
const CALLS = 1000;
const CHUNK = 64;

export class Chaos {
  private readonly random: Random;
  /** Pages that have or had code. */
  private readonly pages: number[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  /** The same options with numbers that are drawn anew each time that they are read. */
  options(given: EngineOptions): EngineOptions {
    const { random } = this;
    const few = (): number => 1 + random.below(random.chance(0.5) ? 4 : 60);
    return {
      ...given,
      get threshold() { return given.threshold === 0 ? 0 : few(); },
      compiler: {
        get batch() { return 1 + random.below(given.compiler.batch); },
        get instructions() { return Math.min(few(), given.compiler.instructions); },
      },
      cold: { get records() { return Math.min(few(), given.cold.records); } },
      limits: {
        get bytes() { return random.chance(0.01) ? 0 : given.limits.bytes; },
        units: given.limits.units,
      },
    };
  }

  imports(engine: () => Engine, given: Imports): Imports {
    const disturbed = <A extends number[]>(call: (...args: A) => number) => (...args: A): number => {
      if (this.random.below(CALLS) === 0) this.whileRunning(engine());
      return call(...args);
    };
    return { load: disturbed(given.load), store: disturbed(given.store), atomic: disturbed(given.atomic), helper: disturbed(given.helper) };
  }

  enter(engine: () => Engine, given: (cpu: number) => number): (cpu: number) => number {
    return cpu => {
      if (this.random.below(ENTRIES) === 0) this.between(engine());
      return given(cpu);
    };
  }

  codeInPage(page: number): void { this.pages.push(page); }

  private between(engine: Engine): void {
    const { random } = this;
    const { cache, compiler, cpus } = engine;
    switch (random.below(16)) {
      case 0: cache.clear(); break;
      case 1: cache.dropBlocks(); break;
      case 2: case 3: cache.evict(); break;
      case 4: case 5: for (const cpu of cpus) cpu.flushTlb(); break;
      case 6: case 7: for (const cpu of cpus) cpu.jumps.forget(); break;
      case 8: case 9: compiler.compile(); break;
      default: this.whileRunning(engine);
    }
  }

  private whileRunning(engine: Engine): void {
    const { random } = this;
    if (random.chance(0.5)) this.invalidate(engine);
    for (const cpu of engine.cpus) cpu.request(random.pick([REQUEST_INTERNAL, REQUEST_INTERNAL, REQUEST_INTERRUPT, REQUEST_KICK]));
  }

  /** As if a page's code, or some bytes of it, had been written over with the same. */
  private invalidate({ cache }: Engine): void {
    const { random, pages } = this;
    if (pages.length === 0) return;
    const i = random.below(pages.length);
    const page = pages[i]!;
    if (!cache.codeIn(page)) {
      pages[i] = pages.at(-1)!;
      pages.pop();
    } else if (random.chance(0.25)) {
      cache.written(page, PAGE);
    } else {
      cache.written(page + random.below(PAGE / CHUNK) * CHUNK, CHUNK);
    }
  }
}
