/** A VM whose CPUs run scripts instead of guest code: each step is one exit of the engine. */
import { MockClock } from '../../src/base/clock.ts';
import { silentLog, type Log } from '../../src/base/log.ts';
import { Arm64Cpu } from '../../src/guest/aarch64/cpu.ts';
import { cpuModels, type CpuModelName } from '../../src/guest/aarch64/index.ts';
import { layout } from '../../src/guest/aarch64/state.ts';
import type { CpuEnv, GuestExit } from '../../src/isa/arch.ts';
import type { Cpu, CpuExit } from '../../src/vcpu/cpu.ts';
import { SIGUSR1 } from '../../src/kvm/requests.ts';
import { createArm64, Kvm, type AlarmTarget, type CpuSpec, type Vcpu, type Vm } from '../../src/kvm/index.ts';

/** What the guest does next; it may look at the CPU, whose answers to MMIO are in `answers`. */
export type Step = CpuExit | ((cpu: FakeCpu) => CpuExit);

export class FakeCpu implements Cpu<Arm64Cpu> {
  resets = 0;
  readonly guest: Arm64Cpu;
  readonly spec: CpuSpec;
  readonly requestWord: number;
  readonly retired = 0n;
  readonly script: Step[] = [];
  /** Everything that the layer above did, in order. */
  readonly events: string[] = [];
  readonly answers: bigint[] = [];

  constructor(spec: CpuSpec, model: CpuModelName = 'cortex-a57') {
    const { arena } = spec;
    const base = arena.alloc(layout.size);
    this.spec = spec;
    this.requestWord = arena.alloc(16) >>> 2;
    const env: CpuEnv = {
      arena, base, log: spec.log, modeChanged: () => {}, interruptsChanged: () => {}, flushTlb: () => {}, flushTlbPage: () => {}, ram: () => -1, ramForWrite: () => -1,
    };
    this.guest = new Arm64Cpu(env, cpuModels[model], { platform: spec.platform, mpidr: spec.mpidr, gicSystemRegisters: true, semihosting: true });
  }

  /** As the engine: a pending kick ends the run, an interrupt request is looked at. */
  run(): CpuExit {
    const { i32 } = this.spec.arena;
    if (Atomics.and(i32, this.requestWord, ~1) & 1) return { kind: 'kicked' };
    Atomics.and(i32, this.requestWord, ~2);
    this.guest.takeInterrupt();
    const step = this.script.shift();
    if (step === undefined) throw new Error('the script is over');
    this.events.push('run');
    const exit = typeof step === 'function' ? step(this) : step;
    if (exit.kind === 'kicked') this.spec.control.sendSignal(SIGUSR1);
    return exit;
  }

  step(): CpuExit | undefined { return this.script.length === 0 ? undefined : this.run(); }
  completeMmio(data: bigint): void { this.events.push('complete'); this.answers.push(data); }
  abortMmio(): void { this.events.push('abort'); }
  finishMmio(): CpuExit | undefined { this.events.push('finish'); return undefined; }
  protectPage(): void { this.events.push('protectPage'); }
  reset(): void { this.resets++; }
  setBudget(): void {}
  flushTlb(): void { this.events.push('flushTlb'); }
  memoryChanged(pa: number, bytes: number): void { this.events.push(`memoryChanged ${pa.toString(16)} ${bytes.toString(16)}`); }
}

export const read = (pa: number, bytes = 4): CpuExit => ({ kind: 'mmio', pa, bytes, write: false, data: 0n });
export const write = (pa: number, data: bigint | number, bytes = 4): CpuExit => ({ kind: 'mmio', pa, bytes, write: true, data: BigInt(data) });
export const guest = (kind: 'hvc' | 'smc' | 'wfi' | 'wfe' | 'semihost'): CpuExit => ({ kind: 'guest', exit: { kind, immediate: 0 } as GuestExit });
/** A signal ends the run. */
export const kicked: CpuExit = { kind: 'kicked' };
/** A firmware call with these registers. */
export const call = (kind: 'hvc' | 'smc', fn: number, ...args: bigint[]): Step => cpu => {
  [BigInt(fn), ...args].forEach((value, i) => { cpu.guest.state.x[i] = value; });
  return guest(kind);
};

export class TestAlarm {
  deadline: bigint | undefined;
  calls = 0;
  readonly target: AlarmTarget;
  constructor(target: AlarmTarget) { this.target = target; }
  at(deadline: bigint | undefined): void {
    this.deadline = deadline;
    this.calls++;
  }

  /** What the host's thread does at the deadline. */
  ring(): void {
    const { i32 } = this.target.arena;
    this.deadline = undefined;
    Atomics.store(i32, this.target.expired, 1);
    Atomics.or(i32, this.target.requestWord, 2);
  }
}

export interface TestVm {
  readonly kvm: Kvm;
  readonly vm: Vm;
  readonly clock: MockClock;
  readonly cpus: FakeCpu[];
  readonly alarms: TestAlarm[];
}

export function createVm(log: Log = silentLog, model: CpuModelName = 'cortex-a57'): TestVm {
  const clock = new MockClock();
  const cpus: FakeCpu[] = [];
  const alarms: TestAlarm[] = [];
  const kvm = new Kvm(createArm64({
    clock, log, random: () => 4n, model: cpuModels[model],
    createCpu: spec => {
      const cpu = new FakeCpu(spec, model);
      cpus.push(cpu);
      return cpu;
    },
    createAlarm: target => {
      const alarm = new TestAlarm(target);
      alarms.push(alarm);
      return alarm;
    },
  }));
  return { kvm, vm: kvm.createVm({ arenaBytes: 1 << 20 }), clock, cpus, alarms };
}

/** vCPU 0 as a VMM would start it, and the given number of others, off. */
export function startVcpus(vm: Vm, count = 1, psci = true): Vcpu[] {
  return Array.from({ length: count }, (_, id) => {
    const vcpu = vm.vcpus.find(v => v.id === id) ?? vm.createVcpu(id);
    vcpu.init({ target: vm.preferredTarget().target, features: [(psci ? 4 : 0) | (id > 0 ? 1 : 0)] });
    return vcpu;
  });
}
