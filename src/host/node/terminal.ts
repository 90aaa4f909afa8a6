/**
 * The terminal that the user sits at. While a guest has it, it is in raw mode: each key goes to the guest, Ctrl-C
 * included. However the process ends, the mode that it had comes back.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export interface Terminal {
  /** Whether keys arrive one by one, unprocessed. */
  readonly raw: boolean;
  write(bytes: Uint8Array | string): void;
  /** Bytes as they come; from a pipe, too. */
  onData(listener: (bytes: Uint8Array) => void): void;
  onEnd(listener: () => void): void;
  /** Gives the terminal back. May be called more than once. */
  close(): void;
}

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Whether keys are wanted; without, the terminal's mode is left alone. */
  readonly keys: boolean;
  /** The reader at the other end of standard output is gone. */
  readonly onBroken: () => void;
}

const FATAL_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

export function openTerminal({ input, output, keys, onBroken }: TerminalOptions): Terminal {
  const tty = input as ReadStream;
  const raw = keys && input.isTTY === true;
  const restore = (): void => {
    if (raw && tty.isRaw) tty.setRawMode(false);
  };
  // 'exit' also comes after process.exit and after an uncaught error; a signal ends the process without it.
  process.on('exit', restore);
  const ended: [NodeJS.Signals, () => void][] = Object.entries(FATAL_SIGNALS).map(([name, number]) => [
    name as NodeJS.Signals,
    () => process.exit(128 + number),
  ]);
  for (const [signal, end] of ended) process.on(signal, end);
  // Whoever stopped the process (kill -STOP) left the shell with the terminal; after `fg` it is ours again.
  const resumed = (): void => { if (raw) tty.setRawMode(true); };
  if (process.platform !== 'win32') process.on('SIGCONT', resumed);
  (output as WriteStream).on('error', onBroken);
  if (raw) tty.setRawMode(true);
  return {
    raw,
    write: bytes => { output.write(bytes); },
    onData: listener => { input.on('data', (chunk: Buffer) => listener(chunk)); },
    onEnd: listener => { input.on('end', listener); },
    close() {
      restore();
      input.pause();
      process.off('exit', restore);
      process.off('SIGCONT', resumed);
      for (const [signal, end] of ended) process.off(signal, end);
      output.off('error', onBroken);
    },
  };
}
