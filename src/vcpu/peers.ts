/**
 * The CPUs of a machine whose code runs on several threads, as far as their engines have to know of each other: messages
 * (TLB maintenance, memory that holds other code now), and whether one is in generated code, where it may still go by what
 * a message takes away. All of it is in the arena; each thread has objects of its own over the same places.
 *
 * A CPU takes its messages where it is not in generated code, always before it enters it. So whoever sent one has only to
 * wait until the CPU has left, and the waiting CPU, being outside itself, has nobody wait for it.
 */
import type { Arena } from '../base/arena.ts';
import { acquire, release } from '../base/lock.ts';
import { PAGE } from '../jit/abi.ts';
import { REQUEST_INTERNAL } from './cpu.ts';
import { Indivisible } from './indivisible.ts';

/** Messages: below 0x10000 they are the guest's own (GuestCpu.receive). */
export const FLUSH_TLB = 0x10000;
/** The value is an arena address, and in bits 63..32 the number of bytes from there on. */
export const CODE_CHANGED = 0x10001;
export const FORGET_CODE = 0x10003;
/** Stores to the page at this arena address have to be seen. */
export const PROTECT_PAGE = 0x10004;
/** Everything: TLB and code. Also what a CPU is told that had more messages than there is room for. */
export const FORGET_ALL = 0x10002;

const LIMIT = 56;
/** Words of a CPU's block. ENTRIES is odd while the CPU is in generated code. */
const [ENTRIES, WAITERS, LOCK, COUNT, MESSAGES] = [0, 1, 2, 3, 16];
const MESSAGE_WORDS = 4;
const BLOCK_BYTES = (MESSAGES + LIMIT * MESSAGE_WORDS) * 4;

export interface Message {
  readonly operation: number;
  readonly value: bigint;
}

export class Peer {
  readonly index: number;
  private readonly arena: Arena;
  private readonly base: number;
  private readonly requestWord: number;

  constructor(arena: Arena, index: number, requestWord: number) {
    this.arena = arena;
    this.index = index;
    this.requestWord = requestWord;
    this.base = arena.alloc(BLOCK_BYTES, 64) >>> 2;
  }

  // ---- the CPU's own thread
  enter(): void { Atomics.add(this.arena.i32, this.base + ENTRIES, 1); }

  leave(): void {
    const { i32 } = this.arena;
    Atomics.add(i32, this.base + ENTRIES, 1);
    if (Atomics.load(i32, this.base + WAITERS) !== 0) Atomics.notify(i32, this.base + ENTRIES);
  }

  get pending(): boolean { return Atomics.load(this.arena.i32, this.base + COUNT) !== 0; }

  take(): Message[] {
    const { arena, base } = this;
    acquire(arena, base + LOCK);
    const count = Atomics.exchange(arena.i32, base + COUNT, 0);
    const messages: Message[] = [];
    for (let i = 0; i < Math.min(count, LIMIT); i++) {
      const at = base + MESSAGES + i * MESSAGE_WORDS;
      messages.push({ operation: arena.u32[at]!, value: arena.u64[(at + 2) / 2]! });
    }
    release(arena, base + LOCK);
    return count > LIMIT ? [{ operation: FORGET_ALL, value: 0n }] : messages;
  }

  // ---- other threads
  /** What to wait for by `seen` until it has had its effect; undefined: it has. */
  post(operation: number, value: bigint): number | undefined {
    const { arena, base, requestWord } = this;
    acquire(arena, base + LOCK);
    const count = Atomics.load(arena.i32, base + COUNT);
    if (count < LIMIT) {
      const at = base + MESSAGES + count * MESSAGE_WORDS;
      arena.u32[at] = operation;
      arena.u64[(at + 2) / 2] = BigInt.asUintN(64, value);
    }
    Atomics.store(arena.i32, base + COUNT, Math.min(count, LIMIT) + 1);
    release(arena, base + LOCK);
    Atomics.or(arena.i32, requestWord, REQUEST_INTERNAL);
    Atomics.notify(arena.i32, requestWord);
    const entries = Atomics.load(arena.i32, base + ENTRIES);
    return entries & 1 ? entries : undefined;
  }

  /** Blocks the thread until the CPU has left generated code once since `ticket` was given. */
  seen(ticket: number): void {
    const { i32 } = this.arena;
    const word = this.base + ENTRIES;
    for (let i = 0; i < 100; i++) if (Atomics.load(i32, word) !== ticket) return;
    Atomics.add(i32, this.base + WAITERS, 1);
    while (Atomics.load(i32, word) === ticket) Atomics.wait(i32, word, ticket);
    Atomics.sub(i32, this.base + WAITERS, 1);
  }
}

export class Peers {
  readonly memory: Indivisible;
  readonly all: Peer[] = [];
  /** The one whose code this thread runs, where there is one. */
  self: Peer | undefined;
  private readonly arena: Arena;
  /** For each page of the arena the CPUs that may have code from it: bit n for CPUs n modulo 32. */
  private readonly owners: number;
  /** Pages for which this thread's bit is set already. */
  private readonly owned: Uint8Array;

  constructor(arena: Arena) {
    this.arena = arena;
    this.memory = new Indivisible(arena);
    const pages = Math.ceil(arena.u8.length / PAGE);
    this.owners = arena.alloc(pages * 4) >>> 2;
    this.owned = new Uint8Array(pages);
  }

  add(requestWord: number): Peer {
    const peer = new Peer(this.arena, this.all.length, requestWord);
    this.all.push(peer);
    return peer;
  }

  /** Comes before this thread reads the code of a page: whoever changes it afterwards will tell it. */
  own(page: number): void {
    const n = page / PAGE;
    if (this.owned[n] === 1) return;
    this.owned[n] = 1;
    Atomics.or(this.arena.i32, this.owners + n, 1 << ((this.self?.index ?? 0) & 31));
  }

  /** Whether `peer` may have code of the page. It comes after what was stored there. */
  owns(peer: Peer, page: number): boolean {
    return (Atomics.or(this.arena.i32, this.owners + page / PAGE, 0) >>> (peer.index & 31) & 1) !== 0;
  }
}
