/** The other thread of vgic-threads.test.ts: the same interrupt controller, and what CPU 1 does. */
import { parentPort, workerData } from 'node:worker_threads';
import { Arena, type ArenaPlace } from '../../src/base/arena.ts';
import { acknowledgeUntil, makeShared, toggle, type SharedPlaces } from './vgic-shared.ts';

interface Start {
  readonly memory: WebAssembly.Memory;
  readonly places: readonly ArenaPlace[];
  readonly words: SharedPlaces;
  readonly rounds: number;
}

const { memory, places, words, rounds } = workerData as Start;
const gic = makeShared(new Arena(memory, places), words);
parentPort!.postMessage('ready');
toggle(gic, words, 41, rounds);
acknowledgeUntil(gic, words, 1, rounds);
parentPort!.postMessage('done');
