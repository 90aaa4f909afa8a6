/** An arm64 vCPU: the engine's CPU with its timers and interrupt lines, its power state, and reset. */
import { defineLayout, u32 } from '../../base/layout.ts';
import { REQUEST_INTERRUPT, REQUEST_KICK } from '../../vcpu/cpu.ts';
import type { VcpuArch, VcpuAttributeValue, VcpuInit, VcpuStats } from '../arch.ts';
import { KvmError } from '../errors.ts';
import type { KvmExit } from '../exit.ts';
import { KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_STOPPED } from '../numbers.ts';
import { attributeGroup, findGroup } from './attributes/vcpu.ts';
import type { Arm64Engine } from './guest.ts';
import {
  KVM_ARM_TARGET_GENERIC_V8, KVM_ARM_VCPU_LAST_FEATURE, KVM_ARM_VCPU_POWER_OFF, KVM_ARM_VCPU_PSCI_0_2,
} from './numbers.ts';
import { Platform } from './platform.ts';
import { isPsciVersion, PSCI_VERSION_0_1, PSCI_VERSION_1_1, type PsciCaller } from './psci.ts';
import { getOneReg, getRegList, setOneReg } from './registers.ts';
import { run } from './run.ts';
import { Timers } from './timer.ts';
import type { Arm64Vm } from './vm.ts';

const layout = defineLayout({
  initialized: u32,
  features: u32,
  powerOff: u32,
  /** In WFI: nothing is run until an interrupt is pending. */
  waiting: u32,
  psciVersion: u32,
});

const SUPPORTED_FEATURES = 1 << KVM_ARM_VCPU_POWER_OFF | 1 << KVM_ARM_VCPU_PSCI_0_2;
const SCTLR_EE = 1n << 25n;

/** MPIDR_EL1 as KVM derives it from the vCPU's id: 16 vCPUs to a cluster; bit 31 is RES1. */
const mpidrOf = (id: number): bigint => BigInt((id & 15) | (id >>> 4 & 0xff) << 8 | (id >>> 12 & 0xff) << 16);

export class Arm64Vcpu implements VcpuArch, PsciCaller {
  readonly id: number;
  /** Position among the VM's vCPUs, in the order of creation. */
  readonly index: number;
  readonly vm: Arm64Vm;
  readonly cpu: Arm64Engine;
  readonly timers: Timers;
  readonly platform: Platform;
  readonly stats: VcpuStats;
  readonly mpidr: bigint;
  private readonly state: ReturnType<typeof layout.view>;

  constructor(vm: Arm64Vm, id: number, stats: VcpuStats) {
    const { arena, memory, log, options } = vm;
    this.id = id;
    this.index = vm.vcpus.length;
    this.vm = vm;
    this.stats = stats;
    this.mpidr = mpidrOf(id);
    this.state = layout.view(arena, arena.alloc(layout.size));
    this.timers = new Timers(arena, options.clock, (intid, level) => vm.setPpi(this.index, intid, level));
    this.platform = new Platform(this.timers, options.random);
    this.cpu = options.createCpu({ arena, memory, platform: this.platform, id, mpidr: this.mpidr | 0x8000_0000n, log });
    const alarm = options.createAlarm?.({ arena, expired: this.timers.expiredWord, requestWord: this.cpu.requestWord });
    if (alarm) this.timers.setAlarm(alarm);
  }

  get all(): readonly Arm64Vcpu[] { return this.vm.vcpus; }
  /** Aff3..Aff0 in 32 bits. */
  get affinity(): number { return Number(this.mpidr); }
  get initialized(): boolean { return this.state.initialized !== 0; }
  /** Whether init() asked for this feature, a bit number. */
  hasFeature(feature: number): boolean { return this.initialized && (this.state.features >>> feature & 1) !== 0; }
  get powerOff(): boolean { return this.state.powerOff !== 0; }
  get waiting(): boolean { return this.state.waiting !== 0; }
  set waiting(waiting: boolean) { this.state.waiting = waiting ? 1 : 0; }
  get runnable(): boolean { return this.initialized && !this.powerOff && (!this.waiting || this.platform.lines() !== 0); }
  get x(): BigUint64Array { return this.cpu.guest.state.x; }
  get bigEndian(): boolean { return (this.cpu.guest.state.SCTLR_EL1 & SCTLR_EE) !== 0n; }
  get psciVersion(): number { return this.state.psciVersion; }
  set psciVersion(version: number) {
    const hasPsci02 = (this.state.features >>> KVM_ARM_VCPU_PSCI_0_2 & 1) !== 0;
    if (!isPsciVersion(version) || (version !== PSCI_VERSION_0_1) !== hasPsci02) {
      throw new KvmError('EINVAL', `this vCPU can't have PSCI version 0x${version.toString(16)}`);
    }
    this.state.psciVersion = version;
  }

  init({ target, features: [features] }: VcpuInit): void {
    if (target !== KVM_ARM_TARGET_GENERIC_V8) throw new KvmError('EINVAL', `there is no vCPU target ${target}; use preferredTarget()`);
    this.checkFeatures(features);
    const again = this.initialized;
    this.state.initialized = 1;
    this.state.features = features;
    if (!again) this.state.psciVersion = features & 1 << KVM_ARM_VCPU_PSCI_0_2 ? PSCI_VERSION_1_1 : PSCI_VERSION_0_1;
    this.reset();
    this.state.powerOff = features & 1 << KVM_ARM_VCPU_POWER_OFF ? 1 : 0;
  }

  private checkFeatures(features: number): void {
    const bits = `0x${features.toString(16)}`;
    if (features >>> (KVM_ARM_VCPU_LAST_FEATURE + 1)) throw new KvmError('ENOENT', `vCPU features ${bits} have an unknown bit`);
    if (features & ~SUPPORTED_FEATURES) {
      throw new KvmError('EINVAL', `of vCPU features only POWER_OFF and PSCI_0_2 are supported, not ${bits}`);
    }
    // POWER_OFF alone may differ from one call to the next.
    if (this.initialized && (features ^ this.state.features) & ~(1 << KVM_ARM_VCPU_POWER_OFF)) {
      throw new KvmError('EINVAL', 'a vCPU can\'t be initialised again with other features');
    }
  }

  run(): KvmExit {
    this.vm.prepare();
    return run(this);
  }

  getOneReg(id: bigint): bigint { return getOneReg(this, id); }
  setOneReg(id: bigint, value: bigint): void { setOneReg(this, id, value); }
  getRegList(): bigint[] { return getRegList(this); }

  getMpState(): number {
    return this.powerOff ? KVM_MP_STATE_STOPPED : KVM_MP_STATE_RUNNABLE;
  }

  setMpState(state: number): void {
    if (state !== KVM_MP_STATE_RUNNABLE && state !== KVM_MP_STATE_STOPPED) throw new KvmError('EINVAL', `a vCPU has no mp state ${state}`);
    this.state.powerOff = state === KVM_MP_STATE_STOPPED ? 1 : 0;
  }

  setAttr(group: number, attr: number, value: VcpuAttributeValue | undefined): void { attributeGroup(group).set(this, attr, value); }
  getAttr(group: number, attr: number): bigint { return attributeGroup(group).get(this, attr); }
  hasAttr(group: number, attr: number): boolean { return findGroup(group)?.has(this, attr) ?? false; }

  powerDown(): void {
    this.state.powerOff = 1;
    this.kick(REQUEST_KICK);
  }

  powerUp(entry: bigint, context: bigint, bigEndian: boolean): void {
    this.reset();
    const { state } = this.cpu.guest;
    state.pc = entry;
    state.x[0] = context;
    if (bigEndian) state.SCTLR_EL1 |= SCTLR_EE;
    this.cpu.guest.stateChanged();
    this.state.powerOff = 0;
    this.kick(REQUEST_KICK);
  }

  /** An interrupt line into this CPU rose. */
  interrupt(): void {
    this.kick(REQUEST_INTERRUPT);
  }

  kick(request: number): void {
    const { i32 } = this.vm.arena;
    Atomics.or(i32, this.cpu.requestWord, request);
    Atomics.notify(i32, this.cpu.requestWord);
  }

  private reset(): void {
    this.cpu.reset();
    this.cpu.guest.reset();
    this.timers.reset();
    this.state.waiting = 0;
  }
}
