/** An arm64 vCPU: the engine's CPU with its timers and interrupt lines, its power state, and reset. */
import { defineLayout, u32 } from '../../base/layout.ts';
import { EC, ExceptionEvent, takeException } from '../../guest/aarch64/exception.ts';
import { asEL1 } from '../../guest/aarch64/mmu.ts';
import type { CpuModel } from '../../guest/aarch64/models.ts';
import { REQUEST_INTERRUPT } from '../../vcpu/cpu.ts';
import type { GuestDebugControl, VcpuArch, VcpuAttributeValue, VcpuContext, VcpuEvents, VcpuEventsState, VcpuInit } from '../arch.ts';
import { KvmError } from '../errors.ts';
import type { KvmDebugExit, KvmExit, KvmRun } from '../exit.ts';
import { KVM_MP_STATE_RUNNABLE, KVM_MP_STATE_STOPPED, KVM_MP_STATE_SUSPENDED } from '../numbers.ts';
import type { VcpuControl } from '../requests.ts';
import type { VcpuStats } from '../stats.ts';
import { attributeGroup, findGroup } from './attributes/vcpu.ts';
import { getEvents, setEvents } from './events.ts';
import { checkFinalize, checkInit, modelWith } from './features.ts';
import { GuestDebug } from './debug.ts';
import type { Arm64Engine } from './guest.ts';
import { completeMmio } from './handle-exit.ts';
import {
  KVM_ARM_DEV_EL1_PTIMER, KVM_ARM_DEV_EL1_VTIMER, KVM_ARM_VCPU_POWER_OFF, KVM_ARM_VCPU_PSCI_0_2, KVM_ARM_VCPU_SVE,
} from './numbers.ts';
import { Platform } from './platform.ts';
import { createPmu, type VcpuPmu } from './pmu.ts';
import { isPsciVersion, PSCI_VERSION_0_1, PSCI_VERSION_1_1, type PsciCaller } from './psci.ts';
import { StolenTime } from './pvtime.ts';
import { createAArch32State, resetAArch32, type AArch32State } from './registers/aarch32.ts';
import { adoptIdentification } from './registers/identification.ts';
import { getOneReg, getRegList, setOneReg } from './registers/list.ts';
import { KVM_REQ_IRQ_PENDING, KVM_REQ_SLEEP, KVM_REQ_SUSPEND, KVM_REQ_VCPU_RESET } from './requests.ts';
import { run, type GuestPart, type RunEvent } from './run.ts';
import { Timers } from './timer.ts';
import type { Arm64Vm } from './vm.ts';

const layout = defineLayout({
  initialized: u32,
  /** Of the last init(): the target, and the features without POWER_OFF. */
  target: u32,
  features: u32,
  /** KVM_ARM_VCPU_FINALIZE of SVE was called. */
  sveFinalized: u32,
  /** In WFI: nothing is run until an interrupt is pending. */
  waiting: u32,
  /** Aff3..Aff0 of MPIDR_EL1. */
  affinity: u32,
});

const SCTLR_EE = 1n << 25n;

/** What a vCPU that PSCI turns on starts with, as payload of KVM_REQ_VCPU_RESET. */
const RESET_PC = 0;
const RESET_X0 = 1;
const RESET_BIG_ENDIAN = 2;

const MPIDR_RES1 = 1n << 31n;
/** MPIDR_EL1 as KVM derives it from the vCPU's id: 16 vCPUs to a cluster. */
const mpidrOf = (id: number): bigint => MPIDR_RES1 | BigInt((id & 15) | (id >>> 4 & 0xff) << 8 | (id >>> 12 & 0xff) << 16);

export class Arm64Vcpu implements VcpuArch, PsciCaller {
  readonly id: number;
  /** Position among the VM's vCPUs, in the order of creation. */
  readonly index: number;
  readonly vm: Arm64Vm;
  readonly cpu: Arm64Engine;
  readonly timers: Timers;
  readonly platform: Platform;
  readonly stats: VcpuStats;
  readonly control: VcpuControl;
  readonly kvmRun: KvmRun;
  /** For tests of the run loop's order. */
  trace: ((event: RunEvent) => void) | undefined;
  blocking = false;
  /** What stands beside the instructions, where it has something to do at each entry. */
  pmu: VcpuPmu | undefined;
  vgic: GuestPart | undefined;
  readonly debug: GuestDebug;
  readonly stolen: StolenTime;
  /** KVM_ARM_DEV_*: the lines that the timers and the PMU drive as they stand now. */
  deviceIrqLevel = 0;
  /** The eight bytes of every MMIO exit, as struct kvm_run has them, and the same as a word. */
  readonly mmioData = new Uint8Array(8);
  readonly mmioWord = new BigUint64Array(this.mmioData.buffer);
  /** Its timers' interrupts are theirs: from its first run on, even one that failed for another reason. */
  ownsTimerPpis = false;
  private ready = false;
  /** This thread has the parts that its features ask for. */
  private known = false;
  /** Its finalisation was noted here: another thread makes the same call again. */
  private finalized = false;
  private yields = 0;
  /** WFEs since it last dozed. */
  pauses = 0;
  readonly aarch32: AArch32State;
  /** What identification registers were when the vCPU was initialised, by sysregKey: they can't become more than that. */
  limits: ReadonlyMap<number, bigint> = new Map();
  /** All that the CPU could have; its guest has what init() asked for. */
  private readonly model: CpuModel;
  private readonly state: ReturnType<typeof layout.view>;

  constructor(vm: Arm64Vm, id: number, { stats, control, kvmRun }: VcpuContext) {
    const { arena, memory, log, options } = vm;
    this.id = id;
    this.index = vm.vcpus.length;
    this.vm = vm;
    this.stats = stats;
    this.control = control;
    this.kvmRun = kvmRun;
    this.state = layout.view(arena, arena.alloc(layout.size));
    this.timers = new Timers(arena, options.clock, vm.timers, (which, level) => this.timerLine(which, level));
    this.stolen = new StolenTime(this);
    this.debug = new GuestDebug(this, arena);
    this.platform = new Platform(this.timers, options.random);
    this.cpu = options.createCpu({ arena, memory, platform: this.platform, id, control, mpidr: mpidrOf(id), log, here: vm.threads?.here.includes(id) });
    this.model = this.cpu.guest.model;
    this.aarch32 = createAArch32State(arena);
    this.setMpidr(mpidrOf(id));
    control.setIpiWord(this.cpu.requestWord);
    this.platform.crowded = () => this.crowded();
    const alarm = vm.threads?.here.includes(id) === false ? undefined : options.createAlarm?.({ arena, expired: this.timers.expiredWord, requestWord: this.cpu.requestWord, control: control.places });
    if (alarm) this.timers.setAlarm(alarm);
  }

  get all(): readonly Arm64Vcpu[] { return this.vm.vcpus; }
  /** Aff3..Aff0 in 32 bits. */
  get affinity(): number { return this.state.affinity; }
  /** Without what isn't affinity. */
  get mpidr(): bigint { return BigInt(this.affinity & 0xff_ffff) | BigInt(this.affinity >>> 24) << 32n; }
  /** MPIDR_EL1 as the guest sees it, and by which PSCI and the interrupt controller know the vCPU. */
  setMpidr(value: bigint): void {
    this.cpu.guest.state.MPIDR_EL1 = value;
    this.state.affinity = Number(value & 0xff_ffffn) | Number(value >> 32n & 0xffn) << 24;
  }
  get initialized(): boolean { return this.state.initialized !== 0; }
  /** Whether init() asked for this feature, a bit number. */
  hasFeature(feature: number): boolean { return this.initialized && (this.state.features >>> feature & 1) !== 0; }
  get powerOff(): boolean { return this.control.mpState === KVM_MP_STATE_STOPPED; }
  get waiting(): boolean { return this.state.waiting !== 0; }
  set waiting(waiting: boolean) { this.state.waiting = waiting ? 1 : 0; }
  get runnable(): boolean { return this.initialized && !this.powerOff && (!this.waiting || this.interruptPending); }
  /** Masked by PSTATE or not. */
  get interruptPending(): boolean { return this.cpu.guest.lines() !== 0; }
  get x(): BigUint64Array { return this.cpu.guest.state.x; }
  get bigEndian(): boolean { return (this.cpu.guest.state.SCTLR_EL1 & SCTLR_EE) !== 0n; }
  get canSuspendSystem(): boolean { return this.vm.systemSuspend; }
  get psciVersion(): number {
    return this.hasFeature(KVM_ARM_VCPU_PSCI_0_2) ? this.vm.firmware.psciVersion || PSCI_VERSION_1_1 : PSCI_VERSION_0_1;
  }
  /** Of the whole VM. */
  set psciVersion(version: number) {
    if (!isPsciVersion(version) || (version !== PSCI_VERSION_0_1) !== this.hasFeature(KVM_ARM_VCPU_PSCI_0_2)) {
      throw new KvmError('EINVAL', `this vCPU can't have PSCI version 0x${version.toString(16)}`);
    }
    this.vm.firmware.psciVersion = version;
  }

  init(init: VcpuInit): void {
    const { state, vm } = this;
    const features = checkInit(this.model, init);
    if (this.initialized && (features !== state.features || init.target !== state.target)) {
      throw new KvmError('EINVAL', 'a vCPU can\'t be initialised again as another target or with other features');
    }
    vm.agreeOnFeatures(features);
    if (!this.known) {
      this.known = true;
      Object.assign(state, { initialized: 1, target: init.target, features });
      this.cpu.guest.setModel(modelWith(this.model, features));
      adoptIdentification(this);
      this.pmu = createPmu(this);
    }
    this.setMpidr(mpidrOf(this.id));
    this.reset();
    this.control.clearRequest(KVM_REQ_VCPU_RESET);
    this.setMpState(init.features[0] & 1 << KVM_ARM_VCPU_POWER_OFF ? KVM_MP_STATE_STOPPED : KVM_MP_STATE_RUNNABLE);
  }

  finalize(feature: number): void {
    checkFinalize(feature, this.hasFeature(KVM_ARM_VCPU_SVE), this.finalized);
    this.finalized = true;
    this.state.sveFinalized = 1;
  }

  get sveFinalized(): boolean { return this.state.sveFinalized !== 0; }
  /** Throws EPERM where the vCPU has SVE that isn't finalised. */
  private needsFinalize(): void {
    if (this.hasFeature(KVM_ARM_VCPU_SVE) && !this.sveFinalized) throw new KvmError('EPERM', `vCPU ${this.id} has SVE: call finalize() first`);
  }

  run(): KvmExit {
    if (this.vm.threads?.here.includes(this.id) === false) throw new KvmError('EBUSY', `another thread runs vCPU ${this.id}`);
    this.needsFinalize();
    if (!this.ready) this.makeReady();
    this.vm.prepare();
    return run(this);
  }

  /** Before the first run: what was set up has to fit together. Throws EINVAL. */
  private makeReady(): void {
    if (this.vm.hasIrqchip) {
      this.vm.timers.check(this.pmu?.owned);
      this.ownsTimerPpis = true;
    }
    this.pmu?.enable();
    this.ready = true;
  }

  completeMmio(reply: bigint | 'abort' | 'skip'): KvmExit | undefined {
    this.vm.takeOverMemory();
    return completeMmio(this, reply);
  }

  getOneReg(id: bigint): bigint {
    this.oweReset();
    return getOneReg(this, id);
  }
  setOneReg(id: bigint, value: bigint): void {
    this.oweReset();
    setOneReg(this, id, value);
  }
  /** A reset that was asked for comes before its user's writes. */
  private oweReset(): void {
    if (this.control.checkRequest(KVM_REQ_VCPU_RESET)) this.powerOn();
  }
  getRegList(): bigint[] {
    this.needsFinalize();
    return getRegList(this);
  }

  setGuestDebug(control: GuestDebugControl): void { this.debug.set(control); }

  translateForDebug(va: bigint): number | undefined {
    const found = this.cpu.guest.mmu.probe(va, 'read', asEL1);
    return typeof found === 'number' ? undefined : found.pa;
  }

  /** From a lower exception level the class in the syndrome is the one that KVM gives; from EL1 it is EL1's own. */
  injectDebugException({ hsr, far }: KvmDebugExit): void {
    const { guest } = this.cpu;
    const ec = hsr >>> 26 & ~1;
    const hasAddress = ec === EC.Watchpoint;
    takeException(guest, new ExceptionEvent(hsr >>> 26 === EC.BRK ? EC.BRK : ec, hsr & 0x1ff_ffff, hasAddress ? far : undefined), guest.state.pc);
  }

  getMpState(): number { return this.control.mpState; }

  setMpState(state: number): void {
    const { control } = this;
    if (state === KVM_MP_STATE_STOPPED) {
      this.powerDown();
      return;
    }
    if (state === KVM_MP_STATE_SUSPENDED) {
      control.mpState = state;
      control.makeRequest(KVM_REQ_SUSPEND);
      return;
    }
    if (state !== KVM_MP_STATE_RUNNABLE) throw new KvmError('EINVAL', `a vCPU has no mp state ${state}`);
    control.mpState = state;
    control.wakeUp();
  }

  getEvents(): VcpuEventsState { return getEvents(this.cpu.guest); }
  setEvents(events: VcpuEvents): void { setEvents(this.cpu.guest, events); }

  setAttr(group: number, attr: number, value: VcpuAttributeValue | undefined): void { attributeGroup(group).set(this, attr, value); }
  getAttr(group: number, attr: number): bigint { return attributeGroup(group).get(this, attr); }
  hasAttr(group: number, attr: number): boolean { return findGroup(group)?.has(this, attr) ?? false; }

  powerDown(): void {
    this.control.mpState = KVM_MP_STATE_STOPPED;
    this.control.makeRequest(KVM_REQ_SLEEP);
  }

  /** Any thread may do it: the vCPU's own resets it before it enters the guest. */
  powerUp(entry: bigint, context: bigint, bigEndian: boolean): boolean {
    const { control } = this;
    return control.changingMpState(() => {
      if (!this.powerOff) return false;
      control.setPayload(RESET_PC, entry);
      control.setPayload(RESET_X0, context);
      control.setPayload(RESET_BIG_ENDIAN, bigEndian ? 1n : 0n);
      control.setRequest(KVM_REQ_VCPU_RESET);
      control.mpState = KVM_MP_STATE_RUNNABLE;
      control.wakeUp();
      return true;
    });
  }

  /** What powerUp asked for. */
  powerOn(): void {
    const { control, cpu: { guest } } = this;
    this.reset();
    guest.state.pc = control.payload(RESET_PC);
    guest.state.x[0] = control.payload(RESET_X0);
    if (control.payload(RESET_BIG_ENDIAN)) guest.state.SCTLR_EL1 |= SCTLR_EE;
    guest.stateChanged();
  }

  refresh(): void {
    this.cpu.reset();
    this.cpu.guest.stateChanged();
    this.timers.refresh();
    this.pmu?.reload();
    this.debug.load();
  }

  /** YIELD: on a thread of its own it sleeps a little if it goes on and on; else it goes on when others had their turn. */
  private crowded(): boolean {
    if (this.blocking) return (this.yields = (this.yields + 1) & 255) === 0;
    return this.vm.vcpus.some(v => v !== this && v.runnable);
  }

  reloadPmu(): void { this.pmu?.reload(); }
  recordSteal(): void { this.stolen.record(); }

  /** An interrupt line into this CPU rose: running code looks at the lines, a sleeper wakes. From any thread. */
  interrupt(): void {
    Atomics.or(this.vm.arena.i32, this.cpu.requestWord, REQUEST_INTERRUPT);
    this.control.wakeUp();
  }

  /** The same with an exit, as the API's user is the interrupt controller. */
  userInterrupt(): void {
    Atomics.or(this.vm.arena.i32, this.cpu.requestWord, REQUEST_INTERRUPT);
    this.control.makeRequest(KVM_REQ_IRQ_PENDING);
  }

  private timerLine(which: 0 | 1, level: boolean): void {
    const { vm } = this;
    if (vm.hasIrqchip) vm.setPpi(this.index, vm.timers.ppis[which]!, level);
    else this.setDeviceLine(which === 0 ? KVM_ARM_DEV_EL1_VTIMER : KVM_ARM_DEV_EL1_PTIMER, level);
  }

  /** Without an in-kernel interrupt controller the API's user hears of these lines: by an exit as soon as one changes. */
  setDeviceLine(line: number, level: boolean): void {
    const lines = level ? this.deviceIrqLevel | line : this.deviceIrqLevel & ~line;
    if (lines === this.deviceIrqLevel) return;
    this.deviceIrqLevel = lines;
    this.control.kick();
  }

  private reset(): void {
    this.cpu.reset();
    this.cpu.guest.reset();
    resetAArch32(this.aarch32);
    this.timers.reset();
    this.state.waiting = 0;
  }
}
