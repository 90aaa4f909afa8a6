/**
 * Where guests come from: for each part of a guest the sources that have it, tried in order. Everything is fetched onto the
 * user's machine; nothing of it is part of this package. A source is trusted through a sum in this file or, with apt,
 * through the signatures that apt checks.
 */
import { readFileSync } from 'node:fs';
import { aptDownload } from './apt.ts';
import { debianDownload, sha256 } from './debian.ts';
import { debFiles } from './deb.ts';
import { elfSymbol } from './elfsymbol.ts';
import { busyboxInitrd, programInitrd } from './initrd.ts';
import { npmFiles } from './npm.ts';
import type { Progress } from './progress.ts';
import { TesseraError } from '../../../base/errors.ts';

/** A kernel `Image` and an initramfs. */
export interface GuestFiles {
  kernel?: Uint8Array;
  initrd?: Uint8Array;
}

export interface Source {
  /** For the person who reads what was tried. */
  readonly name: string;
  /** Throws a TesseraError where the source can't be had or isn't what it should be. */
  fetch(progress: Progress): Promise<GuestFiles>;
}

export interface GuestEntry {
  readonly doc: string;
  /** Kernel command line where none is given. */
  readonly append: string;
  /** Each part is filled by the first of its sources that works. */
  readonly parts: readonly (readonly Source[])[];
}

/** Linux 6.12.98, as the symbol KERNEL_BUNDLE of libkrunfw. */
const KRUN_IMAGE = '7b83da848c9ae44d87424ad82f561d18153f9ead28dd081b5efca0f38ba81046';
const KRUN_SIZE = 24_576_001;

function npmKernel(spec: string, integrity: string, library: string, take: (library: Uint8Array) => Uint8Array): Source {
  return {
    name: `npm ${spec}`,
    async fetch(progress) {
      progress.begin('Fetching an arm64 kernel through npm');
      const [file] = (await npmFiles(spec, integrity, name => name.includes(library))).values();
      if (!file) throw new TesseraError(`${spec} holds no ${library}`);
      return { kernel: checked(take(file), [KRUN_IMAGE], 'the kernel') };
    },
  };
}

function checked(data: Uint8Array, sums: readonly string[], what: string): Uint8Array {
  if (!sums.includes(sha256(data))) throw new TesseraError(`${what} is not the one that was expected (its sha256 differs)`);
  return data;
}

type Take = (files: ReadonlyMap<string, Uint8Array>) => GuestFiles;

/** A Debian package: through apt, and without apt where its sum is one of `sums` or the user named the mirror. */
function debianSources(name: string, architecture: string, sums: readonly string[], member: RegExp, take: Take): Source[] {
  const unpack = async (deb: Uint8Array, progress: Progress): Promise<GuestFiles> => {
    progress.begin(`Unpacking ${name}`);
    return take(await debFiles(deb, file => member.test(file)));
  };
  return [
    {
      name: `apt ${name}`,
      async fetch(progress) {
        progress.begin(`Fetching ${name} through apt`);
        return unpack(await aptDownload(name, architecture), progress);
      },
    },
    {
      name: `the Debian archive's ${name}`,
      async fetch(progress) {
        const deb = await debianDownload(name, architecture, progress);
        return unpack(process.env['DEB_MIRROR'] ? deb : checked(deb, sums, name), progress);
      },
    },
  ];
}

function one(files: ReadonlyMap<string, Uint8Array>, end: string): Uint8Array {
  for (const [name, data] of files) if (name.endsWith(end)) return data;
  throw new TesseraError(`the package holds no ${end}`);
}

const netboot = (release: number, sums: readonly string[]): Source[] => debianSources(
  `debian-installer-${release}-netboot-arm64`, 'arm64', sums, /\/text\/debian-installer\/arm64\/(linux|initrd\.gz)$/,
  files => ({ kernel: one(files, '/linux'), initrd: one(files, '/initrd.gz') }),
);

/** `guest/init`: our own, for machines that reach no Debian archive. */
const ownInit: Source = {
  name: 'the small init that comes with Tessera',
  async fetch() {
    const text = readFileSync(new URL('../../../../guest/init/init.base64', import.meta.url), 'latin1');
    return { initrd: programInitrd(Buffer.from(text, 'base64')) };
  },
};

export const manifest: Readonly<Record<string, GuestEntry>> = {
  linux: {
    doc: 'Linux 6.12 with busybox; the default',
    // The self tests of the crypto code are 40 % of the boot and prove nothing here.
    append: 'console=ttyAMA0 cryptomgr.notests',
    parts: [
      [
        npmKernel(
          '@superradcompany/microsandbox-linux-arm64-gnu@0.6.8',
          'sha512-cMgS/pE6N2LTbdGYMNiSzfxlsD0F1fhVuCFuIULxGfGyK+zmrYHgTgV0K6n9UQY+PjseOvNn//T7FJQ7SwyJ3g==',
          'libkrunfw', library => elfSymbol(library, 'KERNEL_BUNDLE'),
        ),
        npmKernel(
          '@superradcompany/microsandbox-darwin-arm64@0.6.8',
          'sha512-SbPo2mb5sEWY7Sry9lxlh762oX5G4RI4Xq2i6U9covTe+4MIFznNSCPIntoCcpzVwt4VNIukvEdyTsI9kITJLw==',
          'libkrunfw', library => library.subarray(0x4000, 0x4000 + KRUN_SIZE), // Mach-O: the data segment's place
        ),
      ],
      [
        ...debianSources(
          'busybox-static', 'arm64', ['732c9135564fc71337e0e05fb4da4d11e6c28c1834bce3e405e575afef2a52f5'], /^bin\/busybox$|^usr\/bin\/busybox$/,
          files => ({ initrd: busyboxInitrd(one(files, 'bin/busybox')) }),
        ),
        ownInit,
      ],
    ],
  },
  debian: {
    doc: "Debian's installer kernel with a shell instead of the installer (128 MB to fetch)",
    append: 'console=ttyAMA0 rdinit=/bin/sh',
    parts: [[...netboot(12, ['bed5bc20d8f0234fa831cce4dc4ca6ae1647ddabbddeee7c112ca479e181ad17']), ...netboot(13, [])]],
  },
};
