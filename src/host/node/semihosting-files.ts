/**
 * A folder of the host's for a guest's semihosting calls, and nothing outside of it: names are taken apart here, `..` and symbolic links
 * are refused, and only plain files are opened.
 */
import {
  closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readSync, realpathSync, renameSync, statSync, unlinkSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { TesseraError } from '../../base/errors.ts';
import { ERRNO, SemihostingError, type OpenMode, type SemihostingErrno, type SemihostingFile, type SemihostingFiles } from '../../machine/index.ts';

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A file grows no further. */
const LARGEST = 2 ** 30;

/** O_TRUNC would come before we know what it is. */
const FLAGS: Readonly<Record<OpenMode, number>> = {
  r: O_RDONLY, 'r+': O_RDWR, w: O_WRONLY | O_CREAT, 'w+': O_RDWR | O_CREAT, a: O_WRONLY | O_CREAT | O_APPEND, 'a+': O_RDWR | O_CREAT | O_APPEND,
};

const NUMBERS: Readonly<Record<string, SemihostingErrno>> = { ...ERRNO, EPERM: ERRNO.EACCES, ELOOP: ERRNO.EACCES, ENOTDIR: ERRNO.ENOENT, ENAMETOOLONG: ERRNO.ENOENT, ENXIO: ERRNO.EACCES };

/** What the host says, in the guest's words. */
function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof SemihostingError) throw error;
    throw new SemihostingError(NUMBERS[(error as NodeJS.ErrnoException).code ?? ''] ?? ERRNO.EIO);
  }
}

/** Throws a TesseraError of one line where `root` isn't a folder. */
export function semihostingFolder(what: string, root: string): SemihostingFiles {
  let base: string;
  try {
    base = realpathSync(root);
    if (!statSync(base).isDirectory()) throw new Error('not a folder');
  } catch {
    throw new TesseraError(`${what} '${root}': there is no such folder`);
  }
  return {
    open: (name, mode) => attempt(() => openFile(inside(base, name), mode)),
    remove: name => attempt(() => {
      const path = inside(base, name);
      if (!lstatSync(path).isFile()) throw new SemihostingError(ERRNO.EACCES);
      unlinkSync(path);
    }),
    rename: (from, to) => attempt(() => {
      const [old, path] = [inside(base, from), inside(base, to)];
      if (!lstatSync(old).isFile()) throw new SemihostingError(ERRNO.EACCES);
      renameSync(old, path);
    }),
  };
}

/** The path of a guest's name, absolute or not: every folder on the way is a folder, not a link to one. */
function inside(base: string, name: string): string {
  const parts = name.split(/[/\\]/).filter(part => part !== '' && part !== '.');
  // On Windows a colon names a drive or a stream of a file.
  if (parts.length === 0 || /[\0:]/.test(name)) throw new SemihostingError(ERRNO.ENOENT);
  if (parts.includes('..')) throw new SemihostingError(ERRNO.EACCES);
  let path = base;
  for (const part of parts.slice(0, -1)) {
    path = join(path, part);
    if (!lstatSync(path).isDirectory()) throw new SemihostingError(ERRNO.EACCES);
  }
  return join(path, parts.at(-1)!);
}

function openFile(path: string, mode: OpenMode): SemihostingFile {
  if (isLink(path)) throw new SemihostingError(ERRNO.EACCES);
  const fd = openSync(path, FLAGS[mode] | O_NOFOLLOW | O_NONBLOCK, 0o666);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new SemihostingError(stat.isDirectory() ? ERRNO.EISDIR : ERRNO.EACCES);
    if (mode[0] === 'w') ftruncateSync(fd, 0);
    return file(fd, mode[0] === 'a');
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Where there is no O_NOFOLLOW. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** The position is kept here, so that a read after a seek needs no other call. */
function file(fd: number, appends: boolean): SemihostingFile {
  let position = 0;
  const length = (): number => attempt(() => fstatSync(fd).size);
  return {
    read(into) {
      const count = attempt(() => readSync(fd, into, 0, into.length, position));
      position += count;
      return count;
    },
    write(bytes) {
      const at = appends ? length() : position;
      if (at + bytes.length > LARGEST) throw new SemihostingError(ERRNO.EFBIG);
      const count = attempt(() => writeSync(fd, bytes, 0, bytes.length, appends ? null : at));
      position = at + count;
      return count;
    },
    seek: to => { position = to; },
    length,
    close: () => attempt(() => closeSync(fd)),
  };
}
