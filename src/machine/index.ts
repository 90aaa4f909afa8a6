/** Whole machines: `new Machine(options, host).run()`. */
export type { Gunzip, NamedFile } from '../boot/image.ts';
export { BREAK, nullConsole, QueueConsole, type ConsoleBackend } from '../device/console.ts';
export type { BoardName } from './boards.ts';
export { planMachine, type BootSources } from './boot.ts';
export { createMachine, type CreatedMachine, type HostParts, type MachineRequest } from './create.ts';
export { cpuModels, cpuProperties, type CpuModelName, type CpuProperties } from '../kvm/index.ts';
export {
  BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE, WATCHPOINT_ACCESS, WATCHPOINT_READ, WATCHPOINT_WRITE,
  type DebugListener, type DebugStop, type DebugTarget, type Resumption, type WatchpointKind,
} from './debug/target.ts';
export { hostCpu, type HostCpu } from './host-cpu.ts';
export { RegisterSync, SYNC_FULL, SYNC_RESET, SYNC_RUNTIME, type CpuRegisters, type SyncLevel } from './register-sync.ts';
export type { HostLoop, SliceTimer, VcpuThread } from './host.ts';
export { ERRNO, SemihostingError, type OpenMode, type SemihostingErrno, type SemihostingFile, type SemihostingFiles } from './semihosting/files.ts';
export type { ThreadsHost } from './threads.ts';
export { runVcpuThread, type VcpuThreadData, type VcpuThreadParts, type VcpuThreadResult } from './vcpu-thread.ts';
export { Machine, type Ending, type MachineHost } from './machine.ts';
export { monitorCommand, type MonitorTarget } from './monitor.ts';
export { registersText } from './registers.ts';
export { OVERHEAD, type MachineOptions, type Topology } from './options.ts';
