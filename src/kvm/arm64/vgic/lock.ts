/**
 * The lock of a VM's interrupt controllers: one word in the arena, held by a thread for the length of one register access,
 * line change, message or device attribute. Whoever holds it may touch every CPU's part; what another CPU's thread has to
 * notice goes by that CPU's request word, and its lines are read without the lock (VgicCpu.lines).
 */
import type { Arena } from '../../../base/arena.ts';

const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps until it is released. */
const CONTENDED = 2;
/** An access takes less than a microsecond as a rule: worth waiting awake for. */
const SPINS = 200;

export class VgicLock {
  private readonly words: Int32Array;
  private readonly word: number;
  private mine = false;

  /** `word`: index into the arena's i32 view. */
  constructor(arena: Arena, word: number) {
    this.words = arena.i32;
    this.word = word;
  }

  /** Not to be called by a thread that holds it: entry points don't call each other. */
  acquire(): void {
    if (this.mine) throw new Error('the interrupt controller was entered from within itself');
    if (Atomics.compareExchange(this.words, this.word, FREE, HELD) !== FREE) this.wait();
    this.mine = true;
  }

  release(): void {
    this.mine = false;
    if (Atomics.exchange(this.words, this.word, FREE) === CONTENDED) Atomics.notify(this.words, this.word, 1);
  }

  private wait(): void {
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(this.words, this.word, FREE, HELD) === FREE) return;
    }
    while (Atomics.exchange(this.words, this.word, CONTENDED) !== FREE) Atomics.wait(this.words, this.word, CONTENDED);
  }
}
