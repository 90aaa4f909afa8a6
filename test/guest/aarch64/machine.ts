/** One AArch64 CPU with a megabyte of RAM and nothing around it, run by the reference evaluator. */
import { Arena } from '../../../src/base/arena.ts';
import { type LogTopic, createLog } from '../../../src/base/log.ts';
import {
  type AArch64,
  createAArch64,
  type Arm64Cpu,
  type Arm64CpuOptions,
  type CpuModel,
  cpuModels,
  type CpuModelName,
} from '../../../src/guest/aarch64/index.ts';
import { ExceptionEvent } from '../../../src/guest/aarch64/exception.ts';
import type { Arm64Platform } from '../../../src/guest/aarch64/platform.ts';
import { type CpuEnv, GuestEvent, type GuestExit } from '../../../src/isa/arch.ts';
import type { Access } from '../../../src/isa/builder.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { type EvalMemory, Evaluator } from '../../../src/isa/eval.ts';

export const RAM = 0x4000_0000;
export const RAM_SIZE = 0x10_0000;

export class TestPlatform implements Arm64Platform {
  readonly registers = new Map<number, bigint>();
  up = 0;
  entropy = 0n;
  /** Nanoseconds. */
  now = 0n;
  readSystem(key: number): bigint | undefined {
    return this.registers.get(key);
  }
  writeSystem(key: number, value: bigint): boolean {
    const there = this.registers.has(key);
    if (there) this.registers.set(key, value);
    return there;
  }
  lines(): number {
    return this.up;
  }
  nanoseconds(): bigint {
    return this.now;
  }
  random(): bigint {
    return this.entropy;
  }
}

/** What the CPU asked of the engine. */
interface Calls {
  modeChanged: number;
  interruptsChanged: number;
  /** 'all' or the page, and whether it goes to all CPUs. */
  flushes: (readonly [what: 'all' | bigint, pageBits: number, everywhere: boolean])[];
}

export class Machine implements EvalMemory {
  readonly arena = new Arena(0x20_0000, false);
  readonly cpu: Arm64Cpu;
  readonly platform = new TestPlatform();
  readonly calls: Calls = { modeChanged: 0, interruptsChanged: 0, flushes: [] };
  readonly log: string[] = [];
  /** Of the MMU's own writes. */
  readOnly = false;
  private readonly ram = this.arena.alloc(RAM_SIZE, 4096);
  /** CPUs that broadcasts go to. */
  readonly others: Arm64Cpu[] = [];
  private readonly decoder: Decoder;
  private readonly evaluator: Evaluator;
  private readonly alignedData: () => boolean;
  private readonly requirementMet: (key: number, requires: string) => boolean;

  constructor(
    model: CpuModelName | CpuModel = 'cortex-a57',
    options: Partial<Arm64CpuOptions> = {},
    topics: readonly LogTopic[] = ['unimp'],
  ) {
    const arch = guest(model);
    const base = this.arena.alloc(arch.layout.size);
    const env: CpuEnv = {
      arena: this.arena,
      base,
      log: createLog(new Set(topics), line => this.log.push(line)),
      modeChanged: () => {
        this.calls.modeChanged++;
      },
      interruptsChanged: () => {
        this.calls.interruptsChanged++;
      },
      flushTlb: () => {
        this.calls.flushes.push(['all', 0, false]);
      },
      flushTlbPage: (va, pageBits) => {
        this.calls.flushes.push([va, pageBits, false]);
      },
      broadcast: (operation, value) => {
        this.calls.flushes.forEach(([what, pageBits], i, all) => {
          all[i] = [what, pageBits, true];
        });
        for (const other of this.others) other.receive(operation, value);
      },
      ramForWrite: (pa, bytes) => (this.readOnly ? -1 : env.ram(pa, bytes)),
      ram: (pa, bytes) => (pa >= RAM && pa + bytes <= RAM + RAM_SIZE ? this.ram + (pa - RAM) : -1),
    };
    this.cpu = arch.createCpu(env, { platform: this.platform, mpidr: 0n, gicSystemRegisters: false, semihosting: false, ...options });
    this.decoder = arch.decoder;
    this.requirementMet = arch.requirementMet as (key: number, requires: string) => boolean;
    this.evaluator = new Evaluator({
      arena: this.arena,
      base,
      cpu: this.cpu,
      memory: this,
      stagedMode: () => arch.stagedMode?.(this.cpu.modeKey()) ?? 0,
    });
    this.alignedData = () => arch.alignedData?.(this.cpu.modeKey()) ?? false;
    this.calls.flushes.length = 0;
  }

  get state(): Arm64Cpu['state'] {
    return this.cpu.state;
  }

  poke64(pa: number, value: bigint): void {
    this.arena.u64[(this.ram + pa - RAM) / 8] = BigInt.asUintN(64, value);
  }

  peek(pa: number, bytes: number): bigint {
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.arena.u8[this.ram + pa - RAM + i] as number);
    return value;
  }

  /** Puts words into memory. */
  code(pa: number, ...words: readonly number[]): void {
    words.forEach((word, i) => {
      this.arena.u32[(this.ram + pa - RAM) / 4 + i] = word;
    });
  }

  /** One instruction at PC, or the exception that it raises, is taken; gives the exit if there is one. */
  step(): GuestExit | undefined {
    const { cpu } = this;
    try {
      const word = Number(this.load(cpu.state.pc, 4, {}, 'fetch'));
      const insn = this.decoder.decode(word);
      if (!insn) throw cpu.undefinedInstruction(word);
      if (insn.requires !== undefined && !this.requirementMet(cpu.modeKey(), insn.requires))
        throw cpu.requirementEvent(insn.requires, word);
      this.evaluator.step(insn, word);
      return undefined;
    } catch (event) {
      if (!(event instanceof GuestEvent)) throw event;
      return cpu.deliver(event);
    }
  }

  /** Runs words at the start of RAM, MMU as it is; gives the last exit. */
  run(...words: readonly number[]): GuestExit | undefined {
    this.code(RAM, ...words);
    this.state.pc = BigInt(RAM);
    let exit: GuestExit | undefined;
    for (let n = 0; n < words.length; n++) exit = this.step();
    return exit;
  }

  /** Where an access goes; throws where it may not, or isn't aligned as it has to be. Pages of one access lie side by side. */
  private place(va: bigint, bytes: number, access: Access, kind: 'read' | 'write' | 'fetch'): number {
    const { unprivileged = false, within, notDevice, element = bytes } = access;
    const checked = kind !== 'fetch' && this.alignedData();
    const align = access.align ?? (checked ? element : 1);
    const off = (of: number): boolean => va % BigInt(of) !== 0n;
    const inBlock = within !== undefined && !checked && Number(va % BigInt(within)) + align <= within;
    if (off(align) && !inBlock) throw this.cpu.alignmentFault(va, kind, unprivileged);
    const { pa, device } = this.cpu.translate(va, kind, unprivileged);
    if (device && (notDevice || off(Math.max(access.align ?? 1, element)))) throw this.cpu.alignmentFault(va, kind, unprivileged);
    const last = va + BigInt(bytes - 1);
    if (last >> 12n !== va >> 12n) this.cpu.translate((last >> 12n) << 12n, kind, unprivileged);
    return pa;
  }

  load(va: bigint, bytes: number, access: Access, kind: 'read' | 'fetch' = 'read'): bigint {
    const pa = this.place(va, bytes, access, kind);
    if (this.cpu.env.ram(pa, bytes) < 0) throw this.cpu.externalAbort(va, kind, access.unprivileged ?? false);
    return this.peek(pa, bytes);
  }

  store(va: bigint, bytes: number, value: bigint, access: Access): void {
    const pa = this.place(va, bytes, access, 'write');
    const at = this.cpu.env.ram(pa, bytes);
    if (at < 0) throw this.cpu.externalAbort(va, 'write', access.unprivileged ?? false);
    for (let i = 0; i < bytes; i++) this.arena.u8[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  update(va: bigint, bytes: number, change: (old: bigint) => bigint | undefined, access: Access): bigint {
    if (access.faultsAsWrite) this.place(va, bytes, access, 'write');
    const old = this.load(va, bytes, access);
    this.store(va, bytes, change(old) ?? old, access);
    return old;
  }
}

const guests = new Map<CpuModel, AArch64>();
/** The guest of a model, made when it is first asked for. */
export function guest(model: CpuModelName | CpuModel): AArch64 {
  const key = typeof model === 'string' ? cpuModels[model] : model;
  const made = guests.get(key) ?? createAArch64(key);
  guests.set(key, made);
  return made;
}

/** The exception that `action` throws: its class, syndrome and address. */
export function exceptionOf(action: () => unknown): { ec: number; iss: number; far: bigint | undefined } {
  try {
    action();
  } catch (e) {
    if (e instanceof ExceptionEvent) return { ec: e.ec, iss: e.iss, far: e.far };
    throw e;
  }
  throw new Error('no exception was raised');
}
