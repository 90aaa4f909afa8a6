/** Machines: a board with its CPU, memory and devices, from a kernel to a running system. The parts have their own exports. */
export { Arena } from './base/arena.ts';
export { MockClock, type Clock } from './base/clock.ts';
export { TesseraError } from './base/errors.ts';
export { createLog, logTopics, silentLog, type Log, type LogTopic } from './base/log.ts';
export { BREAK, nullConsole, QueueConsole, type ConsoleBackend } from './device/console.ts';
export type { BootSources } from './machine/boot.ts';
export type { HostLoop, SliceTimer } from './machine/host.ts';
export { Machine, type Ending, type MachineHost } from './machine/machine.ts';
export type { MachineOptions } from './machine/options.ts';
