/**
 * What single steps have to do: the reference evaluator executes the one instruction, and how exceptions are taken is said here once
 * more (DDI 0487, D1.3): vector, ELR_EL1, SPSR_EL1, ESR_EL1, PSTATE. Interrupts are those of an interrupt controller of a few lines.
 */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { cpuModels, createAArch64 } from '../../src/guest/aarch64/index.ts';
import { requirementMet } from '../../src/guest/aarch64/mode.ts';
import { type Arm64Platform, sysregKey } from '../../src/guest/aarch64/platform.ts';
import { packPSTATE, unpackPSTATE } from '../../src/guest/aarch64/pstate.ts';
import { layout, SP } from '../../src/guest/aarch64/state.ts';
import { GuestEvent } from '../../src/isa/arch.ts';
import type { Access } from '../../src/isa/builder.ts';
import { type EvalMemory, Evaluator } from '../../src/isa/eval.ts';

const ICC_PMR_EL1 = sysregKey(3, 0, 4, 6, 0);
const ICC_SGI1R_EL1 = sysregKey(3, 0, 12, 11, 5);
const ICC_IAR1_EL1 = sysregKey(3, 0, 12, 12, 0);
const ICC_EOIR1_EL1 = sysregKey(3, 0, 12, 12, 1);
const ICC_IGRPEN1_EL1 = sysregKey(3, 0, 12, 12, 7);
const CNTV_CTL_EL0 = sysregKey(3, 3, 14, 3, 1);
const CNTV_CVAL_EL0 = sysregKey(3, 3, 14, 3, 2);
const TIMER = 27;
const SPURIOUS = 1023;

/** All of one priority: none comes while one is active. A timer that is on has expired. */
class Interrupts implements Arm64Platform {
  private readonly sent = new Set<number>();
  private timer = false;
  private active: number | undefined;

  private get pending(): number | undefined {
    const all = this.timer ? [...this.sent, TIMER] : [...this.sent];
    return this.active === undefined && all.length > 0 ? Math.min(...all) : undefined;
  }
  lines(): number { return this.pending === undefined ? 0 : 1; }
  random(): bigint { return 0n; }

  readSystem(key: number): bigint | undefined {
    if (key !== ICC_IAR1_EL1) return undefined;
    const INTID = this.pending;
    if (INTID === undefined) return BigInt(SPURIOUS);
    this.active = INTID;
    this.sent.delete(INTID);
    return BigInt(INTID);
  }

  writeSystem(key: number, value: bigint): boolean {
    if (key === ICC_SGI1R_EL1) this.sent.add(Number(value >> 24n & 15n));
    else if (key === ICC_EOIR1_EL1) this.active = undefined;
    else if (key === CNTV_CTL_EL0) this.timer = value === 1n;
    else return key === ICC_PMR_EL1 || key === ICC_IGRPEN1_EL1 || key === CNTV_CVAL_EL0;
    return true;
  }
}

class Abort extends GuestEvent {
  readonly far: bigint;
  constructor(far: bigint) {
    super();
    this.far = far;
  }
  describe(): string { return `abort at 0x${this.far.toString(16)}`; }
}

/** The evaluator takes this one by itself, by the code that is tested. */
class SupervisorCall extends GuestEvent {
  static is(word: number): boolean { return (word & 0xffe0_001f) >>> 0 === 0xd400_0001; }
  describe(): string { return 'SVC'; }
}

/** Memory with the MMU off: every access is to be aligned. What is written to the interrupt controller is the machine's. */
class Memory implements EvalMemory {
  readonly bytes: Uint8Array;
  private readonly base: bigint;
  constructor(base: number, words: readonly number[], size: number) {
    this.base = BigInt(base);
    this.bytes = new Uint8Array(size);
    new Uint32Array(this.bytes.buffer).set(words);
  }
  private find(va: bigint, bytes: number): DataView | undefined {
    if (va % BigInt(bytes) !== 0n) throw new Abort(va);
    if (va >= 0x0800_0000n && va < 0x0900_0000n) return undefined;
    if (va < this.base || va + BigInt(bytes) > this.base + BigInt(this.bytes.length)) throw new Abort(va);
    return new DataView(this.bytes.buffer, Number(va - this.base), bytes);
  }
  load(va: bigint, bytes: number, _access: Access): bigint {
    const at = this.find(va, bytes);
    let value = 0n;
    for (let n = bytes - 1; n >= 0; n--) value = value << 8n | BigInt(at?.getUint8(n) ?? 0);
    return value;
  }
  store(va: bigint, bytes: number, value: bigint, _access: Access): void {
    const at = this.find(va, bytes);
    for (let n = 0; n < bytes; n++) at?.setUint8(n, Number(value >> BigInt(8 * n) & 0xffn));
  }
  update(va: bigint, bytes: number, change: (old: bigint) => bigint | undefined, access: Access): bigint {
    const old = this.load(va, bytes, access);
    this.store(va, bytes, change(old) ?? old, access);
    return old;
  }
}

export type Step = 'instruction' | 'synchronous' | 'IRQ';

const EL1h = 5;
const DAIF = 0xf << 6;
const PAN = 1 << 22;
const SCTLR_SPAN = 1n << 23n;
/** What of PSTATE an exception leaves: NZCV, PAN, DIT. */
const KEPT = 0xf << 28 | 1 << 24 | PAN;

export class SteppingModel {
  readonly memory: Memory;
  private readonly syndromes: ReadonlyMap<number, number>;
  private readonly interrupts = new Interrupts();
  private readonly arena = new Arena(0x10000, false);
  private readonly base = this.arena.alloc(layout.size);
  readonly state = layout.view(this.arena, this.base);
  private readonly arch = createAArch64(cpuModels.max);
  private readonly cpu = this.arch.createCpu(
    {
      arena: this.arena, base: this.base, log: silentLog,
      modeChanged: () => {}, interruptsChanged: () => {}, flushTlb: () => {}, flushTlbPage: () => {}, ram: () => -1, ramForWrite: () => -1,
    },
    { platform: this.interrupts, mpidr: 0n, gicSystemRegisters: true, semihosting: false },
  );
  private readonly evaluator: Evaluator;

  /** `syndromes`: ESR_EL1 of the instructions that raise exceptions, by address. */
  constructor(base: number, words: readonly number[], size: number, syndromes: ReadonlyMap<number, number>) {
    this.memory = new Memory(base, words, size);
    this.syndromes = syndromes;
    this.evaluator = new Evaluator({ arena: this.arena, base: this.base, cpu: this.cpu, memory: this.memory, stagedMode: () => this.arch.stagedMode?.(this.cpu.modeKey()) ?? 0 });
    this.state.pc = BigInt(base);
  }

  /** Packet g's registers, in their order. */
  registers(): bigint[] {
    const { state } = this;
    return [
      ...state.x.subarray(0, 31), state.x[SP]!, state.pc, BigInt(this.pstate),
      ...Array.from({ length: 32 }, (_, n) => state.v[2 * n]! | state.v[2 * n + 1]! << 64n), BigInt(state.FPSR), BigInt(state.FPCR),
    ];
  }

  private get pstate(): number { return packPSTATE(this.state, this.state.pc); }

  /** An interrupt that is taken is a step of its own. */
  step(takesInterrupts: boolean): Step {
    const { state } = this;
    if (takesInterrupts && this.interrupts.lines() !== 0 && (state.daif & 1 << 7) === 0) {
      this.enter(0x80, state.pc);
      return 'IRQ';
    }
    const { pc } = state;
    const event = this.execute();
    const syndrome = this.syndromes.get(Number(pc));
    if ((event === undefined) !== (syndrome === undefined)) throw new Error(`0x${pc.toString(16)}: ${event?.describe() ?? 'no exception'}`);
    if (event === undefined || syndrome === undefined) return 'instruction';
    if (event instanceof Abort) state.FAR_EL1 = event.far;
    state.ESR_EL1 = BigInt(syndrome);
    this.enter(0, event instanceof SupervisorCall ? pc + 4n : pc);
    return 'synchronous';
  }

  private execute(): GuestEvent | undefined {
    const { state, cpu } = this;
    if (state.pc & 3n) return new Abort(state.pc);
    const word = Number(this.memory.load(state.pc, 4, {}));
    if (SupervisorCall.is(word)) return new SupervisorCall();
    const insn = this.arch.decoder.decode(word);
    try {
      if (!insn) return cpu.undefinedInstruction(word);
      if (insn.requires && !requirementMet(cpu.modeKey(), insn.requires)) return cpu.requirementEvent(insn.requires, word);
      this.evaluator.step(insn, word);
      return undefined;
    } catch (event) {
      if (event instanceof GuestEvent) return event;
      throw event;
    }
  }

  private enter(offset: number, returnAddress: bigint): void {
    const { state } = this;
    const from = state.currentEL === 0 ? 0x400 : 0x200;
    state.SPSR_EL1 = BigInt(this.pstate);
    state.ELR_EL1 = returnAddress;
    state.pc = state.VBAR_EL1 + BigInt(from + offset);
    const setsPAN = (state.SCTLR_EL1 & SCTLR_SPAN) === 0n ? PAN : 0;
    unpackPSTATE(state, (this.pstate & KEPT | DAIF | setsPAN | EL1h) >>> 0, state.pc, false);
  }
}
