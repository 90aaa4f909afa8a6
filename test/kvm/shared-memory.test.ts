/** Memory slots that change after other threads were given the VM. Reference B1.SET_USER_MEMORY_REGION, D2. */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { MockClock } from '../../src/base/clock.ts';
import {
  KVM_EXIT_INTR, KVM_EXIT_MMIO, KVM_MEM_LOG_DIRTY_PAGES, KVM_MEM_READONLY, KVM_REG_ARM_CORE, openKvm, type Kvm, type KvmExit, type Vcpu, type Vm,
} from '../../src/kvm/index.ts';
import { code } from './error-code.ts';

const RAM = 0x4000_0000;
const EXTRA = 0x6000_0000;
const SIZE = 1 << 20;
const kvm = (): Kvm => openKvm({ clock: new MockClock(), random: () => 0n });
const LDR = 0xf9400041; // ldr x1, [x2]
const STR = 0xf9000061; // str x1, [x3]
const BACK = 0x17fffffe; // b . - 8

interface Made { readonly vm: Vm; readonly blocks: readonly [number, number]; readonly ram: number }

/** One vCPU at RAM, which has X2 EXTRA and X3 RAM + 0x1000; and two blocks of the arena for EXTRA, which hold 1 and 2. */
function made(words: readonly number[]): Made {
  const vm = kvm().createVm({ arenaBytes: 96 << 20, threads: true });
  const ram = vm.arena.alloc(SIZE, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: SIZE, userspace_addr: ram });
  vm.arena.u32.set(words, ram / 4);
  const vcpu = vm.createVcpu(0);
  vcpu.init({ target: vm.preferredTarget().target, features: [0] });
  for (const [id, value] of [[KVM_REG_ARM_CORE.PC, RAM], [KVM_REG_ARM_CORE.X(2), EXTRA], [KVM_REG_ARM_CORE.X(3), RAM + 0x1000]] as const) vcpu.setOneReg(id, BigInt(value));
  const blocks = [vm.arena.allocOwn(SIZE, 4096), vm.arena.allocOwn(SIZE, 4096)] as const;
  blocks.forEach((block, n) => { vm.arena.u64[block / 8] = BigInt(n + 1); });
  return { vm, ram, blocks };
}

const attached = (vm: Vm): Vcpu => kvm().attachVm(vm.share(), [0]).vcpus[0]!;
const extra = (userspace_addr: number, flags = 0, memory_size = SIZE): Parameters<Vm['setUserMemoryRegion']>[0] =>
  ({ slot: 1, guest_phys_addr: EXTRA, memory_size, userspace_addr, flags });

/** Runs the program's one load or store, and stands before it again. */
function once(vcpu: Vcpu, count = 1): KvmExit {
  vcpu.setOneReg(KVM_REG_ARM_CORE.PC, BigInt(RAM));
  vcpu.arch.cpu.setBudget(count);
  return vcpu.run();
}

test('B1.SET_USER_MEMORY_REGION a slot that is added, moved to other memory and deleted: the next run goes by it', () => {
  const { vm, blocks } = made([LDR]);
  const vcpu = attached(vm);
  const x1 = (): bigint => vcpu.getOneReg(KVM_REG_ARM_CORE.X(1));
  expect(once(vcpu)).toMatchObject({ exit_reason: KVM_EXIT_MMIO, phys_addr: EXTRA });
  vm.setUserMemoryRegion(extra(blocks[0]));
  // The access that was left for is the user's, whatever is there by now.
  expect(vcpu.run()).toMatchObject({ exit_reason: KVM_EXIT_INTR, cause: 'budget' });
  expect([once(vcpu).exit_reason, x1()]).toEqual([KVM_EXIT_INTR, 1n]);
  vm.setUserMemoryRegion(extra(0, 0, 0));
  expect(once(vcpu).exit_reason).toBe(KVM_EXIT_MMIO);
  vcpu.run();
  vm.setUserMemoryRegion(extra(blocks[1]));
  expect([once(vcpu).exit_reason, x1()]).toEqual([KVM_EXIT_INTR, 2n]);
  expect(code(() => vm.setUserMemoryRegion({ ...extra(blocks[0]), slot: 2 }))).toBe('EEXIST');
});

test('B1.SET_USER_MEMORY_REGION any thread may change them; one that attaches later has them as they are', () => {
  const { vm, blocks } = made([LDR]);
  const handle = vm.share();
  const [here, there] = [kvm().attachVm(handle, []), kvm().attachVm(handle, [0])];
  here.setUserMemoryRegion(extra(blocks[0]));
  expect(code(() => vm.setUserMemoryRegion({ ...extra(blocks[1]), slot: 2 }))).toBe('EEXIST');
  vm.setUserMemoryRegion({ ...extra(blocks[1], KVM_MEM_READONLY), slot: 2, guest_phys_addr: EXTRA + SIZE });
  const [vcpu] = there.vcpus;
  once(vcpu!);
  expect(vcpu!.getOneReg(KVM_REG_ARM_CORE.X(1))).toBe(1n);
  const late = kvm().attachVm(handle, [0]);
  expect([late.memory.at(EXTRA, 8), late.memory.find(EXTRA + SIZE)?.readonly]).toEqual([blocks[0], true]);
});

test('B1.GET_DIRTY_LOG a log that begins while others have the VM: what a vCPU of another thread writes is in it', () => {
  const { vm, blocks } = made([0xf9000041]); // str x1, [x2]
  const vcpu = attached(vm);
  vm.setUserMemoryRegion(extra(blocks[0]));
  once(vcpu);
  vm.setUserMemoryRegion(extra(blocks[0], KVM_MEM_LOG_DIRTY_PAGES));
  expect(vm.getDirtyLog(1)[0]).toBe(0);
  once(vcpu);
  expect([vm.getDirtyLog(1)[0], vm.getDirtyLog(1)[0]]).toEqual([1, 0]);
  once(vcpu);
  expect(vm.getDirtyLog(1)[0]).toBe(1);
  vm.setUserMemoryRegion(extra(blocks[0]));
  expect(code(() => vm.getDirtyLog(1))).toBe('ENOENT');
});

/** Runs vCPU 0, answering reads with 0. */
const vcpuThread = `
  const { parentPort, workerData: { handle, module } } = require('node:worker_threads');
  import(module).then(({ openKvm, KVM_EXIT_MMIO }) => {
    const vm = openKvm({ clock: { now: () => process.hrtime.bigint(), wallSeconds: () => 0 }, random: () => 0n }).attachVm(handle, [0]);
    parentPort.postMessage('ready');
    for (;;) {
      const exit = vm.vcpus[0].run();
      if (exit.exit_reason === KVM_EXIT_MMIO) exit.data.fill(0);
    }
  });
`;

test('D2.10 while a vCPU runs in another thread: when the call comes back it reads what is there now, and nothing else', async () => {
  const { vm, ram, blocks } = made([LDR, STR, BACK]);
  const { u64 } = vm.arena;
  const seen = (ram + 0x1000) / 8;
  const worker = new Worker(vcpuThread, { eval: true, workerData: { handle: vm.share(), module: new URL('../../src/kvm/index.ts', import.meta.url).href } });
  try {
    await new Promise((resolve, reject) => { worker.once('message', resolve).once('error', reject); });
    const awaits = (value: bigint): void => { while (u64[seen] !== value) Atomics.load(vm.arena.i32, 0); };
    for (let n = 0; n < 50; n++) {
      const block = blocks[n % 2]!;
      vm.setUserMemoryRegion(extra(block));
      awaits(BigInt(n % 2 + 1));
      vm.setUserMemoryRegion(extra(0, 0, 0));
      // Nobody reads the block any more.
      u64[block / 8] = 99n;
      awaits(0n);
      u64[block / 8] = BigInt(n % 2 + 1);
    }
  } finally {
    await worker.terminate();
  }
});
