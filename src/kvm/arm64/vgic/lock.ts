/**
 * The lock of a VM's interrupt controllers: one word in the arena, held by a thread for the length of one register access,
 * line change, message or device attribute. Whoever holds it may touch every CPU's part; what another CPU's thread has to
 * notice goes by that CPU's request word, and its lines are read without the lock (VgicCpu.lines).
 */
import type { Arena } from '../../../base/arena.ts';
import { acquire, release } from '../../../base/lock.ts';

export class VgicLock {
  private readonly arena: Arena;
  private readonly word: number;
  private mine = false;
  private readonly later: (() => void)[] = [];

  /** `word`: index into the arena's i32 view. */
  constructor(arena: Arena, word: number) {
    this.arena = arena;
    this.word = word;
  }

  /** Not to be called by a thread that holds it: entry points don't call each other. */
  acquire(): void {
    if (this.mine) throw new Error('the interrupt controller was entered from within itself');
    acquire(this.arena, this.word);
    this.mine = true;
  }

  release(): void {
    this.mine = false;
    release(this.arena, this.word);
    while (this.later.length > 0) this.later.shift()!();
  }

  /** For who holds it: something that is done, in this thread, as soon as it is free. */
  afterwards(action: () => void): void {
    this.later.push(action);
  }
}
