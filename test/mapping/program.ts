/**
 * Programs for the bare processor that bring their own translation tables, note what they see in RAM, and do the same
 * on this engine and on QEMU's virt machine (tools/oracle/mapping.ts).
 *
 * Registers that are taken: X28 is where the next result goes; an exception notes its syndrome, FAR and ELR there and goes
 * on at X27 if that isn't 0, else behind the instruction. X25 and X26 are the handler's. SVC from EL0 goes on at X24 at EL1.
 */
import { Assembler } from '../vcpu/assembler.ts';

export const RAM = 0x4000_0000;
export const RAM_SIZE = 0x40_0000;
/** The image; before it is what QEMU puts there. */
const START = RAM + 0x10_0000;
export const IMAGE_SIZE = 0x20_0000;
export const VECTORS = START + 0x1000;
export const CODE = START + 0x1_0000;
export const DATA = START + 0x4_0000;
export const RESULTS = START + 0x8_0000;
const TABLES = START + 0x10_0000;
/** Virtual addresses that are mapped to nothing but what a program maps. */
export const WINDOW = 0x5000_0000;
export const UPPER = 0xffff_ff80_0000_0000n;
/** Mapped as Normal memory, but no memory and no device is there. */
export const VOID = 0x8000_0000;
/** Device-nGnRE, and in QEMU a PL011. */
export const DEVICE = 0x0900_0000;

export const VALID = 1n;
export const PAGE = 3n;
export const AF = 1n << 10n;
export const AP_EL0 = 1n << 6n;
export const AP_RO = 1n << 7n;
export const nG = 1n << 11n;
export const DBM = 1n << 51n;
export const CONTIGUOUS = 1n << 52n;
export const PXN = 1n << 53n;
export const UXN = 1n << 54n;
/** MAIR_EL1: Normal; Device-nGnRE; Normal Non-cacheable. */
export const ATTR = { normal: 0n, device: 1n << 2n, uncached: 2n << 2n } as const;

type Register = readonly [op0: number, op1: number, CRn: number, CRm: number, op2: number];
export const SCTLR_EL1: Register = [3, 0, 1, 0, 0];
export const TTBR0_EL1: Register = [3, 0, 2, 0, 0];
export const TTBR1_EL1: Register = [3, 0, 2, 0, 1];
export const TCR_EL1: Register = [3, 0, 2, 0, 2];
export const MAIR_EL1: Register = [3, 0, 10, 2, 0];
const CPACR_EL1: Register = [3, 0, 1, 0, 2];
const VBAR_EL1: Register = [3, 0, 12, 0, 0];
export const PAR_EL1: Register = [3, 0, 7, 4, 0];

export const SCTLR_M = 1n;
/** RES1 bits, EL0's cache maintenance and DC ZVA, no PAN at exceptions. */
export const SCTLR = 0x30d0_0800n | (1n << 26n) | (1n << 14n) | (1n << 23n) | SCTLR_M;
/** 39 bits each, 4K, 40 physical. */
export const TCR = 25n | (25n << 16n) | (2n << 30n) | (2n << 32n);
export const TCR_HA = 1n << 39n;
export const TCR_HD = 1n << 40n;

/** What the program starts with; `granule` is 4K always. */
export interface Controls { readonly TCR?: bigint; readonly SCTLR?: bigint; readonly TTBR0?: bigint }

export interface Program {
  readonly name: string;
  /** From `START` on. */
  readonly image: Uint8Array;
  readonly entry: number;
  readonly expected: readonly bigint[];
  /** Why QEMU isn't asked. */
  readonly notOnQemu: string | undefined;
  /** What results can be as well elsewhere, where the architecture allows several outcomes. */
  readonly also: ReadonlyMap<number, readonly bigint[] | 'anything'>;
}

export class Builder {
  readonly main = new Assembler(CODE);
  private readonly image = new Uint8Array(IMAGE_SIZE);
  private readonly view = new DataView(this.image.buffer);
  private nextTable = TABLES;
  readonly root0 = this.table();
  readonly root1 = this.table();
  private readonly parts: Assembler[] = [];
  private readonly expected: bigint[] = [];
  private readonly also = new Map<number, readonly bigint[] | 'anything'>();

  constructor() {
    const Device = BigInt(DEVICE & -0x20_0000) | VALID | AF | ATTR.device | PXN | UXN;
    this.set(this.entryAt(this.root0, BigInt(DEVICE), 2), Device);
    for (let at = RAM; at < RAM + RAM_SIZE; at += 0x1000) this.map(at, at);
    this.map(VOID, VOID);
  }

  // ---- tables
  table(): number {
    this.nextTable += 0x1000;
    return this.nextTable - 0x1000;
  }
  set(pa: number, value: bigint): this { this.view.setBigUint64(pa - START, value, true); return this; }
  get(pa: number): bigint { return this.view.getBigUint64(pa - START, true); }

  /** Physical address of the descriptor for `va`; tables on the way to it are made. */
  entryAt(root: number, va: bigint, level = 3): number {
    let table = root;
    for (let l = 1; ; l++) {
      const at = table + Number((va >> BigInt(39 - 9 * l)) & 511n) * 8;
      if (l === level) return at;
      if ((this.get(at) & 1n) === 0n) this.set(at, BigInt(this.table()) | 3n);
      table = Number(this.get(at) & 0xffff_ffff_f000n);
    }
  }
  entry(va: bigint | number): number { return this.entryAt(BigInt(va) >> 63n ? this.root1 : this.root0, BigInt(va)); }
  map(va: bigint | number, pa: number, attributes = 0n): this { return this.set(this.entry(va), pageAt(pa, attributes)); }
  unmap(va: bigint | number): this { return this.set(this.entry(va), 0n); }

  // ---- contents
  code(at: number, write: (a: Assembler) => void): this {
    const a = new Assembler(at);
    write(a);
    this.parts.push(a);
    return this;
  }
  /** The next results. */
  expect(...values: readonly (bigint | number)[]): this {
    this.expected.push(...values.map(v => BigInt.asUintN(64, BigInt(v))));
    return this;
  }
  /** The next result is one of these: the architecture allows them all, we give the first. */
  expectOneOf(first: bigint | number, ...others: readonly (bigint | number)[]): this {
    this.also.set(this.expected.length, others.map(BigInt));
    return this.expect(first);
  }
  /** The next result is UNKNOWN by the architecture, and this here. */
  expectAnything(ours: bigint | number): this {
    this.also.set(this.expected.length, 'anything');
    return this.expect(ours);
  }
  /** What the handler notes of an abort from EL1 (or EL0). */
  expectAbort(kind: 'fetch' | 'read' | 'write', status: number, far: bigint | number, elr: bigint | number = far, EL0 = false): this {
    return this.expect(abortSyndrome(kind, status, EL0), far, elr);
  }

  build(name: string, controls: Controls = {}, notOnQemu?: string): Program {
    const { TCR: tcr = TCR, SCTLR: sctlr = SCTLR, TTBR0 = BigInt(this.root0) } = controls;
    const start = new Assembler(START);
    const set = (r: Register, value: bigint | number): void => void start.mov(0, value).msr(r, 0);
    set(VBAR_EL1, VECTORS);
    set(MAIR_EL1, 0x4404ffn);
    set(CPACR_EL1, 3n << 20n);
    set(TTBR0_EL1, TTBR0);
    set(TTBR1_EL1, this.root1);
    set(TCR_EL1, tcr);
    start.isb();
    set(SCTLR_EL1, sctlr);
    start.isb().mov(28, RESULTS).mov(27, 0).mov(1, CODE).br(1);
    this.main.label('the end').mov(0, 0xdead_0000).hvc(1);
    // QEMU's PSCI didn't know that function: all results to the UART, with stage 1 off, then SYSTEM_OFF.
    this.main.mov(0, SCTLR & ~SCTLR_M).msr(SCTLR_EL1, 0).isb().mov(1, RESULTS).mov(2, DEVICE);
    this.main.label('print').ldrIndexed('post', 0, 1, 1, 0).str(0, 2, 0, 0).raw(subReg(4, 28, 1)).cbnz(4, 'print');
    this.main.mov(0, 0x8400_0008).hvc(0);
    for (const a of [start, vectors(), this.main, ...this.parts]) {
      a.words().forEach((w, i) => this.view.setUint32(a.base - START + i * 4, w, true));
    }
    return { name, image: this.image, entry: START, expected: this.expected, notOnQemu, also: this.also };
  }
}

export const pageAt = (pa: number, attributes = 0n): bigint => BigInt(pa) | PAGE | AF | attributes;

export function abortSyndrome(kind: 'fetch' | 'read' | 'write', status: number, EL0 = false): bigint {
  const ec = (kind === 'fetch' ? 0x20n : 0x24n) + (EL0 ? 0n : 1n);
  return (ec << 26n) | (1n << 25n) | (kind === 'write' ? 0x40n : 0n) | BigInt(status);
}

/** Results of another implementation, with those that the architecture lets differ put as ours are. */
export function normalized({ also, expected }: Program, results: readonly bigint[]): bigint[] {
  return results.map((value, n) => {
    const allowed = also.get(n);
    return allowed === 'anything' || allowed?.includes(value) ? expected[n]! : value;
  });
}
export const hex = (values: readonly bigint[]): string[] => values.map(v => `0x${v.toString(16)}`);

/** SUB (shifted register), 64 bits. */
const subReg = (Rd: number, Rn: number, Rm: number): number => 0xcb00_0000 | (Rm << 16) | (Rn << 5) | Rd;

function vectors(): Assembler {
  const a = new Assembler(VECTORS);
  for (const offset of [0x200, 0x400]) {
    // lsr w26, w25, #26; subs x26, x26, #0x15: SVC.
    a.org(VECTORS + offset).mrsNamed('ESR_EL1', 25).raw(0x531a_7f3a).subs(26, 26, 0x15).cbz(26, `svc${offset}`);
    a.strIndexed('post', 25, 28, 8).mrsNamed('FAR_EL1', 26).strIndexed('post', 26, 28, 8);
    a.mrsNamed('ELR_EL1', 26).strIndexed('post', 26, 28, 8).cbnz(27, `elsewhere${offset}`);
    a.add(26, 26, 4).msrNamed('ELR_EL1', 26).eret();
    a.label(`elsewhere${offset}`).msrNamed('ELR_EL1', 27).mov(27, 0).eret();
    a.label(`svc${offset}`).msrNamed('ELR_EL1', 24).mov(25, 0x3c5).msrNamed('SPSR_EL1', 25).eret();
  }
  return a;
}
