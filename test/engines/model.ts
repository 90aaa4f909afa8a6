/**
 * The CPU that QEMU 7.2 calls `max`, as far as programs can tell: ours has FEAT_LSE2 besides, whose accesses fault less, and
 * newer pointer authentication, with which what fails looks otherwise.
 */
import { cpuModel } from '../../src/guest/aarch64/index.ts';

export const qemusMax = cpuModel('max', { sve: true, lse2: false, epac: false, pauth2: false });
