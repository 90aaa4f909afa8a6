/**
 * One AArch64 CPU with the rig's memory, on the reference evaluator or on a tier of the engine: what one instruction does to it,
 * so that a test can ask all of them the same.
 */
import { type Arm64Cpu, type CpuModel, cpuModels } from '../../src/guest/aarch64/index.ts';
import { Machine } from '../guest/aarch64/machine.ts';
import { Assembler } from './assembler.ts';
import { CODE, HOLE, PAGE_ATTRIBUTES, Rig, reportingVectors, tiers, VECTORS } from './rig.ts';

export interface Subject {
  readonly cpu: Arm64Cpu;
  poke64(pa: number, value: bigint): void;
  peek64(pa: number): bigint;
  /** Sets the descriptor of a page of the first 2 MB of RAM. */
  map(va: number, descriptor: bigint): void;
  /** Runs one word at CODE with PSTATE as given: what ESR_EL1 and FAR_EL1 say of its exception, undefined where it raised none. */
  run(word: number, pstate?: number): { readonly esr: number; readonly far: bigint } | undefined;
}

const EL1h = 5;
const taken = (cpu: Arm64Cpu): { esr: number; far: bigint } => ({ esr: Number(cpu.state.ESR_EL1), far: cpu.state.FAR_EL1 });

class OnTier implements Subject {
  private readonly rig: Rig;

  constructor(tier: (typeof tiers)[number][1], model: CpuModel) {
    this.rig = new Rig({ ...tier, model });
    this.rig.load(reportingVectors(), false);
  }
  get cpu(): Arm64Cpu { return this.rig.cpu.guest; }
  poke64(pa: number, value: bigint): void { this.rig.poke64(pa, value); }
  peek64(pa: number): bigint { return this.rig.peek64(pa); }
  map(va: number, descriptor: bigint): void {
    this.rig.map(va, descriptor);
    this.rig.cpu.flushTlb();
  }
  run(word: number, pstate = EL1h): { esr: number; far: bigint } | undefined {
    const { rig } = this;
    // At EL0 the HVC behind it is an exception, too.
    rig.load(new Assembler(CODE).raw(word).hvc(1), false);
    rig.state.pc = BigInt(CODE);
    rig.cpu.guest.pstate = pstate;
    const exit = rig.toExit();
    return exit === 'hvc 1' || rig.state.ELR_EL1 === BigInt(CODE + 4) ? undefined : taken(this.cpu);
  }
}

/** The rig's tables, in the machine's RAM. */
const TABLES = 0x4008_0000;

class OnReference implements Subject {
  private readonly machine: Machine;

  constructor(model: CpuModel) {
    this.machine = new Machine(model);
    const rig = new Rig({ ...tiers[0]![1], model });
    for (let at = TABLES; at < TABLES + 0x3000; at += 8) this.machine.poke64(at, rig.peek64(at));
    const { state } = this.machine;
    for (const name of ['TTBR0_EL1', 'TCR_EL1', 'MAIR_EL1', 'SCTLR_EL1', 'CPACR_EL1'] as const) state[name] = rig.state[name];
    state.VBAR_EL1 = BigInt(VECTORS);
    this.cpu.stateChanged();
  }
  get cpu(): Arm64Cpu { return this.machine.cpu; }
  poke64(pa: number, value: bigint): void { this.machine.poke64(pa, value); }
  peek64(pa: number): bigint { return this.machine.peek(pa, 8); }
  map(va: number, descriptor: bigint): void { this.machine.poke64(TABLES + 0x2000 + ((va - CODE) >>> 12) * 8, descriptor); }
  run(word: number, pstate = EL1h): { esr: number; far: bigint } | undefined {
    this.cpu.pstate = pstate;
    this.machine.run(word);
    return this.cpu.state.pc === BigInt(CODE + 4) ? undefined : taken(this.cpu);
  }
}

export const subjects: readonly (readonly [name: string, make: (model?: CpuModel) => Subject])[] = [
  ['reference', (model = cpuModels.max) => new OnReference(model)],
  ...tiers.map(([name, tier]) => [name, (model: CpuModel = cpuModels.max) => new OnTier(tier, model)] as const),
];

/** The page of HOLE, there. */
export const present = (pa: number, attributes = PAGE_ATTRIBUTES): bigint => BigInt(pa) | attributes;
export { HOLE };
