import { KvmError } from '../../src/kvm/index.ts';

/** The code of the KvmError that `f` throws, or 'no error'. Any other error goes on. */
export function code(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    if (error instanceof KvmError) return error.code;
    throw error;
  }
  return 'no error';
}
