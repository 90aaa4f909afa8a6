/**
 * How long it takes until a kick has ended a vCPU's run in another thread: of one whose guest is busy, and of one that sleeps in
 * WFI. From the call of `kick` until the thread has said that `run` came back; wants a core for each of the two threads.
 */
import { Worker } from 'node:worker_threads';
import { setTimeout as wait } from 'node:timers/promises';
import type { VmHandle } from '../src/kvm/index.ts';
import { vcpuWith } from './program.ts';

const PROGRAMS = {
  /** b . */
  busy: [0x14000000],
  /** wfi; b . - 4 */
  idle: [0xd503207f, 0x17ffffff],
} as const;

/** What the thread is given. */
export interface KickThreadData {
  readonly vm: VmHandle;
  /** Index into the arena's i32 view of the number of runs that came back. */
  readonly returned: number;
}

export interface KickLatency {
  /** Microseconds. */
  readonly median: number;
  readonly p99: number;
}

const KICKS = 1000;

async function latency(program: readonly number[]): Promise<KickLatency> {
  const { vm, vcpu } = vcpuWith(program, true);
  const returned = vm.arena.allocOwn(64, 64) >>> 2;
  const { i32 } = vm.arena;
  const workerData: KickThreadData = { vm: vm.share(), returned };
  const worker = new Worker(new URL('./kick-thread.ts', import.meta.url), { workerData });
  try {
    await new Promise((resolve, reject) => { worker.once('message', resolve).once('error', reject); });
    const times: number[] = [];
    for (let n = 0; n < KICKS; n++) {
      // Long enough that it is in the guest, or asleep, again.
      await wait(1);
      const before = Atomics.load(i32, returned);
      const started = process.hrtime.bigint();
      vcpu.kick();
      while (Atomics.load(i32, returned) === before);
      times.push(Number(process.hrtime.bigint() - started) / 1000);
    }
    times.sort((a, b) => a - b);
    return { median: times[KICKS >> 1]!, p99: times[Math.floor(KICKS * 0.99)]! };
  } finally {
    await worker.terminate();
  }
}

/** By what the vCPU's guest does. */
export async function kickLatencies(): Promise<Readonly<Record<keyof typeof PROGRAMS, KickLatency>>> {
  return { busy: await latency(PROGRAMS.busy), idle: await latency(PROGRAMS.idle) };
}
