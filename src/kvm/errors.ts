/** Errors of the KVM-shaped API: an errno of Linux by name, and a sentence that says what was wrong. */
import { TesseraError } from '../base/errors.ts';

/** The errnos that KVM returns, with Linux's numbers. */
export const errno = {
  EPERM: 1, ENOENT: 2, EINTR: 4, EIO: 5, ENXIO: 6, E2BIG: 7, ENOEXEC: 8, EAGAIN: 11, ENOMEM: 12, EFAULT: 14, EBUSY: 16, EEXIST: 17,
  ENODEV: 19, EINVAL: 22, ENOTTY: 25, ENOSPC: 28, ENOSYS: 38, ENOBUFS: 105,
} as const;

export type ErrnoName = keyof typeof errno;

export class KvmError extends TesseraError {
  override readonly name: string = 'KvmError';
  readonly code: ErrnoName;
  /** The positive number of `code`. */
  readonly errno: number;

  constructor(code: ErrnoName, sentence: string) {
    super(sentence);
    this.code = code;
    this.errno = errno[code];
  }
}
