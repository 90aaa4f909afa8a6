/** Runs an emulator with a limit on its own time, so that a busy host doesn't look like a guest that goes round for ever. */
import { execFileSync } from 'node:child_process';

/** Seconds of the host's clock after which it has gone, whatever else runs. */
const PATIENCE = 900;

/** Standard output. `seconds`: of the processor's time. Throws what `ranOut` recognizes where they don't do, and if it ends with an error. */
export function runLimited(seconds: number, program: string, args: readonly string[], maxBuffer: number): Buffer {
  const script = 'ulimit -t "$0"; exec "$@"';
  return execFileSync('/bin/sh', ['-c', script, String(Math.ceil(seconds)), program, ...args], { maxBuffer, timeout: PATIENCE * 1000 });
}

/** Of what `runLimited` has thrown. */
export function ranOut(error: unknown): boolean {
  const { signal, code } = error as NodeJS.ErrnoException & { readonly signal?: string };
  return signal === 'SIGXCPU' || signal === 'SIGKILL' || code === 'ETIMEDOUT';
}

/** Of the same: the emulator gave up on its own account, an assertion of it failed. */
export const gaveUp = (error: unknown): boolean => (error as { readonly signal?: string }).signal === 'SIGABRT';
