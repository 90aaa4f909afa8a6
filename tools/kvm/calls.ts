/** Every call of the KVM-shaped API with random arguments. A call may throw what it likes: who makes it looks at that. */
import { EventFd, type KvmDevice, type Vcpu, type Vm } from '../../src/kvm/index.ts';
import type { Arguments } from './arguments.ts';

/** A VM that is called at random, and what it has. */
export interface Target {
  readonly vm: Vm;
  /** Arena address and bytes of the guest's memory. */
  readonly ram: number;
  readonly ramBytes: number;
  readonly devices: KvmDevice[];
  readonly events: readonly EventFd[];
}

export const RAM = 0x4000_0000;
/** Instructions of a run. */
const BUDGET = 200;

export type Call = (a: Arguments, target: Target) => unknown;

const onVcpu = (call: (a: Arguments, vcpu: Vcpu, target: Target) => unknown): Call => (a, target) => {
  const vcpu = target.vm.vcpus[a.random.below(target.vm.vcpus.length)];
  return vcpu && call(a, vcpu, target);
};
const onDevice = (call: (a: Arguments, device: KvmDevice) => unknown): Call => (a, { devices }) => {
  const device = devices[a.random.below(devices.length)];
  return device && call(a, device);
};

const known = new WeakMap<Vcpu, readonly bigint[]>();
function registersOf(vcpu: Vcpu): readonly bigint[] {
  const list = known.get(vcpu) ?? vcpu.getRegList();
  known.set(vcpu, list);
  return list;
}

/** By name; a name that is there twice is called twice as often. */
export const calls: readonly (readonly [name: string, call: Call])[] = [
  ['checkExtension', (a, { vm }) => vm.checkExtension(a.number())],
  ['setUserMemoryRegion', (a, { vm, ram, ramBytes }) => vm.setUserMemoryRegion({
    slot: a.number(0, 1, 2), flags: a.number(0, 1, 2, 3), guest_phys_addr: a.number(RAM, RAM + ramBytes, 0, 0x800_0000),
    memory_size: a.number(0, ramBytes, 4096), userspace_addr: a.number(ram, ram + 4096),
  })],
  ['getDirtyLog', (a, { vm }) => vm.getDirtyLog(a.number(0, 1))],
  ['clearDirtyLog', (a, { vm }) => vm.clearDirtyLog({
    slot: a.number(0, 1), first_page: a.number(0, 64), num_pages: a.number(64, 16), dirty_bitmap: a.bytes(16),
  })],
  ['enableCap', (a, { vm }) => vm.enableCap({ cap: a.number(168, 177, 216), flags: a.number(0), args: [a.bigint(0n, 1n, 3n)] })],
  ['createVcpu', (a, { vm }) => (vm.vcpus.length < 4 || a.random.chance(0.1)) && vm.createVcpu(a.number(0, 1, 2, 17))],
  ['createDevice', (a, { vm, devices }) => {
    const device = vm.createDevice(a.number(5, 7, 7, 8), a.number(0, 0, 0, 1));
    if (device) devices.push(device);
  }],
  ['createIrqchip', (a, { vm }) => a.random.chance(0.1) && vm.createIrqchip()],
  ['armSetDeviceAddr', (a, { vm }) => vm.armSetDeviceAddr({ id: a.number(0, 1), addr: a.bigint(0x800_0000n) })],
  ['irqLine', (a, { vm }) => vm.irqLine({ irq: a.number(0x100_0020, 0x200_0010, 0x0), level: a.number(0, 1) })],
  ['signalMsi', (a, { vm }) => vm.signalMsi({ address: a.bigint(0x808_0040n), data: a.number(), flags: a.number(0, 1), devid: a.number(0) })],
  ['setGsiRouting', (a, { vm }) => vm.setGsiRouting(Array.from({ length: a.random.below(4) }, () => ({
    gsi: a.number(0, 1), type: a.number(1, 2), flags: a.number(0, 1),
    ...(a.random.chance(0.8) && { irqchip: { irqchip: a.number(0), pin: a.number(0, 5) } }),
    ...(a.random.chance(0.5) && { msi: { address: a.bigint(), data: a.number() } }),
  })))],
  ['irqfd', (a, { vm, events }) => vm.irqfd({ fd: a.random.pick(events), gsi: a.number(0, 1), flags: a.number(0, 1, 2, 3), resamplefd: a.random.pick(events) })],
  ['getStatsFd', (a, { vm }) => a.random.pick([vm, ...vm.vcpus]).getStatsFd().pread(a.bytes(600), a.number(0, 24, 72))],
  ['ioeventfd', (a, { vm, events }) => vm.ioeventfd({
    fd: a.random.pick(events), addr: a.number(0x900_0000), len: a.number(0, 1, 2, 4, 8), flags: a.number(0, 1, 4), datamatch: a.bigint(0n),
  })],
  ['EventFd.signal', (a, { events }) => a.random.pick(events).signal(a.bigint(1n))],
  ['registerCoalescedMmio', (a, { vm }) => vm.registerCoalescedMmio({ addr: a.number(0x900_1000), size: a.number(4096), pio: a.number(0) })],
  ['unregisterCoalescedMmio', (a, { vm }) => vm.unregisterCoalescedMmio({ addr: a.number(0x900_1000), size: a.number(4096) })],
  ['drainCoalescedMmio', (_a, { vm }) => vm.drainCoalescedMmio()],
  ['memoryChanged', (a, { vm, ramBytes }) => vm.memoryChanged(a.number(RAM), a.number(ramBytes, 64))],
  ['vm.setAttr', (a, { vm }) => vm.setAttr(a.number(0), a.number(0), { base: a.number(0x8600_0000), nr_functions: a.number(1, 2), action: a.number(0, 1, 2) })],
  ['device.setAttr', onDevice((a, device) => device.setAttr(a.number(0, 1, 2, 3, 4, 5, 6, 7, 8), a.attribute(), a.bigint(0x800_0000n, 0x80a_0000n, 64n)))],
  ['device.setAttr', onDevice((_a, device) => device.setAttr(4, 0n))],
  ['device.getAttr', onDevice((a, device) => device.getAttr(a.number(0, 1, 2, 3, 4, 5, 6, 7, 8), a.attribute(), a.bigint()))],
  ['device.hasAttr', onDevice((a, device) => device.hasAttr(a.number(0, 1, 2, 3, 4, 5, 6, 7, 8), a.attribute()))],
  ['device.reset', onDevice((a, device) => a.random.chance(0.1) && device.reset())],
  ['init', onVcpu((a, vcpu) => {
    known.delete(vcpu);
    vcpu.init({ target: a.number(5), features: [a.number(0, 4, 4, 5, 12, 20, 20)] });
  })],
  ['finalize', onVcpu((a, vcpu) => vcpu.finalize(a.number(4, 4, 4)))],
  ['run', onVcpu(run)],
  ['run', onVcpu(run)],
  ['run', onVcpu(run)],
  ['immediate_exit', onVcpu((a, vcpu) => { vcpu.immediate_exit = a.random.chance(0.2); })],
  ['kick', onVcpu((a, vcpu) => vcpu.kick(a.number(10, 14)))],
  ['setSignalMask', onVcpu((a, vcpu) => vcpu.setSignalMask(a.random.chance(0.5) ? undefined : a.bigint(0n)))],
  ['getOneReg', onVcpu((a, vcpu) => vcpu.getOneReg(a.registerId(registersOf(vcpu))))],
  ['setOneReg', onVcpu((a, vcpu) => vcpu.setOneReg(a.registerId(registersOf(vcpu)), a.bigint(BigInt(RAM))))],
  ['setOneReg', onVcpu((a, vcpu) => vcpu.setOneReg(a.registerId(registersOf(vcpu)), a.bigint(BigInt(RAM))))],
  ['getRegList', onVcpu((_a, vcpu) => vcpu.getRegList())],
  ['translate', onVcpu((a, vcpu) => vcpu.translate(a.bigint(BigInt(RAM))))],
  ['getMpState', onVcpu((_a, vcpu) => vcpu.getMpState())],
  ['setMpState', onVcpu((a, vcpu) => vcpu.setMpState(a.number(0, 0, 0, 5, 10)))],
  ['vcpu.setAttr', onVcpu((a, vcpu) => vcpu.setAttr(a.number(0, 1, 2), a.number(0, 1, 2), a.bigint(23n, 27n, 64n)))],
  ['vcpu.getAttr', onVcpu((a, vcpu) => vcpu.getAttr(a.number(0, 1, 2), a.number(0, 1, 2)))],
  ['vcpu.hasAttr', onVcpu((a, vcpu) => vcpu.hasAttr(a.number(0, 1, 2), a.number(0, 1, 2)))],
  ['getVcpuEvents', onVcpu((_a, vcpu) => vcpu.getVcpuEvents())],
  ['setVcpuEvents', onVcpu((a, vcpu) => vcpu.setVcpuEvents({
    exception: {
      serror_pending: a.random.chance(0.3), serror_has_esr: a.random.chance(0.3), serror_esr: a.bigint(0n), ext_dabt_pending: a.random.chance(0.2),
    },
  }))],
];

/** Where X1 may point: devices, memory, nothing. */
const ADDRESSES = [0x800_0000n, 0x800_0100n, 0x80a_0000n, 0x808_0080n, 0x900_0000n, 0x900_1000n, BigInt(RAM), BigInt(RAM + 0x8000), 1n << 39n, 1n << 50n];
/** Loads and stores by X1, hypercalls, WFI, WFE, a branch back, system registers, ERET. */
const WORDS = [
  0xf9400020, 0xb9000020, 0x39400020, 0x38401420, 0xa9400420, 0x3dc00020, 0xc85f7c20, 0xd4000002, 0xd4000003, 0xd503207f, 0xd503205f,
  0x17fffff0, 0xd5380000, 0xd51be220, 0xd5384600, 0xd5184600, 0xd518cc20, 0xd69f03e0, 0xd4000001, 0xd4200000,
];

/** Random instructions, sometimes, and a run of a few of them. */
function run(a: Arguments, vcpu: Vcpu, { vm, ram, ramBytes }: Target): unknown {
  const { random } = a;
  if (random.chance(0.3)) {
    for (let n = 0; n < 256; n++) {
      vm.arena.u32[(ram >>> 2) + random.below(ramBytes >>> 2)] = random.chance(0.7) ? random.pick(WORDS) : random.u32();
    }
    vm.memoryChanged(RAM, ramBytes);
  }
  if (vcpu.arch.initialized && random.chance(0.3)) vcpu.setOneReg(0x6030_0000_0010_0002n, random.pick(ADDRESSES));
  if (vcpu.arch.initialized && random.chance(0.5)) vcpu.setOneReg(0x6030_0000_0010_0040n, BigInt(RAM + 4 * random.below(ramBytes >>> 2)));
  vcpu.arch.cpu.setBudget(BUDGET);
  return vcpu.run();
}
