/**
 * Random sequences of API calls with random arguments on VMs that come and go: only KvmErrors with Linux's codes may be thrown,
 * and a VM beside them, which nobody calls, stays as it is.
 * npm run fuzz:kvm -- [--calls 1000000] [--seed 1]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errno, EventFd, KvmError, openKvm, type Kvm } from '../../src/kvm/index.ts';
import { Arguments } from './arguments.ts';
import { calls, RAM, type Target } from './calls.ts';

const ARENA = 48 << 20;
const RAM_BYTES = 64 << 10;
/** Calls on a VM before it goes. */
const LIFE = 4000;

export interface FuzzReport {
  readonly calls: number;
  readonly vms: number;
  /** Calls that threw, by errno. */
  readonly errors: Readonly<Record<string, number>>;
  readonly exits: Readonly<Record<string, number>>;
}

/** Throws at the first thing that shouldn't be, with seed, number and name of the call. */
export function fuzzKvm(count: number, seed: number): FuzzReport {
  const a = new Arguments(seed);
  let ns = 0n;
  const kvm = openKvm({ clock: { now: () => { ns += 100n; return ns; }, wallSeconds: () => 0 }, random: () => a.random.u64() });
  const bystander = target(kvm);
  const before = prepareBystander(bystander);
  const errors: Record<string, number> = {};
  const exits: Record<string, number> = {};
  let vms = 0;
  let current: Target | undefined;
  for (let n = 0; n < count; n++) {
    if (n % LIFE === 0) {
      if (snapshot(bystander) !== before) throw new Error(`seed ${seed}: a VM that nobody called changed before call ${n}`);
      current = target(kvm);
      if (a.random.chance(0.7)) bringUp(current, a.random.chance(0.7) ? 7 : 5, a.random.chance(0.5) ? SVE : 0);
      vms++;
    }
    const [name, call] = a.random.pick(calls);
    try {
      const result = call(a, current!) as { exit_reason?: number } | undefined;
      if (result?.exit_reason !== undefined) exits[result.exit_reason] = (exits[result.exit_reason] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof KvmError) || errno[error.code] !== error.errno) {
        throw new Error(`seed ${seed}, call ${n}, ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
      errors[error.code] = (errors[error.code] ?? 0) + 1;
    }
  }
  if (snapshot(bystander) !== before) throw new Error(`seed ${seed}: a VM that nobody called changed`);
  return { calls: count, vms, errors, exits };
}

function target(kvm: Kvm): Target {
  const vm = kvm.createVm({ arenaBytes: ARENA });
  const ram = vm.arena.alloc(RAM_BYTES, 4096);
  vm.setUserMemoryRegion({ slot: 0, guest_phys_addr: RAM, memory_size: RAM_BYTES, userspace_addr: ram });
  return { vm, ram, ramBytes: RAM_BYTES, devices: [], events: Array.from({ length: 3 }, () => new EventFd()) };
}

/** Of KVM_ARM_VCPU_INIT. */
const PSCI_0_2 = 1 << 2;
const SVE = 1 << 4;

/** As a monitor does it; a vCPU with SVE is to be finalised yet. */
function bringUp({ vm, devices }: Target, type: number, features: number): void {
  const gic = vm.createDevice(type);
  devices.push(gic);
  for (const id of [0, 1]) vm.createVcpu(id).init({ target: 5, features: [PSCI_0_2 | features | (id && 1)] });
  const places = type === 7 ? [[2n, 0x800_0000n], [3n, 0x80a_0000n]] as const : [[0n, 0x800_0000n], [1n, 0x801_0000n]] as const;
  for (const [attr, address] of places) gic.setAttr(0, attr, address);
  gic.setAttr(4, 0n);
}

function prepareBystander(bystander: Target): string {
  const { vm, ram } = bystander;
  const vcpu = vm.createVcpu(0);
  vcpu.init({ target: 5, features: [4] });
  vm.arena.u8.fill(0x5a, ram, ram + RAM_BYTES);
  return snapshot(bystander);
}

/** All that the API shows of a VM, but for its counters of time. */
function snapshot({ vm, ram }: Target): string {
  const [vcpu] = vm.vcpus;
  const registers = vcpu!.getRegList().filter(id => id >> 7n !== 0x6030_0000_0013_df00n >> 7n).map(id => vcpu!.getOneReg(id).toString(16));
  let sum = 0;
  for (let at = ram; at < ram + RAM_BYTES; at++) sum = Math.imul(sum, 31) + vm.arena.u8[at]! | 0;
  return `${registers.join()} ${sum} ${JSON.stringify(vcpu!.stats)} ${vcpu!.getMpState()}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { calls: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } } });
  console.log(fuzzKvm(Number(values.calls), Number(values.seed)));
}
