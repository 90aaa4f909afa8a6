/** The CPU that `qemu-arm -cpu max` is in version 7.2, as far as programs can tell. */
import { cpuModels } from '../../../src/guest/aarch64/index.ts';

export const model = cpuModels.max;
