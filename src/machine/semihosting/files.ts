/** What a host offers to a guest's semihosting calls that open files. Names are the guest's: what they may reach is the host's affair. */

/** As SYS_ERRNO gives them: Linux's numbers. */
export const ERRNO = {
  ENOENT: 2, EIO: 5, EBADF: 9, EACCES: 13, EFAULT: 14, EEXIST: 17, EISDIR: 21, EINVAL: 22, EMFILE: 24, EFBIG: 27, ENOSPC: 28, EROFS: 30, ENOSYS: 38,
} as const;
export type SemihostingErrno = (typeof ERRNO)[keyof typeof ERRNO];

/** The only error that these functions throw. */
export class SemihostingError extends Error {
  readonly errno: SemihostingErrno;
  constructor(errno: SemihostingErrno) {
    super(`semihosting error ${errno}`);
    this.errno = errno;
  }
}

export interface SemihostingFile {
  /** Bytes read, 0 at the end. */
  read(into: Uint8Array): number;
  /** Bytes written. */
  write(bytes: Uint8Array): number;
  /** In bytes from the beginning. */
  seek(position: number): void;
  length(): number;
  close(): void;
}

/** As fopen's, without what says that a file is text or not. */
export type OpenMode = 'r' | 'r+' | 'w' | 'w+' | 'a' | 'a+';

export interface SemihostingFiles {
  open(name: string, mode: OpenMode): SemihostingFile;
  remove(name: string): void;
  rename(from: string, to: string): void;
}
