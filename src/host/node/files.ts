/** Files that the user named: read whole, with one clear line where that fails. */
import { appendFileSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { TesseraError } from '../../base/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'that is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

function because(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}

/** No kernel or initrd that fits into a machine is larger. */
const LARGEST = 2 ** 32;

export function readInput(what: string, path: string): Uint8Array {
  try {
    if (statSync(path).size > LARGEST) throw new Error('it is larger than 4 GiB');
    return readFileSync(path);
  } catch (error) {
    throw new TesseraError(`${what} '${path}': ${because(error)}`);
  }
}

export function writeOutput(what: string, path: string, data: Uint8Array | string): void {
  output(what, path, () => writeFileSync(path, data));
}

/** A new file to write to, as a descriptor. */
export function createOutput(what: string, path: string): number {
  return output(what, path, () => openSync(path, 'w'));
}

function output<T>(what: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : because(error);
    throw new TesseraError(`${what} '${path}': ${reason}`);
  }
}

export function appendFile(path: string, text: string): void {
  appendFileSync(path, text);
}
