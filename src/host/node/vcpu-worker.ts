/** What a vCPU's thread is under Node: a worker that runs `runVcpuThread` over the process's clock. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LogTopic } from '../../base/log.ts';
import { runVcpuThread, type VcpuThreadData, type VcpuThreadResult } from '../../machine/vcpu-thread.ts';
import { alarmOf } from './alarm.ts';
import { nodeSources } from './sources.ts';

export interface WorkerData {
  readonly vcpu: VcpuThreadData;
  /** The clock's zero, in process.hrtime's nanoseconds. */
  readonly origin: bigint;
  readonly topics: readonly LogTopic[];
  /** Of the thread that has all vCPUs' alarms. */
  readonly alarms: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'log'; readonly topic: LogTopic; readonly line: string }
  | { readonly kind: 'ended'; readonly result: VcpuThreadResult };

const { vcpu, origin, topics, alarms } = workerData as WorkerData;
const send = (message: WorkerMessage): void => parentPort?.postMessage(message);
// Time of day is asked for by devices, which are the machine's thread's.
const clock = { origin, now: () => process.hrtime.bigint() - origin, wallSeconds: () => Date.now() / 1000 };
const on = new Set(topics);

const result = runVcpuThread(vcpu, {
  clock,
  log: { on: topic => on.has(topic), write: (topic, line) => send({ kind: 'log', topic, line }) },
  random: () => nodeSources.random(8).reduce((value, byte) => value << 8n | BigInt(byte), 0n),
  createAlarm: target => alarmOf(alarms, target, clock),
  ready: () => send({ kind: 'ready' }),
});
send({ kind: 'ended', result });
