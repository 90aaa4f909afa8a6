/** The product's own tiers as engines: the cold tier alone, and units that are compiled before their first run. */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { dataAbort, EC, ExceptionEvent, FaultStatus } from '../../src/guest/aarch64/exception.ts';
import { Arm64Cpu, createAArch64 } from '../../src/guest/aarch64/index.ts';
import type { AccessKind, GuestEvent, GuestExit, Translation } from '../../src/isa/arch.ts';
import type { Decoder } from '../../src/isa/decode.ts';
import { defaultEngineOptions, Engine as Machine } from '../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../src/vcpu/loop.ts';
import { CODE, DATA, DATA_SIZE, type Engine, Incomparable, type Outcome, SEA, SEA_SIZE, type State } from './engine.ts';
import { dataArea } from './inputs.ts';
import { qemusMax } from './model.ts';
import { putRegisters, registersOf } from './registers.ts';
import { enterUserMode } from './user-mode.ts';

/** Instructions that a run may take. */
const BUDGET = 256;

interface StopExit extends GuestExit { readonly kind: 'stop'; readonly event: GuestEvent }

/** At EL0, with the two areas mapped where they lie; whatever it raises ends the run. */
class TestCpu extends Arm64Cpu {
  override translate(tagged: bigint, kind: AccessKind): Translation {
    const va = BigInt.asUintN(56, tagged);
    const mapped = (va >= SEA && va < SEA + BigInt(SEA_SIZE)) || (kind !== 'fetch' && va >= DATA && va < DATA + BigInt(DATA_SIZE));
    if (!mapped) throw dataAbort(va, FaultStatus.Translation, kind === 'write');
    if (kind === 'write' && va < DATA) throw new Incomparable('stores among the instructions');
    return { pa: Number(va), writable: va >= DATA, pageBits: 12, device: false };
  }
  override deliver(event: GuestEvent): StopExit { return { kind: 'stop', event }; }
}

export class Compiled implements Engine {
  readonly name: string;
  private readonly arena = new Arena(48 << 20);
  private readonly machine: Machine;
  private readonly cpu: EngineCpu<TestCpu>;
  private readonly sea: number;
  private readonly data: number;
  /** What stands at CODE. */
  private words = new Uint32Array();

  constructor(name: 'cold' | 'jit', decode: Decoder) {
    this.name = name;
    const model = qemusMax;
    const arch = { ...createAArch64(model), decoder: decode };
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
    this.cpu = this.machine.createCpu(env => new TestCpu(env, model, {
      platform: { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n },
      mpidr: 0n, gicSystemRegisters: false, semihosting: false,
    }));
  }

  run(words: Uint32Array, input: State): Outcome {
    const { guest } = this.cpu;
    const { state } = guest;
    this.putCode(words);
    this.arena.u8.set(dataArea, this.data);
    guest.reset();
    enterUserMode(state);
    state.pc = CODE;
    putRegisters(state, input);
    guest.stateChanged();
    this.cpu.setBudget(BUDGET);
    const exit = this.cpu.run();
    if (exit.kind === 'budget') throw new Incomparable('goes round for ever');
    if (exit.kind !== 'guest' || exit.exit.kind !== 'stop') throw new Error(`unexpected exit ${exit.kind}`);
    return this.outcome((exit.exit as StopExit).event, CODE + BigInt(words.length * 4));
  }

  /** The same words again keep what was translated of them. */
  private putCode(words: Uint32Array): void {
    if (words.length === this.words.length && words.every((word, i) => word === this.words[i])) return;
    const code = this.sea + Number(CODE - SEA);
    this.machine.cache.written(code, words.length * 4 + 4);
    this.arena.u32.fill(0, this.sea >>> 2, (this.sea + SEA_SIZE) >>> 2);
    this.arena.u32.set(words, code >>> 2);
    this.words = words.slice();
  }

  private outcome(event: GuestEvent, end: bigint): Outcome {
    const { state } = this.cpu.guest;
    const left = state.pc < CODE || state.pc >= end || (state.pc & 3n) !== 0n;
    return {
      ...registersOf(state),
      pc: state.pc,
      stop: left ? 'left' : stopOf(event),
      memory: this.changes(),
    };
  }

  private changes(): Map<number, bigint> {
    const now = this.arena.u8.subarray(this.data, this.data + DATA_SIZE);
    const found = new Map<number, bigint>();
    if (Buffer.compare(now, dataArea) === 0) return found;
    const before = new BigUint64Array(dataArea.buffer);
    for (let i = 0; i < DATA_SIZE / 8; i += 2) {
      const [low, high] = [this.arena.u64[this.data / 8 + i]!, this.arena.u64[this.data / 8 + i + 1]!];
      if (low !== before[i] || high !== before[i + 1]) found.set(i * 8, low | (high << 64n));
    }
    return found;
  }
}

function stopOf(event: GuestEvent): Outcome['stop'] {
  if (!(event instanceof ExceptionEvent)) return 'other';
  if (event.ec === EC.DataAbort) return 'memory';
  return event.ec === EC.Unknown || event.ec === EC.SystemRegister || event.ec === EC.WFx ? 'undefined' : 'other';
}
