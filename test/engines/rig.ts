/** A CPU at EL0 in the product's own tiers, with the two areas mapped where they lie; whatever it raises ends a run. */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { dataAbort, EC, ExceptionEvent, FaultStatus } from '../../src/guest/aarch64/exception.ts';
import { type AArch64, Arm64Cpu, type CpuModel } from '../../src/guest/aarch64/index.ts';
import type { CpuState } from '../../src/guest/aarch64/state.ts';
import type { AccessKind, GuestEvent, GuestExit, Translation } from '../../src/isa/arch.ts';
import { defaultEngineOptions, Engine as Machine } from '../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../src/vcpu/loop.ts';
import { DATA, DATA_SIZE, Incomparable, type Outcome, SEA, SEA_SIZE } from './engine.ts';
import { dataArea } from './inputs.ts';
import { enterUserMode } from './user-mode.ts';

/** Instructions that a run may take. */
const BUDGET = 256;

interface StopExit extends GuestExit { readonly kind: 'stop'; readonly event: GuestEvent }

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

export class Rig {
  readonly state: CpuState;
  /** Written only by `code` of `run`. */
  private readonly sea: number;
  private readonly data: number;
  private readonly arena = new Arena(48 << 20);
  private readonly machine: Machine;
  private readonly cpu: EngineCpu<TestCpu>;

  /** `jit`: units are compiled before their first run; else all is run by the cold tier. */
  constructor(tier: 'cold' | 'jit', arch: AArch64, model: CpuModel) {
    this.machine = new Machine(this.arena, arch, {
      ...defaultEngineOptions, log: silentLog, now: () => 0, threshold: tier === 'jit' ? 1 : 0,
      compiler: { batch: 1, instructions: 96 }, sizes: { slots: 1 << 12, records: 4 << 20, cells: 1 << 14 }, limits: { bytes: 8 << 20, units: 4000 },
    });
    this.sea = this.arena.alloc(SEA_SIZE, 4096);
    this.data = this.arena.alloc(DATA_SIZE, 4096);
    this.machine.physical.setSlots([
      { gpa: Number(SEA), size: SEA_SIZE, arena: this.sea, readonly: false },
      { gpa: Number(DATA), size: DATA_SIZE, arena: this.data, readonly: false },
    ]);
    // The mapping never changes, so that no reset need forget it.
    this.cpu = this.machine.createCpu(env => new TestCpu({ ...env, flushTlb() {} }, model, {
      platform: { readSystem: () => undefined, writeSystem: () => false, lines: () => 0, random: () => 0n },
      mpidr: 0n, gicSystemRegisters: false, semihosting: false,
    }));
    this.state = this.cpu.guest.state;
  }

  /** Forgets what was translated of the first `bytes` of code at `offset` in the sea, and has the sea written anew. */
  putCode(offset: number, bytes: number, write: (sea: Uint8Array) => void): void {
    this.machine.cache.written(this.sea + offset, bytes);
    write(this.arena.u8.subarray(this.sea, this.sea + SEA_SIZE));
  }

  /** Runs from the PC that `prepare` sets, after a reset at EL0. */
  run(prepare: (state: CpuState) => void): GuestEvent {
    const { guest } = this.cpu;
    this.arena.u8.set(dataArea, this.data);
    guest.reset();
    enterUserMode(guest.state);
    prepare(guest.state);
    guest.stateChanged();
    this.cpu.setBudget(BUDGET);
    const exit = this.cpu.run();
    if (exit.kind === 'budget') throw new Incomparable('goes round for ever');
    if (exit.kind !== 'guest' || exit.exit.kind !== 'stop') throw new Error(`unexpected exit ${exit.kind}`);
    return (exit.exit as StopExit).event;
  }

  /** What the run has changed of the data area. */
  changes(): Map<number, bigint> {
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

export function stopOf(event: GuestEvent): Outcome['stop'] {
  if (!(event instanceof ExceptionEvent)) return 'other';
  if (event.ec === EC.DataAbort) return 'memory';
  return event.ec === EC.Unknown || event.ec === EC.SystemRegister || event.ec === EC.WFx ? 'undefined' : 'other';
}
