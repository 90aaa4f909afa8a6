/** A run that another thread ends: reference D14.c, A4.5. A run that isn't ended hangs its test. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import { Random } from '../../src/base/random.ts';
import { KVM_REG_ARM_CORE, openKvm } from '../../src/kvm/index.ts';

const RAM = 0x4000_0000;
const B_SELF = 0x14000000;
const WFI = 0xd503207f;
const B_BACK = 0x17ffffff;

/** Runs vCPU 0 again and again, when the main thread says so: GO is the number of runs that may be begun, BACK of those that came back. */
const vcpuThread = `
  const { parentPort, workerData: { handle, module, go, back, wrong } } = require('node:worker_threads');
  import(module).then(({ openKvm, KVM_EXIT_INTR }) => {
    const vm = openKvm({ clock: { now: () => process.hrtime.bigint(), wallSeconds: () => 0 }, random: () => 0n }).attachVm(handle, [0]);
    const { i32 } = vm.arena;
    const [vcpu] = vm.vcpus;
    vcpu.blocking = true;
    parentPort.postMessage('ready');
    for (let n = 0; ; n++) {
      while (Atomics.load(i32, go) === n);
      const exit = vcpu.run();
      if (exit.exit_reason !== KVM_EXIT_INTR || exit.cause !== 'immediate_exit') Atomics.add(i32, wrong, 1);
      Atomics.add(i32, back, 1);
    }
  });
`;

test.each([['busy', [B_SELF]], ['waiting', [WFI, B_BACK]]])('D14.c immediate_exit before a run, while it begins or goes on always ends it: guest %s', async (_, words) => {
  const vm = openKvm({ clock: new MockClock(), random: () => 0n }).createVm({ arenaBytes: 96 << 20, threads: true });
  const ram = vm.arena.alloc(1 << 20, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: 1 << 20, userspace_addr: ram });
  vm.arena.u32.set(words, ram / 4);
  const vcpu = vm.createVcpu(0);
  vcpu.init({ target: vm.preferredTarget().target, features: [0] });
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  const { i32 } = vm.arena;
  const [go, back, wrong] = [0, 0, 0].map(() => vm.arena.allocOwn(64, 64) >>> 2) as [number, number, number];
  const workerData = { handle: vm.share(), module: new URL('../../src/kvm/index.ts', import.meta.url).href, go, back, wrong };
  const worker = new Worker(vcpuThread, { eval: true, workerData });
  const random = new Random(14);
  try {
    await new Promise((resolve, reject) => { worker.once('message', resolve).once('error', reject); });
    for (let n = 1; n <= 2000; n++) {
      // The flag comes up to some microseconds before or behind the run's beginning.
      const first = random.chance(0.2);
      if (first) vcpu.immediate_exit = true;
      Atomics.add(i32, go, 1);
      for (let wait = random.below(2000); wait > 0; wait--) Atomics.load(i32, go);
      if (!first) vcpu.immediate_exit = true;
      while (Atomics.load(i32, back) < n);
      vcpu.immediate_exit = false;
    }
    expect(Atomics.load(i32, wrong)).toBe(0);
  } finally {
    await worker.terminate();
  }
}, 60_000);
