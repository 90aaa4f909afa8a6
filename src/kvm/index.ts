/** The KVM-shaped API: `new Kvm(createArm64({…})).createVm({…})`. */
export { cpuModel, cpuModels, cpuProperties, type CpuModelName, type CpuProperties } from '../guest/aarch64/index.ts';
export type { KvmArch, KvmDevice, KvmMsi, PmuEventFilter, RegList, RegMaskRange, VcpuAttributeValue, VcpuEvents, VcpuEventsState, VcpuInit, VmAttribute } from './arch.ts';
export { createArm64 } from './arm64/arm64.ts';
export { VmEngine, type Counters, type EngineChoice } from './arm64/engine.ts';
export type { Arm64Engine, CpuSpec } from './arm64/guest.ts';
export * from './arm64/numbers.ts';
export {
  KVM_SMCCC_FILTER_DENY, KVM_SMCCC_FILTER_FWD_TO_USER, KVM_SMCCC_FILTER_HANDLE, type SmcccFilter,
} from './arm64/smcccfilter.ts';
export { openKvm, type OpenOptions } from './arm64/open.ts';
export { PMU_ID } from './arm64/pmu.ts';
export { systemRegisterName } from './arm64/registers/names.ts';
export { CNTFRQ, type Alarm, type AlarmTarget } from './arm64/timer.ts';
export { PHYSICAL_PPI, VIRTUAL_PPI } from './arm64/vmtimers.ts';
export type { Arm64Options } from './arm64/vm.ts';
export type { KvmCoalescedMmio, KvmCoalescedMmioZone } from './coalesced.ts';
export type { ClearDirtyLog } from './dirtylog.ts';
export { errno, KvmError, type ErrnoName } from './errors.ts';
export { EventFd } from './eventfd.ts';
export type * from './exit.ts';
export {
  KVM_IOEVENTFD_FLAG_DATAMATCH, KVM_IOEVENTFD_FLAG_DEASSIGN, KVM_IOEVENTFD_FLAG_PIO, type KvmIoEventFd,
} from './ioeventfd.ts';
export {
  KVM_IRQ_ROUTING_IRQCHIP, KVM_IRQ_ROUTING_MSI, KVM_IRQFD_FLAG_DEASSIGN, KVM_IRQFD_FLAG_RESAMPLE, type KvmIrqfd, type KvmIrqRoutingEntry,
} from './irqfd.ts';
export type { Entry, VmHandle } from './journal.ts';
export { Kvm, type VmOptions } from './kvm.ts';
export type { UserspaceMemoryRegion } from './memslots.ts';
export * from './numbers.ts';
export {
  KVM_STATS_BASE_POW10, KVM_STATS_TYPE_CUMULATIVE, KVM_STATS_TYPE_INSTANT, KVM_STATS_UNIT_BOOLEAN, KVM_STATS_UNIT_NONE, StatsFd, type VcpuStats, type VmStats,
} from './stats.ts';
export { Vcpu } from './vcpu.ts';
export { Vm } from './vm.ts';
