/** What is run in the guest: Debian's packages, and the lines that are typed into its shell. */
export interface Command {
  readonly name: string;
  readonly line: string;
  /** What is wrong with what it printed, where its exit status doesn't say so. */
  readonly judge?: (printed: string) => string | undefined;
  /** It prints the same on every machine that computes right. */
  readonly exact?: boolean;
  /** For what runs for a given time instead of doing a given work: how much it did, by name. */
  readonly figures?: (printed: string) => Map<string, number>;
}

export interface Workload {
  readonly name: string;
  readonly packages: readonly string[];
  /** /bin/busybox32 is there, too: the busybox of armhf. */
  readonly armhf?: boolean;
  readonly commands: readonly Command[];
  /** A line that prints words, and the command for each of them; they run after the others. */
  readonly list?: { readonly line: string; readonly words: (printed: string) => string[]; readonly each: (word: string) => Command };
}

const mustSay = (text: string) => (printed: string): string | undefined => (printed.includes(text) ? undefined : `it doesn't say '${text}'`);
const mayNotSay = (pattern: RegExp) => (printed: string): string | undefined => pattern.exec(printed)?.[0];

/** `openssl speed -mr`: +F:index:name:bytes a second by block size; +F2 and on:index:name:…:seconds of each operation. */
export function speedFigures(printed: string): Map<string, number> {
  const figures = new Map<string, number>();
  for (const line of printed.split(/\r?\n/)) {
    const [tag, , name, ...values] = line.split(':');
    if (tag === '+F') values.forEach((value, i) => figures.set(`${name} ${BLOCKS[i] ?? i}`, Number(value)));
    else if (/^\+F[2-9]$/.test(tag ?? '')) values.forEach((value, i) => figures.set(`${name} ${tag} ${i}`, 1 / Number(value)));
  }
  return figures;
}
const BLOCKS = [16, 64, 256, 1024, 8192, 16384];

/** Data that is neither random nor trivial: the library itself, several times over. */
const LIBRARY = '/usr/lib/aarch64-linux-gnu/libcrypto.so.3';

const openssl: Workload = {
  name: 'openssl',
  packages: ['openssl'],
  commands: [
    {
      name: 'digests', exact: true,
      line: `for a in $(openssl list -digest-commands); do echo $a $(openssl dgst -$a < ${LIBRARY}); done`,
    },
    {
      name: 'ciphers', exact: true,
      line: `head -c 1000000 ${LIBRARY} > plain; for a in $(openssl list -cipher-commands); do case $a in *wrap*|zlib) continue;; esac; `
        + `openssl enc -$a -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 000102030405060708090a0b0c0d0e0f `
        + `-in plain -out enc 2>/dev/null && echo $a $(openssl dgst -sha256 < enc); done`,
    },
    {
      name: 'modes', exact: true, // what `enc` doesn't have: GCM, CCM, OCB and ChaCha20-Poly1305 run in TLS records; here as MACs
      line: `for a in "GMAC -cipher AES-128-GCM -macopt iv:000102030405060708090a0b" "CMAC -cipher AES-256-CBC" "POLY1305" "SIPHASH" "KMAC-256"; do `
        + `openssl mac -macopt hexkey:$(case $a in *256*|POLY*) echo 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff;; `
        + `*) echo 00112233445566778899aabbccddeeff;; esac) -in ${LIBRARY} $a; done`,
    },
    {
      name: 'signatures',
      line: `set -e; for c in prime256v1 secp384r1 secp521r1 secp256k1 SM2 ED25519 ED448 RSA; do case $c in ED*|RSA) alg="-algorithm $c";; `
        + `*) alg="-algorithm EC -pkeyopt ec_paramgen_curve:$c";; esac; openssl genpkey $alg -out key 2>/dev/null; openssl pkey -in key -pubout -out pub; `
        + `openssl pkeyutl -sign -rawin -inkey key -in /etc/ssl/openssl.cnf -out sig; `
        + `openssl pkeyutl -verify -rawin -pubin -inkey pub -in /etc/ssl/openssl.cnf -sigfile sig; done; set +e`,
      judge: mayNotSay(/.*Failure.*/),
    },
    { name: 'speed', line: 'openssl speed -mr -seconds 1 2>/dev/null', judge: mustSay('+F:'), figures: speedFigures },
  ],
};

const python: Workload = {
  name: 'python',
  packages: ['python3', 'libpython3.11-testsuite'],
  commands: ['test_math', 'test_float', 'test_struct', 'test_hashlib', 'test_zlib', 'test_cmath', 'test_complex', 'test_decimal', 'test_random'].map(test => (
    { name: test, line: `python3 -m test ${test} 2>&1`, judge: mustSay('Tests result: SUCCESS') })),
};

const sevenZip: Workload = {
  name: '7zr',
  packages: ['p7zip'],
  commands: [
    { name: 'b', line: '7zr b', judge: printed => mustSay('Tot:')(printed) ?? mayNotSay(/.*error.*/i)(printed) },
    {
      name: 'a and x', exact: true,
      line: 'rm -rf z; mkdir z; tar c /usr/lib/aarch64-linux-gnu 2>/dev/null | head -c 5000000 > z.tar; for m in LZMA LZMA2 PPMd Delta; do 7zr a -bd -mtm=off -mx=5 -m0=$m z/$m.7z z.tar > z.log || cat z.log; '
        + 'md5sum z/$m.7z; 7zr x -so z/$m.7z | cmp - z.tar && echo $m same; done',
    },
  ],
};

const stress: Workload = {
  name: 'stress-ng',
  packages: ['stress-ng'],
  // `all` does one round of each method in turn: two rounds of every one.
  commands: [{ name: 'all', line: 'stress-ng --cpu 1 --cpu-method all --cpu-ops 170 --verify --timeout 3600 2>&1', judge: mayNotSay(/.*(fail|error|not.*expected).*/i) }],
  list: {
    line: 'stress-ng --cpu-method which 2>&1',
    words: printed => (/one of: (.*)/.exec(printed)?.[1] ?? '').trim().split(/\s+/).filter(word => word !== 'all' && word !== ''),
    each: method => ({
      name: method,
      line: `stress-ng --cpu 1 --cpu-method ${method} --cpu-ops 40 --verify --timeout 3600 2>&1`,
      judge: mayNotSay(/.*(fail|error|not.*expected).*/i),
    }),
  },
};

/** What both busyboxes do; `$b` is the one, `data` some megabytes of code. */
const work: Readonly<Record<string, string>> = {
  sha256sum: '$b sha256sum data',
  sha3sum: '$b sha3sum data',
  gzip: '$b gzip -c data | $b md5sum',
  gunzip: '$b gzip -1c data | $b gunzip -c | $b md5sum',
  bzip2: '$b head -c 1000000 data | $b bzip2 -c | $b md5sum',
  awk: `$b awk 'BEGIN { for (i = 1; i < 300000; i++) { s += i / 7 * 1.1 + i % 2.7; t[i % 1000] = s "" } printf "%.15g %s\\n", s, t[7] }'`,
  sort: `$b seq 1 30000 | $b awk '{ print $1 * 7919 % 30011, $1 }' | $b sort | $b md5sum`,
  sed: `$b seq 1 50000 | $b sed -e 's/\\([0-9]\\)\\([0-9]\\)/\\2-\\1/g' -e '/77/d' | $b md5sum`,
  sh: `$b sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done; echo $i'`,
  dc: `$b dc -e '7 3000 ^ p' | $b md5sum`,
};

/** Programs for 32-bit Arm beside the same ones of 64 bits. */
const aarch32: Workload = {
  name: 'aarch32',
  packages: [],
  armhf: true,
  commands: Object.entries(work).flatMap(([name, line]) => ['busybox', 'busybox32'].map(busybox => ({
    name: `${name}/${busybox}`, exact: true, line: `b=/bin/${busybox}; [ -e data ] || cat /bin/busybox32 /bin/busybox32 /bin/busybox32 > data; ${line}`,
  }))),
};

export const workloads: readonly Workload[] = [openssl, python, sevenZip, stress, aarch32];
