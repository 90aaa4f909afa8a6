/** One interrupt controller, two threads: its lock, and that no interrupt is lost between them. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Arena, type ArenaPlace } from '../../src/base/arena.ts';
import { acknowledgeUntil, makeShared, toggle, type SharedPlaces } from './vgic-shared.ts';

const ROUNDS = 20_000;

test('lines and SGIs of two threads: none is lost, none is doubled', async () => {
  const arena = new Arena(1 << 20);
  const first = arena.alloc(64) >>> 2;
  const words: SharedPlaces = { signalled: [first, first + 1], taken: [first + 2, first + 3], begun: first + 4, counter: first + 5 };
  const places: ArenaPlace[] = [];
  const gic = arena.recording(places, () => makeShared(arena, words));
  const { vgic, registers } = gic;
  vgic.nrIrqs = 64;
  vgic.reset();
  vgic.state.enableGroups = 2;
  for (const { state } of vgic.cpus) state.enabled[0] = 1 << 3;
  for (const { PMR, IGRPEN1 } of registers) {
    PMR.write!(0xffn);
    IGRPEN1.write!(1n);
  }
  const worker = new Worker(new URL('vgic-thread.ts', import.meta.url), { workerData: { memory: arena.memory, places, words, rounds: ROUNDS } });
  try {
    await once(worker, 'message');
    const done = once(worker, 'message');
    // Both change bits of the same words, which are read and written back: without the lock some changes would be lost.
    toggle(gic, words, 40, ROUNDS);
    registers[0]!.SGI1R.write!(3n << 24n | 2n);
    acknowledgeUntil(gic, words, 0, ROUNDS);
    await done;
    expect([...words.taken].map(word => arena.i32[word])).toEqual([ROUNDS, ROUNDS]);
    expect(arena.i32[words.counter]).toBe(2 * ROUNDS);
    expect(vgic.state.line[1]).toBe(3 << 8);
    expect(vgic.cpus.map(({ state }) => [state.latch[0], state.active[0], state.activePriorities[1]])).toEqual([[0, 0, 0], [0, 0, 0]]);
  } finally {
    await worker.terminate();
  }
});
