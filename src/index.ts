/**
 * Machines: a board with its CPU, memory and devices, from a kernel to a running system. The parts have exports of their own.
 *
 *     const clock = hostClock(); // this and what else is Node's: 'tessera-vm/node'
 *     const { machine } = createMachine(
 *       { memory: 256 * 2 ** 20, kernel: { name: 'Image', data }, append: 'console=ttyAMA0' },
 *       {
 *         ...nodeSources, clock, log: silentLog,
 *         console: new QueueConsole(byte => process.stdout.write(Uint8Array.of(byte))),
 *         loop: createHostLoop(clock), createAlarm: createAlarms(clock).create,
 *       },
 *     );
 *     const ending = await machine.run(); // { kind: 'poweroff' }
 */
export { MockClock, type Clock } from './base/clock.ts';
export { TesseraError } from './base/errors.ts';
export { createLog, logTopics, silentLog, type Log, type LogTopic } from './base/log.ts';
export * from './machine/index.ts';
