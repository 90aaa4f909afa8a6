/** What a guest architecture gives the KVM-shaped API: everything that isn't the same for all of them. */
import type { Arena } from '../base/arena.ts';
import type { Log } from '../base/log.ts';
import type { Cpu } from '../vcpu/cpu.ts';
import type { PhysicalMemory } from '../vcpu/physical.ts';
import type { KernelBus } from './bus.ts';
import type { KvmDebugExit, KvmExit, KvmRun } from './exit.ts';
import type { VcpuControl } from './requests.ts';
import type { VcpuStats } from './stats.ts';

/** KVM_ARM_VCPU_INIT's argument: the target and the feature bits. */
export interface VcpuInit {
  readonly target: number;
  /** Bit n of the first word is feature n; further words have none yet. */
  readonly features: readonly [number, ...number[]];
}

/** A device of KVM_CREATE_DEVICE. Attributes are 64-bit; errors as in Linux. */
export interface KvmDevice {
  setAttr(group: number, attr: bigint, value?: bigint): void;
  /** `argument`: what the attribute's memory holds before, where that says what is asked for. */
  getAttr(group: number, attr: bigint, argument?: bigint): bigint;
  hasAttr(group: number, attr: bigint): boolean;
  /** Not Linux's: puts the device back as its initialisation left it, for a machine that resets. */
  reset(): void;
}

/** struct kvm_msi: `flags` KVM_MSI_VALID_DEVID where there is a `devid`. */
export interface KvmMsi {
  readonly address: bigint;
  readonly data: number;
  readonly flags?: number;
  readonly devid?: number;
}

/** struct kvm_vcpu_events: in what is set, everything that is left out is false. */
export interface VcpuEvents {
  readonly exception: {
    readonly serror_pending?: boolean;
    /** `serror_esr` is the SError's syndrome: ISS, 25 bits. */
    readonly serror_has_esr?: boolean;
    readonly serror_esr?: bigint;
    /** The pending MMIO access is answered by an external data abort instead of data. Never true in what is got. */
    readonly ext_dabt_pending?: boolean;
  };
}
export interface VcpuEventsState extends VcpuEvents {
  readonly exception: Required<VcpuEvents['exception']>;
}

/** struct kvm_reg_list: `n` is the room in `reg`, and afterwards how many there are. */
export interface RegList {
  n: number;
  readonly reg: BigUint64Array;
}

/** struct reg_mask_range: `addr` gets a mask for each register of the range. Of the ranges there is one, 0: ID registers. */
export interface RegMaskRange {
  readonly addr: BigUint64Array;
  readonly range: number;
}

/** struct kvm_pmu_event_filter. */
export interface PmuEventFilter {
  readonly base_event: number;
  readonly nevents: number;
  /** KVM_PMU_EVENT_ALLOW or KVM_PMU_EVENT_DENY. */
  readonly action: number;
}

/** What an attribute's address points to: a number, or the struct of the one attribute that has one. */
export type VcpuAttributeValue = bigint | PmuEventFilter;

export interface VcpuArch {
  readonly cpu: Cpu;
  /** Another thread changed the state: what is derived from it is made again. */
  refresh(): void;
  readonly initialized: boolean;
  readonly runnable: boolean;
  init(init: VcpuInit): void;
  finalize(feature: number): void;
  /** A run waits here, as KVM_RUN does, instead of coming back with 'idle': for a vCPU on a thread of its own. */
  blocking: boolean;
  /** Finishes the instruction of the last MMIO exit with its answer; an exit where it needs another one. */
  completeMmio(reply: bigint | 'abort' | 'skip'): KvmExit | undefined;
  /** Runs until there is something for the caller. MMIO of the last exit is already answered. */
  run(): KvmExit;
  getOneReg(id: bigint): bigint;
  setOneReg(id: bigint, value: bigint): void;
  getRegList(): bigint[];
  setGuestDebug(debug: GuestDebugControl): void;
  translateForDebug(va: bigint): number | undefined;
  injectDebugException(exit: KvmDebugExit): void;
  getMpState(): number;
  setMpState(state: number): void;
  getEvents(): VcpuEventsState;
  setEvents(events: VcpuEvents): void;
  setAttr(group: number, attr: number, value: VcpuAttributeValue | undefined): void;
  getAttr(group: number, attr: number): bigint;
  hasAttr(group: number, attr: number): boolean;
}

/** struct kvm_guest_debug: KVM_GUESTDBG_* and, with USE_HW, the debug registers. */
export interface GuestDebugControl {
  readonly control: number;
  /** struct kvm_guest_debug_arch: sixteen of each; what is left out is 0. */
  readonly arch?: {
    readonly dbg_bcr?: readonly bigint[];
    readonly dbg_bvr?: readonly bigint[];
    readonly dbg_wcr?: readonly bigint[];
    readonly dbg_wvr?: readonly bigint[];
  };
}

/** What a vCPU's two halves share. */
export interface VcpuContext {
  readonly stats: VcpuStats;
  readonly control: VcpuControl;
  readonly kvmRun: KvmRun;
}

/** What a VM gives its architecture's half. */
export interface VmContext {
  readonly arena: Arena;
  readonly memory: PhysicalMemory;
  /** Before it is used by a vCPU: takes over what another thread made of the memory slots. */
  readonly takeOverMemory: () => void;
  readonly bus: KernelBus;
  readonly log: Log;
  readonly ipaBits: number;
  /** Present where vCPUs are run by several threads. */
  readonly threads?: VmThreads | undefined;
}

export interface VmThreads {
  /** The vCPUs that this thread runs. */
  readonly here: readonly number[];
}

/** The values of a VM's attributes (on arm64 there is one: a filter for firmware calls). */
export interface VmAttribute {
  readonly base: number;
  readonly nr_functions: number;
  readonly action: number;
}

export interface VmArch {
  /** Throws EINVAL for an id that can't be, EBUSY when it is too late. */
  createVcpu(id: number, context: VcpuContext): VcpuArch;
  createDevice(type: number, test: boolean): KvmDevice | undefined;
  irqLine(irq: number, level: boolean): void;
  /** The interrupt controller's pins, which interrupt numbers lead to. */
  readonly pins: {
    readonly count: number;
    isReady(): boolean;
    set(pin: number, level: boolean): void;
    /** The one who hears of each level interrupt whose handler has ended. Throws EINVAL where threads of their own run the vCPUs. */
    watchEnds(listener: (pin: number) => void): void;
  };
  /** KVM_CREATE_IRQCHIP. */
  createIrqchip(): void;
  /** KVM_ARM_SET_DEVICE_ADDR. */
  setDeviceAddr(id: number, address: bigint): void;
  /** KVM_SIGNAL_MSI: whether it was delivered. */
  signalMsi(msi: KvmMsi): boolean;
  setAttr(group: number, attr: number, value: VmAttribute): void;
  /** KVM_ENABLE_CAP of what isn't the same for all architectures. Throws EINVAL. */
  enableCap(cap: number, args: readonly bigint[]): void;
  /** Throws EBUSY. */
  setCounterOffset(offset: bigint): void;
  preferredTarget(): VcpuInit;
  getRegWritableMasks(range: RegMaskRange): void;
}

export interface KvmArch {
  readonly log: Log;
  /** 0: not supported. */
  checkExtension(cap: number): number;
  /** Guest-physical address bits for KVM_CREATE_VM's type. Throws EINVAL. */
  ipaBits(type: number): number;
  createVm(context: VmContext): VmArch;
}
