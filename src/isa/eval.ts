/**
 * The reference evaluator: runs one instruction at a time with bigints, straight from its description. It is what the
 * other tiers are measured against, and what steps over a single instruction.
 */
import type { Arena } from '../base/arena.ts';
import { defineLayout, type Field, sizeOf } from '../base/layout.ts';
import { engineState, GuestEvent } from './arch.ts';
import type { Builder, I64, Value } from './builder.ts';
import { floatOps } from './eval/float.ts';
import { integerOps } from './eval/integer.ts';
import { type EvalMemory, memoryOps } from './eval/memory.ts';
import { bitsOf, i32, i64, v128 } from './eval/value.ts';
import { vectorOps } from './eval/vector.ts';
import type { Helper } from './call.ts';
import { extract, type Insn } from './insn.ts';

export type { EvalMemory } from './eval/memory.ts';

export interface EvaluatorOptions {
  readonly arena: Arena;
  /** Arena address of the CPU's state, whose layout begins with `engineState`. */
  readonly base: number;
  /** What helpers get as their first argument. */
  readonly cpu: unknown;
  readonly memory: EvalMemory;
  /** As GuestArch has them, of the current mode. */
  readonly bigEndianData?: () => boolean;
  readonly stagedMode?: () => number;
}

const pcField = defineLayout(engineState).fields.pc;

export class Evaluator {
  private readonly arena: Arena;
  private readonly base: number;
  private readonly cpu: unknown;
  private readonly builder: Builder;
  private insn: Insn | undefined;
  private nextPc = 0n;
  /** What the instruction has written so far, for the message of a broken rule. */
  private written: string | undefined;
  private conditional = false;

  constructor({ arena, base, cpu, memory, bigEndianData, stagedMode }: EvaluatorOptions) {
    this.arena = arena;
    this.base = base;
    this.cpu = cpu;
    let within: number | undefined;
    this.builder = {
      get mode() { return within ?? stagedMode?.() ?? 0; },
      inMode(mode, body) {
        const around = within;
        within = mode;
        try {
          return body();
        } finally {
          within = around;
        }
      },
      ...integerOps, ...vectorOps, ...floatOps,
      ...memoryOps(memory, bigEndianData ?? (() => false), () => this.mayRaise('an access to memory')),
      ...this.stateOps(), ...this.controlOps(),
    };
  }

  /**
   * Runs `word`, an instance of `insn` at the state's pc. A GuestEvent that memory or a helper throws comes out with
   * pc still at the instruction. Any other error is a fault of the description.
   */
  step(insn: Insn, word: number, bytes = 4): void {
    this.insn = insn;
    this.written = undefined;
    this.nextPc = BigInt.asUintN(64, this.pc + BigInt(bytes));
    const raw = extract(insn, word);
    const fields: Record<string, number | Value> = {};
    for (const f of insn.fields) fields[f.name] = f.mode ? raw[f.name] as number : i32(raw[f.name] as number);
    for (const [name, value] of Object.entries(insn.derive(raw))) fields[name] = typeof value === 'bigint' ? i64(value) : i32(value);
    try {
      insn.exec(this.builder, fields as never);
    } catch (e) {
      if (e instanceof Error && !(e instanceof GuestEvent)) e.message = `${insn.name} (0x${word.toString(16)}): ${e.message}`;
      throw e;
    } finally {
      this.conditional = false;
    }
    this.pc = this.nextPc;
  }

  private get pc(): bigint {
    return this.read(pcField, 0);
  }

  private set pc(value: bigint) {
    this.write(pcField, 0, value);
  }

  /** An instruction that raises is run again from its start: nothing of it may have happened yet. */
  private mayRaise(what: string): void {
    if (this.written !== undefined && !this.insn?.restartable) throw new Error(`${what} that may raise follows a write of ${this.written}`);
  }

  private wrote(what: string): void {
    if (this.conditional) throw new Error(`'when' writes ${what}`);
    this.written ??= what;
  }

  private at(field: Field, index: number): number {
    if (!(index >= 0 && index < field.count)) throw new RangeError(`${field.name} has no element ${index}`);
    return this.base + field.offset + index * sizeOf[field.type];
  }

  private read(field: Field, index: number): bigint {
    const at = this.at(field, index);
    const { arena } = this;
    switch (field.type) {
      case 'u8': return BigInt(arena.u8[at] as number);
      case 'u16': return BigInt(arena.u16[at / 2] as number);
      case 'u32': return BigInt(arena.u32[at / 4] as number);
      case 'u64': return arena.u64[at / 8] as bigint;
      case 'v128': return (arena.u64[at / 8] as bigint) | ((arena.u64[at / 8 + 1] as bigint) << 64n);
    }
  }

  private write(field: Field, index: number, value: bigint): void {
    const at = this.at(field, index);
    const { arena } = this;
    switch (field.type) {
      case 'u8': arena.u8[at] = Number(value & 0xffn); break;
      case 'u16': arena.u16[at / 2] = Number(value & 0xffffn); break;
      case 'u32': arena.u32[at / 4] = Number(value & 0xffff_ffffn); break;
      case 'u64': arena.u64[at / 8] = value; break;
      case 'v128':
        arena.u64[at / 8] = BigInt.asUintN(64, value);
        arena.u64[at / 8 + 1] = value >> 64n;
        break;
    }
  }

  private stateOps(): Pick<Builder, 'get' | 'set' | 'getAt' | 'setAt' | 'pc'> {
    const read = (field: Field, index: number): Value => typed(field.type, this.read(field, index));
    const write = (field: Field, index: number, value: Value): void => {
      const expected = typed(field.type, 0n).type;
      if (value.type !== expected) throw new TypeError(`${field.name} takes an ${expected}, not an ${value.type}`);
      this.wrote(field.name);
      this.write(field, index, bitsOf(value));
    };
    return {
      get: field => read(field, 0) as never,
      set: (field, value) => write(field, 0, value),
      getAt: (field, index) => read(field, Number(bitsOf(index))) as never,
      setAt: (field, index, value) => write(field, Number(bitsOf(index)), value),
      pc: () => i64(this.pc),
    };
  }

  private controlOps(): Pick<Builder, 'branch' | 'branchIf' | 'branchTo' | 'call' | 'fallback' | 'when' | 'under' | 'requireAligned' | 'synchronize' | 'fence'> {
    const go = (target: bigint): void => {
      this.wrote('pc');
      this.nextPc = BigInt.asUintN(64, target);
    };
    const relative = (offset: Value): bigint => this.pc + BigInt.asIntN(32, bitsOf(offset));
    return {
      branch: offset => go(relative(offset)),
      branchIf: (c, offset) => go(bitsOf(c) === 0n ? this.nextPc : relative(offset)),
      branchTo: (target: I64) => go(bitsOf(target)),
      call: (helper, ...args) => this.callHelper(helper, args as readonly Value[]) as never,
      fallback: (helper, args) => this.callHelper(helper, args as readonly Value[]) as never,
      when: (c, body) => {
        if (bitsOf(c) === 0n) return;
        const outer = this.conditional;
        this.conditional = true;
        body();
        this.conditional = outer;
      },
      under: (c, body) => {
        if (bitsOf(c) !== 0n) body();
      },
      requireAligned: (x, bytes, helper) => {
        if (bitsOf(x) % BigInt(bytes) !== 0n) this.callHelper(helper, []);
      },
      synchronize: () => {},
      fence: () => {},
    };
  }

  private callHelper(helper: Helper, args: readonly Value[]): Value | undefined {
    if (helper.raises !== false) this.mayRaise(`a call of ${helper.name}`);
    if (args.length !== helper.args.length) throw new TypeError(`${helper.name} takes ${helper.args.length} arguments, not ${args.length}`);
    args.forEach((a, i) => {
      if (a.type !== helper.args[i]) throw new TypeError(`argument ${i} of ${helper.name} is an ${helper.args[i]}, not an ${a.type}`);
    });
    let result: ReturnType<Helper['run']>;
    try {
      result = helper.run(this.cpu as never, ...args.map(bitsOf));
    } catch (e) {
      if (e instanceof GuestEvent && helper.raises === false) throw new Error(`${helper.name} raises (${e.describe()}), but is not declared to`);
      throw e;
    }
    if (result instanceof GuestEvent) throw result;
    if (helper.result === 'void') return undefined;
    if (result === undefined) throw new TypeError(`${helper.name} gave no result`);
    return typed(helper.result, BigInt(result));
  }
}

function typed(type: Field['type'] | 'i32' | 'i64', bits: bigint): Value {
  if (type === 'v128') return v128(bits);
  return type === 'u64' || type === 'i64' ? i64(bits) : i32(bits);
}
