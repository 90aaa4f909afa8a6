/** Runs batches of blocks in the product's own tiers: first cold, then compiled, many units in a module. */
import { Arena } from '../../../src/base/arena.ts';
import type { View } from '../../../src/base/layout.ts';
import { silentLog } from '../../../src/base/log.ts';
import { GuestEvent, type AccessKind, type engineState, type GuestArch, type GuestCpu, type GuestExit, type Translation } from '../../../src/isa/arch.ts';
import { defaultEngineOptions, Engine } from '../../../src/vcpu/engine.ts';
import type { EngineCpu } from '../../../src/vcpu/loop.ts';
import { dataArea } from './data.ts';
import { inMemory, Recorder } from './record.ts';
import { CODE, CODE_BYTES, DATA, DATA_BYTES, type Piece, type Target } from './target.ts';
import { translation } from './translation.ts';

/** Instructions that a block may take: beyond, it is taken for a loop without an end and left out. */
const BUDGET = 400;
const UNITS = 64;
const MODE_UNKNOWN = -1;

export class Fault extends GuestEvent {
  describe(): string { return 'access to nothing'; }
}

export interface Run {
  readonly record: BigUint64Array;
  readonly instructions: number;
}

export class Tiers<Cpu extends GuestCpu> {
  readonly engine: Engine;
  private readonly target: Target<Cpu>;
  private readonly arena = new Arena(96 << 20);
  private readonly cpu: EngineCpu<Cpu>;
  private readonly state: View<typeof engineState>;
  private readonly recorder: Recorder;
  private readonly code: number;
  private readonly data: BigUint64Array;
  private start = 0n;
  private length = 0n;
  private memory = 0n;
  private other = 0n;
  private mode = MODE_UNKNOWN;

  constructor(target: Target<Cpu>) {
    this.target = target;
    this.recorder = new Recorder(target as unknown as Target);
    const arch = { ...target.arch, decoder: target.decoder } as unknown as GuestArch;
    this.engine = new Engine(this.arena, arch, {
      ...defaultEngineOptions, log: silentLog, now: () => performance.now(), threshold: 0,
      compiler: { ...defaultEngineOptions.compiler, batch: UNITS },
      sizes: { slots: 1 << 16, records: 24 << 20, cells: 1 << 16 },
    });
    this.code = this.arena.alloc(CODE_BYTES, 4096);
    const data = this.arena.alloc(DATA_BYTES, 4096);
    this.data = this.arena.u64.subarray(data / 8, (data + DATA_BYTES) / 8);
    this.arena.u8.set(dataArea, data);
    this.engine.physical.setSlots([
      { gpa: CODE, size: CODE_BYTES, arena: this.code, readonly: false },
      { gpa: DATA, size: DATA_BYTES, arena: data, readonly: false },
    ]);
    this.cpu = this.engine.createCpu(env => target.createCpu(env));
    this.state = arch.layout.view(this.arena, this.cpu.base) as View<typeof engineState>;
    const { guest } = this.cpu;
    guest.translate = (va, kind) => this.translate(va, kind);
    guest.deliver = event => this.deliver(event);
    guest.takeInterrupt = () => false;
  }

  load(code: Uint32Array): void {
    this.engine.cache.clear();
    this.arena.u32.set(inMemory(this.target, code), this.code / 4);
  }

  /** A piece of what was loaded, as far as it is compiled. `counted`: gives up where it goes round for ever; undefined then. */
  run({ first, length, state }: Piece, counted: boolean): Run | undefined {
    const { guest } = this.cpu;
    this.target.put(guest, state);
    this.start = BigInt(CODE + first * 4);
    this.length = BigInt(length * 4);
    this.memory = this.other = 0n;
    this.state.pc = this.start;
    const before = this.cpu.retired;
    this.cpu.setBudget(counted ? BUDGET : 0);
    for (;;) {
      const exit = this.cpu.run();
      if (exit.kind === 'kicked') continue;
      if (exit.kind === 'guest') break;
      if (exit.kind !== 'budget') throw new Error(`unexpected exit ${exit.kind}`);
      this.data.set(new BigUint64Array(dataArea.buffer));
      return undefined;
    }
    this.mode = guest.modeKey();
    const record = this.recorder.write(this.state.pc, this.memory, this.other, to => this.target.get(guest, to), this.data);
    return { record, instructions: Number(this.cpu.retired - before) };
  }

  /** Compiles every place of the loaded code at which cold code was entered. Gives the number of units. */
  compile(counted: boolean): number {
    const { cache, compiler } = this.engine;
    const places = [...cache.blocks.values()].map(b => b.page + b.offset);
    for (const at of new Set(places)) compiler.request(at - (at % 4096), at % 4096, this.mode, counted);
    compiler.compile();
    return compiler.units;
  }

  /** What the compiler makes of a piece, after a run. */
  translation({ first }: Piece): ReturnType<typeof translation> { return translation(this.engine, this.code + first * 4, this.mode); }

  private translate(address: bigint, kind: AccessKind): Translation {
    const va = Number(BigInt.asUintN(this.target.addressBits, address));
    if (va >= CODE && va < CODE + CODE_BYTES) {
      if (kind !== 'write' && !(kind === 'fetch' && va % 4 !== 0)) return { pa: va, writable: false, pageBits: 12, device: false };
    } else if (va >= DATA && va < DATA + DATA_BYTES && kind !== 'fetch') {
      return { pa: va, writable: true, pageBits: 12, device: false };
    }
    throw new Fault();
  }

  /** An instruction of the block is skipped; anything else ends it. */
  private deliver(event: GuestEvent): GuestExit | undefined {
    const { guest } = this.cpu;
    const offset = this.state.pc - this.start;
    if (offset < 0n || offset >= this.length || offset % 4n !== 0n) return { kind: 'stop' };
    const bit = 1n << (offset / 4n);
    if (event instanceof Fault || this.target.isMemory(event)) this.memory |= bit;
    else this.other |= bit;
    this.target.raised(guest);
    this.state.pc += 4n;
    return undefined;
  }
}
