/** The product's own tiers as engines for PowerPC: the cold tier alone, and units that are compiled before their first run. */
import { Arena } from '../../../src/base/arena.ts';
import { silentLog } from '../../../src/base/log.ts';
import { createPowerPc, models, type PowerPcCpu } from '../../../src/guest/powerpc/index.ts';
import type { PowerPcExit } from '../../../src/guest/powerpc/interrupt.ts';
import type { AccessKind } from '../../../src/isa/arch.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { defaultEngineOptions, Engine as Machine } from '../../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../../src/vcpu/loop.ts';
import { CODE, DATA, DATA_SIZE, type Engine, Incomparable, type Outcome, SEA, SEA_SIZE, type State, type VariantName, variants } from './engine.ts';
import { dataAreaOf } from './inputs.ts';
import { putRegisters, registersOf } from './registers.ts';
import { stopOfInterrupt } from './stops.ts';

/** Instructions that a run may take. */
const BUDGET = 256;

/** The two areas, mapped where they lie. */
function map(va: bigint, kind: AccessKind): { pa: number; writable: boolean } | undefined {
  const mapped = (va >= SEA && va < SEA + BigInt(SEA_SIZE)) || (kind !== 'fetch' && va >= DATA && va < DATA + BigInt(DATA_SIZE));
  if (!mapped) return undefined;
  if (kind === 'write' && va < DATA) throw new Incomparable('stores among the instructions');
  return { pa: Number(va), writable: va >= DATA };
}

export class Compiled implements Engine {
  readonly name: string;
  readonly variant: VariantName;
  private readonly arena = new Arena(48 << 20);
  private readonly machine: Machine;
  private readonly cpu: EngineCpu<PowerPcCpu>;
  private readonly sea: number;
  private readonly data: number;
  private readonly pristine: Uint8Array;

  constructor(name: 'cold' | 'jit', variant: VariantName, decode?: Decoder) {
    this.name = name;
    this.variant = variant;
    this.pristine = dataAreaOf(variant);
    const { model, bigEndian } = variants[variant];
    const made = createPowerPc(models[model]);
    const arch = decode ? { ...made, decoder: decode } : made;
    this.machine = new Machine(this.arena, arch, {
      ...defaultEngineOptions, log: silentLog, now: () => 0, threshold: name === 'jit' ? 1 : 0,
      compiler: { batch: 1, instructions: 96 }, sizes: { slots: 1 << 16, records: 4 << 20, cells: 1 << 14 }, limits: { bytes: 8 << 20, units: 4000 },
    });
    this.sea = this.arena.alloc(SEA_SIZE, 4096);
    this.data = this.arena.alloc(DATA_SIZE, 4096);
    this.machine.physical.setSlots([
      { gpa: Number(SEA), size: SEA_SIZE, arena: this.sea, readonly: false },
      { gpa: Number(DATA), size: DATA_SIZE, arena: this.data, readonly: false },
    ]);
    this.cpu = this.machine.createCpu(env => arch.createCpu(env, { bigEndian, map, timeBase: () => 0n, random: () => 0n }));
  }

  run(words: Uint32Array, input: State): Outcome {
    const { state } = this.cpu.guest;
    const { bigEndian } = variants[this.variant];
    const code = this.sea + Number(CODE - SEA);
    this.machine.cache.written(code, words.length * 4 + 4);
    this.arena.u32.fill(0, this.sea >>> 2, (this.sea + SEA_SIZE) >>> 2);
    const view = new DataView(this.arena.memory.buffer);
    words.forEach((word, i) => { view.setUint32(code + i * 4, word, !bigEndian); });
    this.arena.u8.set(this.pristine, this.data);
    this.cpu.guest.reset();
    state.pc = CODE;
    putRegisters(state, input);
    this.cpu.guest.stateChanged();
    this.cpu.setBudget(BUDGET);
    const exit = this.cpu.run();
    if (exit.kind === 'budget') throw new Incomparable('goes round for ever');
    if (exit.kind !== 'guest') throw new Error(`unexpected exit ${exit.kind}`);
    return this.outcome(exit.exit as PowerPcExit, CODE + BigInt(words.length * 4));
  }

  private outcome(interrupt: PowerPcExit, end: bigint): Outcome {
    const { bits } = variants[this.variant];
    const { state } = this.cpu.guest;
    const left = state.pc < CODE || state.pc >= end;
    return {
      ...registersOf(state, bits),
      pc: state.pc,
      stop: left ? 'left' : stopOfInterrupt(interrupt),
      memory: this.changes(),
    };
  }

  private changes(): Map<number, bigint> {
    const now = this.arena.u8.subarray(this.data, this.data + DATA_SIZE);
    const found = new Map<number, bigint>();
    if (Buffer.compare(now, this.pristine) === 0) return found;
    for (let at = 0; at < DATA_SIZE; at += 16) {
      if (Buffer.compare(now.subarray(at, at + 16), this.pristine.subarray(at, at + 16)) === 0) continue;
      const i = (this.data + at) / 8;
      found.set(at, this.arena.u64[i]! | (this.arena.u64[i + 1]! << 64n));
    }
    return found;
  }
}
