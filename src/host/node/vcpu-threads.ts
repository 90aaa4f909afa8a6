/** Threads for vCPUs: one worker each. */
import { Worker } from 'node:worker_threads';
import { logTopics, type Log, type LogTopic } from '../../base/log.ts';
import type { VcpuThread } from '../../machine/host.ts';
import type { ThreadsHost } from '../../machine/threads.ts';
import type { VcpuThreadData, VcpuThreadResult } from '../../machine/vcpu-thread.ts';
import { AlarmThread } from './alarm.ts';
import type { HostClock } from './clock.ts';
import type { WorkerData, WorkerMessage } from './vcpu-worker.ts';

export function nodeThreads(clock: HostClock, log: Log, loop: ThreadsHost['loop']): ThreadsHost {
  let alarms: AlarmThread | undefined;
  let running = 0;
  return {
    loop,
    now: clock.now,
    start: data => {
      alarms ??= new AlarmThread(data.vm.memory, clock);
      running++;
      const thread = start(data, alarms.control, clock, log);
      const end = async (): ReturnType<VcpuThread['end']> => {
        const result = await thread.end();
        if (--running === 0) {
          await alarms?.close();
          alarms = undefined;
        }
        return result;
      };
      return { ...thread, end };
    },
    linger: (words, index, value, ms) => { Atomics.wait(words, index, value, ms); },
  };
}

function start(vcpu: VcpuThreadData, alarms: SharedArrayBuffer, clock: HostClock, log: Log): VcpuThread {
  const topics = (Object.keys(logTopics) as LogTopic[]).filter(topic => log.on(topic));
  const workerData: WorkerData = { vcpu, origin: clock.origin, topics, alarms };
  const worker = new Worker(new URL('./vcpu-worker.ts', import.meta.url), { workerData });
  // The machine's own loop keeps the process: a machine that nobody runs ends with it.
  worker.unref();
  const ready = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<VcpuThreadResult | undefined>();
  worker.on('message', (message: WorkerMessage) => {
    switch (message.kind) {
      case 'ready': ready.resolve(); break;
      case 'log': log.write(message.topic, message.line); break;
      case 'ended': ended.resolve(message.result); break;
    }
  });
  worker.on('error', (error: Error) => failed.resolve(`the thread of vCPU ${vcpu.id} failed: ${error.stack ?? error.message}`));
  worker.on('exit', () => {
    failed.resolve(`the thread of vCPU ${vcpu.id} ended`);
    ended.resolve(undefined);
  });
  return {
    ready: ready.promise,
    failed: failed.promise,
    end: async () => {
      worker.ref();
      const result = await ended.promise;
      await worker.terminate();
      return result;
    },
  };
}
