/** A lock between threads: one word of the arena. Who waits for it is awake for a moment, then sleeps. */
import type { Arena } from './arena.ts';

const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps until it is released. */
const CONTENDED = 2;
const SPINS = 200;

/** `word`: index into the arena's i32 view. Not to be taken again by the thread that holds it. */
export function acquire({ i32 }: Arena, word: number): void {
  if (Atomics.compareExchange(i32, word, FREE, HELD) === FREE) return;
  for (let i = 0; i < SPINS; i++) if (Atomics.compareExchange(i32, word, FREE, HELD) === FREE) return;
  while (Atomics.exchange(i32, word, CONTENDED) !== FREE) Atomics.wait(i32, word, CONTENDED);
}

export function release({ i32 }: Arena, word: number): void {
  if (Atomics.exchange(i32, word, FREE) === CONTENDED) Atomics.notify(i32, word, 1);
}
