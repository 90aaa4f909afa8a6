/** The CPU that `qemu-arm -cpu max` is in version 7.2, as far as programs can tell. */
import { cpuModel } from '../../../src/guest/aarch64/index.ts';

export const model = cpuModel('max', { aarch32: true });
