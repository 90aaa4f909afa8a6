/** Loads and stores over a page boundary whose second page can't be accessed: nothing changes, and FAR is exact. */
import { AF, AP_EL0, AP_RO, Builder, DATA, PAGE, type Program, WINDOW } from '../program.ts';

/** An access by X1; others in it are X2 to X5 and V0 to V3. */
interface Form {
  readonly word: number;
  readonly bytes: number;
  readonly write?: boolean;
  /** The address is X1 plus this. */
  readonly offset?: number;
}
const load = (word: number, bytes: number, offset = 0): Form => ({ word, bytes, offset });
const store = (word: number, bytes: number, offset = 0): Form => ({ word, bytes, offset, write: true });

const forms: Readonly<Record<string, Form>> = {
  'LDRH': load(0x7940_0022, 2), 'LDRSH': load(0x7980_0022, 2), 'LDR W': load(0xb940_0022, 4), 'LDRSW': load(0xb980_0022, 4),
  'LDR X': load(0xf940_0022, 8), 'LDR X (pre)': load(0xf85f_0c22, 8, -16), 'LDR X (post)': load(0xf841_0422, 8),
  'LDR X (register)': load(0xf87f_7822, 8), 'LDUR': load(0xf840_0022, 8), 'LDTR': load(0xf840_0822, 8),
  'LDP W': load(0x2940_0c22, 8), 'LDPSW (post)': load(0x68c1_0c22, 8), 'LDP X': load(0xa940_0c22, 16),
  'LDP X (pre)': load(0xa9fe_0c22, 16, -32), 'LDP X (post)': load(0xa8c2_0c22, 16), 'LDNP X': load(0xa840_0c22, 16),
  'LDR H': load(0x7d40_0020, 2), 'LDR S': load(0xbd40_0020, 4), 'LDR D': load(0xfd40_0020, 8), 'LDR Q': load(0x3dc0_0020, 16),
  'LDR Q (post)': load(0x3cc1_0420, 16), 'LDP S': load(0x2d40_0420, 8), 'LDP D': load(0x6d40_0420, 16), 'LDP Q': load(0xad40_0420, 32),
  'LDP Q (pre)': load(0xadfe_0420, 32, -64), 'LDNP Q': load(0xac40_0420, 32),
  'LD1 one': load(0x0c40_7020, 8), 'LD1 two (post)': load(0x4cdf_a820, 32), 'LD1 four': load(0x4c40_2020, 64),
  'LD2 (post)': load(0x4cdf_8420, 32), 'LD3': load(0x4c40_4820, 48), 'LD4 (post)': load(0x4cdf_0c20, 64), 'LD1 lane': load(0x4d40_8420, 8),
  'LD2 lane': load(0x4d60_8020, 8), 'LD4 lane (post)': load(0x0dff_b020, 16), 'LD1R': load(0x4d40_c820, 4), 'LD3R': load(0x4d40_ec20, 24),
  'STRH': store(0x7900_0022, 2), 'STR W': store(0xb900_0022, 4), 'STR X': store(0xf900_0022, 8), 'STR X (pre)': store(0xf81f_0c22, 8, -16),
  'STR X (post)': store(0xf801_0422, 8), 'STUR': store(0xf800_0022, 8), 'STTR': store(0xf800_0822, 8), 'STP W': store(0x2900_0c22, 8),
  'STP X': store(0xa900_0c22, 16), 'STP X (pre)': store(0xa9be_0c22, 16, -32), 'STP X (post)': store(0xa882_0c22, 16),
  'STNP X': store(0xa800_0c22, 16), 'STR H': store(0x7d00_0020, 2), 'STR S': store(0xbd00_0020, 4), 'STR D': store(0xfd00_0020, 8),
  'STR Q': store(0x3d80_0020, 16), 'STR Q (post)': store(0x3c81_0420, 16), 'STP D': store(0x6d00_0420, 16), 'STP Q': store(0xad00_0420, 32),
  'STP Q (pre)': store(0xadbe_0420, 32, -64), 'STNP Q': store(0xac00_0420, 32), 'ST1 one': store(0x0c00_7020, 8),
  'ST1 two (post)': store(0x4c9f_a820, 32), 'ST1 four': store(0x4c00_2020, 64), 'ST2 (post)': store(0x4c9f_8420, 32),
  'ST3': store(0x4c00_4820, 48), 'ST4 (post)': store(0x4c9f_0c20, 64), 'ST1 lane': store(0x4d00_8420, 8),
  'ST2 lane': store(0x4d20_8020, 8), 'ST4 lane (post)': store(0x0dbf_b020, 16),
};

/** What must be aligned: its address, else an alignment fault at it, before any other fault. Atomics count as reads. */
const aligned: Readonly<Record<string, Form>> = {
  'LDXR': load(0xc85f_7c22, 8), 'LDAXRH': load(0x485f_fc22, 2), 'LDXP': load(0xc87f_0c22, 16), 'LDADD': load(0xf823_0022, 8),
  'STADD': load(0xf823_003f, 8), 'SWPAL': load(0xb8e3_8022, 4), 'LDSMAXH': load(0x7823_4022, 2), 'CAS': load(0xc8a2_7c23, 8),
  'CASP': load(0x4822_7c24, 16),
};
const atomics: ReadonlySet<string> = new Set(['LDADD', 'STADD', 'SWPAL', 'LDSMAXH', 'CAS', 'CASP']);

const END = WINDOW + 0x1000;
const TRANSLATION = 0x07;
const ACCESS_FLAG = 0x0b;
const PERMISSION = 0x0f;
const ALIGNMENT = 0x21;
const WnR = 0x40n;

const xValue = (n: number): bigint => BigInt.asUintN(64, 0x9e37_79b9_7f4a_7c15n * BigInt(n + 1));
const memoryValue = (n: number): bigint => BigInt.asUintN(64, 0xd1b5_4a32_d192_ed03n * BigInt(n + 77));

/** The first page in DATA, with known contents in its last 128 bytes; X2 to X5 and V0 to V3 known. */
function prepare(b: Builder, second: bigint): void {
  b.map(WINDOW, DATA, AP_EL0);
  b.set(b.entry(END), second);
  const a = b.main;
  for (let n = 0; n < 4; n++) a.mov(2, xValue(2 * n + 20)).mov(3, xValue(2 * n + 21)).fmovToV(n, 2).raw(0x9eaf_0060 | n);
  for (let n = 2; n < 6; n++) a.mov(n, xValue(n));
}

interface Attempt {
  readonly word: number;
  readonly base: number;
  readonly status: number;
  readonly kind: 'read' | 'write';
  readonly far: number;
  /** QEMU says that atomics write, always. */
  readonly WnR?: boolean;
  /** Several elements: which of them were read or written (the first bytes, this many) when one faults is UNKNOWN. */
  readonly parts?: number;
}

/** One access at X1; then X1 to X5, V0 to V3 and the end of the page are noted, which must be as before. */
function attempt(b: Builder, { word, base, status, kind, far, WnR: eitherKind = false, parts = 0 }: Attempt): void {
  const a = b.main.mov(6, DATA + 0x1000 - 128);
  for (let n = 0; n < 16; n += 2) a.mov(7, memoryValue(n)).mov(8, memoryValue(n + 1)).stp(7, 8, 6, n * 8);
  a.mov(1, base);
  const at = a.here;
  a.raw(word);
  a.str(1, 28).str(2, 28, 8).str(3, 28, 16).str(4, 28, 24).str(5, 28, 32).add(28, 28, 40).raw(0x4c9f_2380);
  const esr = (0x25n << 26n) | (1n << 25n) | BigInt(status) | (kind === 'write' ? WnR : 0n);
  if (eitherKind) b.expectOneOf(esr, esr ^ WnR);
  else b.expect(esr);
  b.expect(far, at, base);
  const unknown = (value: bigint, when: boolean): unknown => (when && parts > 0 ? b.expectAnything(value) : b.expect(value));
  for (let n = 2; n < 6; n++) b.expect(xValue(n));
  for (let n = 0; n < 8; n++) unknown(xValue(n + 20), kind === 'read');
  for (let n = 0; n < 16; n++) {
    if (n % 2 === 0) a.ldp(7, 8, 6, n * 8).stp(7, 8, 28, 0).add(28, 28, 16);
    unknown(memoryValue(n), kind === 'write' && 128 - n * 8 <= parts + 7);
  }
}

const several = /^(LD|ST)(N?P|[1-4]|R Q)/;

function overTheEnd(name: string, { word, bytes, offset = 0, write = false }: Form, second: bigint, status: number): Program {
  const b = new Builder();
  prepare(b, second);
  for (const inFirst of new Set([0, 1, bytes >> 1, bytes - 1])) {
    const parts = several.test(name) ? inFirst : 0;
    attempt(b, { word, base: END - inFirst - offset, status, kind: write ? 'write' : 'read', far: END, parts });
  }
  return b.build(name);
}

function alignedAtEnd(name: string, { word, bytes }: Form): Program {
  const b = new Builder();
  prepare(b, 0n);
  const access = { word, kind: 'read', WnR: atomics.has(name) } as const;
  attempt(b, { ...access, base: END, status: TRANSLATION, far: END });
  for (const inFirst of new Set([1, bytes >> 1])) attempt(b, { ...access, base: END - inFirst, status: ALIGNMENT, far: END - inFirst });
  return b.build(`${name}: at and over the end`);
}

/** What reads but can't write: an atomic's fault is then one of a write. */
function readOnly(): Program {
  const b = new Builder();
  prepare(b, BigInt(DATA + 0x1000) | PAGE | AF | AP_RO);
  for (const [name, { word }] of Object.entries(aligned)) {
    if (atomics.has(name)) attempt(b, { word, base: END, status: PERMISSION, kind: 'write', far: END });
  }
  return b.build('atomics on a page that is read-only');
}

const writes = Object.entries(forms).filter(([, form]) => form.write);

export const crossing: readonly Program[] = [
  ...Object.entries(forms).map(([name, form]) => overTheEnd(name, form, 0n, TRANSLATION)),
  ...writes.map(([name, form]) => overTheEnd(`${name} to a read-only page`, form, BigInt(DATA + 0x1000) | PAGE | AF | AP_RO | AP_EL0, PERMISSION)),
  ...['LDR X', 'LDP Q', 'LD4 (post)', 'STR X', 'STP X (pre)'].map(name =>
    overTheEnd(`${name} to a page without the access flag`, forms[name]!, BigInt(DATA + 0x1000) | PAGE | AP_EL0, ACCESS_FLAG)),
  ...Object.entries(aligned).map(([name, form]) => alignedAtEnd(name, form)),
  readOnly(),
];
