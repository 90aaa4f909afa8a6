/**
 * Real kernels to a prompt, through the command line: what `npm start` does. The guests are fetched where they aren't in
 * the cache, and the tests fail where they can't be had.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openGuest } from '../../src/cli/guests.ts';
import { programInitrd } from '../../src/host/node/guests/initrd.ts';
import { runTessera } from '../cli/programs.ts';
import { temporaryFolder } from '../temporary.ts';
import { boot, BOOT_MS, healthy, lines } from './boots.ts';

/** What Linux 6.12 says that it detected under qemu-system-aarch64 7.2 with -M virt and these CPUs. */
const CORTEX_A57 = [
  '32-bit EL0 Support', '32-bit EL1 Support', 'ARM errata 1165522, 1319367, or 1530923', 'ARM erratum 1742098', 'ARM erratum 832075',
  'CRC32 instructions', 'Spectre-BHB', 'Spectre-v2', 'Spectre-v4',
];
/** With one more: FEAT_PAN3, which later QEMUs have. */
const MAX = [
  '32-bit EL0 Support', '32-bit EL1 Support', '52-bit Virtual Addressing for KVM (LPA2)', 'ARMv8.4 Translation Table Level',
  'Address authentication (architected QARMA5 algorithm)', 'Branch Target Identification', 'CRC32 instructions',
  'Common not Private translations', 'Data cache clean to Point of Deep Persistence', 'Data cache clean to Point of Persistence',
  'Data cache clean to the PoU not required for I/D coherence', 'Data independent timing control (DIT)', 'E0PD',
  'Enhanced Privileged Access Never', 'Generic authentication (architected QARMA5 algorithm)', 'HCRX_EL2 register',
  'Hardware dirty bit management on CPU0', 'LSE atomic instructions', 'Privileged Access Never', 'RAS Extension Support',
  'RCpc load-acquire (LDAPR)', 'Random Number Generator', 'Scalable Vector Extension', 'Spectre-BHB', 'Spectre-v4', 'Speculation barrier (SB)',
  'Speculative Store Bypassing Safe (SSBS)', 'Stage-2 Force Write-Back', 'TLB range maintenance instructions',
];
const GIC = 'GIC system register CPU interface';
const detected = (text: string): string[] => lines(text).flatMap(line => /^CPU features: detected: (.*)$/.exec(line)?.[1] ?? []).sort();

beforeAll(async () => {
  await openGuest('linux');
  await openGuest('debian');
}, 300_000);

describe('boot to a prompt', () => {
  it('linux: cortex-a57, GICv2, 256M', async () => {
    const out = healthy(await boot(['-m', '256M'], 'uname -a; cat /proc/cpuinfo; echo $((6 * 7))'));
    expect(out).toMatch(/^Linux \(none\) 6\.12\.98 .* aarch64 GNU\/Linux$/m);
    expect(out).toMatch(/^Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid$/m);
    expect(out).toMatch(/^CPU part\t: 0xd07$/m);
    expect(out).toContain('psci: PSCIv1.1 detected in firmware.');
    expect(out).toMatch(/^42$/m);
    expect(detected(out)).toEqual(CORTEX_A57);
  }, BOOT_MS);

  it('linux: max, GICv3, 3G', async () => {
    const out = healthy(await boot(['-M', 'virt,gic-version=3', '-cpu', 'max', '-m', '3G'], 'grep -o atomics /proc/cpuinfo; free -m | grep Mem'));
    expect(out).toMatch(/^atomics$/m);
    expect(Number(/Mem: +(\d+)/.exec(out)?.[1])).toBeGreaterThan(2900);
    expect(detected(out).filter(feature => feature !== GIC)).toEqual(MAX);
    expect(detected(out)).toContain(GIC);
    // Its driver is content with all it finds, the ITS among it, and has nothing else to say.
    const about = lines(out).filter(line => /\bGICv3|\bITS\b|\bLPI/.test(line)).map(line => line.replaceAll(/@(0x)?[0-9a-f]+/g, '@…'));
    expect(about).toEqual([
      'GICv3: 256 SPIs implemented', 'GICv3: 0 Extended SPIs implemented', 'GICv3: GICv3 features: 16 PPIs, DirectLPI',
      'GICv3: GICD_CTRL.DS=1, SCR_EL3.FIQ=0', 'GICv3: CPU0: found redistributor 0 region 0:0x00000000080a0000', 'ITS [mem 0x08080000-0x0809ffff]',
      'ITS@…: allocated 8192 Devices @… (indirect, esz 8, psz 64K, shr 1)', 'ITS@…: allocated 8192 Interrupt Collections @… (flat, esz 8, psz 64K, shr 1)',
      'GICv3: using LPI property table @…', 'GICv3: CPU0: using allocated LPI pending table @…',
    ]);
  }, BOOT_MS);

  it('debian: its own kernel and busybox', async () => {
    const out = healthy(await boot(['--guest', 'debian'], 'uname -a; mount -t proc proc /proc; cat /proc/cpuinfo'));
    expect(out).toMatch(/^Linux \(none\) 6\.\d+\.\d+.* Debian .* aarch64 GNU\/Linux$/m);
    expect(out).toMatch(/^CPU part\t: 0xd07$/m);
  }, BOOT_MS);

  it('linux with the small init of our own', async () => {
    const init = Buffer.from(readFileSync(new URL('../../guest/init/init.base64', import.meta.url), 'latin1'), 'base64');
    const initrd = join(temporaryFolder('boot'), 'initrd');
    writeFileSync(initrd, programInitrd(init));
    const out = healthy(await boot(['-initrd', initrd], 'uname -a; ls /proc/self; cat /proc/version'));
    expect(out).toMatch(/^Linux \(none\) 6\.12\.98/m);
    expect(out).toMatch(/^Linux version 6\.12\.98/m);
    expect(out).toMatch(/^cmdline$/m);
  }, BOOT_MS);

  it('a guest that resets ends the run under -no-reboot', async () => {
    const { status } = await runTessera(['start', '-no-reboot', '--timeout', '150', '--expect', '~ #', '--send', 'reboot -f']);
    expect(status).toBe(0);
  }, BOOT_MS);

  it('without it the machine starts again', async () => {
    const { status } = await runTessera(['start', '--timeout', '150', '--expect', '~ #', '--send', 'reboot -f', '--expect', 'Booting Linux on physical CPU', '--expect', '~ #', '--send', 'poweroff -f']);
    expect(status).toBe(0);
  }, 2 * BOOT_MS);
});
