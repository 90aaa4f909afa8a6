/** The vCPU's thread of kicks.ts: runs it again and again, and counts how often that came back. */
import { parentPort, workerData } from 'node:worker_threads';
import type { KickThreadData } from './kicks.ts';
import { openBenchKvm } from './program.ts';

const { vm: handle, returned } = workerData as KickThreadData;
const vm = openBenchKvm().attachVm(handle, [0]);
const [vcpu] = vm.vcpus;
vcpu!.blocking = true;
parentPort?.postMessage('ready');
for (;;) {
  vcpu!.run();
  Atomics.add(vm.arena.i32, returned, 1);
}
