/**
 * The log that `-d` and `-D` steer: named topics, off unless asked for.
 * A caller tests `log.on(topic)` before it builds a message that costs anything.
 */
export const logTopics = {
  unimp: 'instructions, registers and devices that are not implemented',
  guest_errors: 'guest accesses that no sane driver makes',
  in_asm: 'guest code as it is translated',
  op: 'intermediate code',
  out_asm: 'generated WebAssembly, its size and place',
  int: 'exceptions and interrupts',
  exec: 'units as they are entered from the run loop',
  mmu: 'page-table walks that fault',
  cpu_reset: 'CPU state at reset',
} as const;

export type LogTopic = keyof typeof logTopics;

export interface Log {
  on(topic: LogTopic): boolean;
  write(topic: LogTopic, message: string): void;
}

export const silentLog: Log = { on: () => false, write: () => {} };

export function createLog(topics: ReadonlySet<LogTopic>, sink: (line: string) => void): Log {
  return {
    on: topic => topics.has(topic),
    write: (topic, message) => { if (topics.has(topic)) sink(`${topic}: ${message}`); },
  };
}
