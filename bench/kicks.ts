/**
 * How long it takes until a kick has ended a vCPU's run in another thread: of one whose guest is busy, and of one that sleeps in
 * WFI. From the call of `kick` until the thread has said that `run` came back; wants a core for each of the two threads.
 */
import { Worker } from 'node:worker_threads';
import { setTimeout as wait } from 'node:timers/promises';
import { KVM_DEV_TYPE_ARM_VGIC_V3, KVM_REG_ARM_CORE, openKvm, type VmHandle } from '../src/kvm/index.ts';

const RAM = 0x4000_0000;

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
  const kvm = openKvm({ clock: { now: () => process.hrtime.bigint(), wallSeconds: () => 0 }, random: () => 0n });
  const vm = kvm.createVm({ arenaBytes: 100 << 20, threads: true });
  const ram = vm.arena.alloc(1 << 20, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: 1 << 20, userspace_addr: ram });
  vm.arena.u32.set(program, ram >>> 2);
  const gic = vm.createDevice(KVM_DEV_TYPE_ARM_VGIC_V3);
  const vcpu = vm.createVcpu(0);
  for (const [type, address] of [[2n, 0x0800_0000n], [3n, 0x080a_0000n]] as const) gic.setAttr(0, type, address);
  vcpu.init({ target: vm.preferredTarget().target, features: [0] });
  gic.setAttr(4, 0n);
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
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
