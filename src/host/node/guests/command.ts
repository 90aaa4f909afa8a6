/** Other programs, run without a shell, with their output kept for the error message. */
import { spawn } from 'node:child_process';
import { TesseraError } from '../../../base/errors.ts';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which it is given up. */
  readonly timeout?: number;
}

/** Standard output of the command. Throws a TesseraError with the last line it said where it fails or is not there. */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd, env: options.env ?? process.env, timeout: options.timeout ?? 300_000, stdio: ['ignore', 'pipe', 'pipe'],
      // npm is a .cmd file on Windows, which only a shell can start; the arguments are our own constants.
      shell: process.platform === 'win32',
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => { out += chunk; });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => { err = (err + chunk).slice(-4096); });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(new TesseraError(error.code === 'ENOENT' ? `${command} is not installed` : `${command}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new TesseraError(`${command} ${args[0] ?? ''}: ${lastLine(err) || `ended with ${signal ?? code}`}`));
    });
  });
}

const lastLine = (said: string): string => said.trim().split('\n').at(-1) ?? '';
