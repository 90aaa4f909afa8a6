/**
 * How the thread of a vCPU has the machine's thread serve what needs the machine's devices: a block of the arena with the
 * exit, and then the answer. A bell, one for all, tells the machine's thread that there is something.
 */
import type { Arena } from '../base/arena.ts';
import {
  KVM_EXIT_DEBUG, KVM_EXIT_MMIO, KVM_EXIT_SYSTEM_EVENT, KVM_EXIT_TESSERA_SEMIHOSTING, type KvmDebugExit, type KvmExit, type KvmMmioExit,
} from '../kvm/index.ts';

/** What the block is: the vCPU stands still and waits to be told to run; it runs; an exit waits; an answer waits; it shall end. */
export const mail = { parked: 0, run: 1, exit: 2, answer: 3, end: 4 } as const;

const [STATE, REASON, LENGTH, WRITE, ABORT, REFRESH] = [0, 1, 2, 3, 4, 5];
/** Indices of 64-bit words. */
const [ADDRESS, DATA, PC] = [4, 5, 6];
export const MAILBOX_BYTES = 64;

export interface Mail {
  readonly reason: number;
  readonly length: number;
  readonly write: boolean;
  /** An address, a system event's type, a semihosting operation, a debug exit's syndrome. */
  readonly address: bigint;
  readonly data: bigint;
  readonly pc: bigint;
}

export class Mailbox {
  private readonly i32: Int32Array;
  private readonly u64: BigUint64Array;
  private readonly base: number;
  private readonly bell: number;

  /** Both are arena addresses. */
  constructor(arena: Arena, address: number, bell: number) {
    this.i32 = arena.i32;
    this.u64 = arena.u64;
    this.base = address >>> 2;
    this.bell = bell >>> 2;
  }

  get state(): number { return Atomics.load(this.i32, this.base + STATE); }

  private become(state: number): void {
    Atomics.store(this.i32, this.base + STATE, state);
    Atomics.notify(this.i32, this.base + STATE);
  }

  private ring(): void {
    Atomics.add(this.i32, this.bell, 1);
    Atomics.notify(this.i32, this.bell);
  }

  // ---- the vCPU's thread
  /** Stands still until told to go on. `end`: for ever. Otherwise whether the state was changed by others since. */
  park(): 'end' | { readonly refresh: boolean } {
    this.become(mail.parked);
    this.ring();
    return this.awaitRun();
  }

  awaitRun(): 'end' | { readonly refresh: boolean } {
    for (;;) {
      const { state } = this;
      if (state === mail.end) return 'end';
      if (state === mail.run) return { refresh: Atomics.exchange(this.i32, this.base + REFRESH, 0) !== 0 };
      Atomics.wait(this.i32, this.base + STATE, state);
    }
  }

  /** Has an exit served. Of an MMIO read the answer is in its `data` then. `abort`: no device is there, or the debug exit is the guest's own. */
  exchange(exit: KvmExit, pc: bigint): 'answered' | 'abort' | 'end' {
    this.put(exit, pc);
    this.become(mail.exit);
    this.ring();
    let { state } = this;
    while (state === mail.exit) {
      Atomics.wait(this.i32, this.base + STATE, mail.exit);
      state = this.state;
    }
    if (state === mail.end) return 'end';
    const abort = this.i32[this.base + ABORT] !== 0;
    if (exit.exit_reason === KVM_EXIT_MMIO && !exit.is_write) new DataView(exit.data.buffer, exit.data.byteOffset).setBigUint64(0, this.word(DATA), true);
    this.become(mail.run);
    return abort ? 'abort' : 'answered';
  }

  private put(exit: KvmExit, pc: bigint): void {
    const { i32, base } = this;
    i32[base + REASON] = exit.exit_reason;
    i32[base + ABORT] = 0;
    this.setWord(PC, pc);
    switch (exit.exit_reason) {
      case KVM_EXIT_MMIO:
        i32[base + LENGTH] = exit.len;
        i32[base + WRITE] = exit.is_write ? 1 : 0;
        this.setWord(ADDRESS, BigInt(exit.phys_addr));
        this.setWord(DATA, new DataView(exit.data.buffer, exit.data.byteOffset).getBigUint64(0, true));
        break;
      case KVM_EXIT_SYSTEM_EVENT: this.setWord(ADDRESS, BigInt(exit.type)); break;
      case KVM_EXIT_DEBUG:
        this.setWord(ADDRESS, BigInt(exit.hsr));
        this.setWord(DATA, exit.far);
        break;
      case KVM_EXIT_TESSERA_SEMIHOSTING:
        this.setWord(ADDRESS, BigInt(exit.operation));
        this.setWord(DATA, exit.parameter);
        break;
      default:
    }
  }

  // ---- the machine's thread
  /** `refresh`: the state was changed here. */
  go(refresh: boolean): void {
    if (refresh) Atomics.store(this.i32, this.base + REFRESH, 1);
    this.become(mail.run);
  }

  end(): void { this.become(mail.end); }

  take(): Mail {
    const { i32, base } = this;
    return {
      reason: i32[base + REASON]!, length: i32[base + LENGTH]!, write: i32[base + WRITE] !== 0,
      address: this.word(ADDRESS), data: this.word(DATA), pc: this.word(PC),
    };
  }

  answer(data: bigint, abort = false): void {
    this.setWord(DATA, data);
    this.i32[this.base + ABORT] = abort ? 1 : 0;
    this.become(mail.answer);
  }

  private word(n: number): bigint { return this.u64[this.base / 2 + n]!; }
  private setWord(n: number, value: bigint): void { this.u64[this.base / 2 + n] = BigInt.asUintN(64, value); }
}

/** A mailbox's exit as the machine serves it. */
export function mmioOf({ address, length, write, data }: Mail): KvmMmioExit {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, data, true);
  return { exit_reason: KVM_EXIT_MMIO, phys_addr: Number(address), data: bytes, len: length, is_write: write };
}

export const debugOf = ({ address, data }: Mail): KvmDebugExit => ({ exit_reason: KVM_EXIT_DEBUG, hsr: Number(address), hsr_high: 0, far: data });
