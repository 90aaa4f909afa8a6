/** Translation tables in a machine's RAM, built entry by entry. */
import type { CpuModelName } from '../../../src/guest/aarch64/index.ts';
import { Machine, RAM } from './machine.ts';

export const VALID = 1n;
export const AF = 1n << 10n;
export const AP_EL0 = 1n << 6n;
export const AP_RO = 1n << 7n;
export const nG = 1n << 11n;
export const PXN = 1n << 53n;
export const UXN = 1n << 54n;

/** log2 of the granule's bytes. */
export type Granule = 12 | 14 | 16;

const TG0 = { 12: 0n, 14: 2n, 16: 1n } as const;
const TG1 = { 12: 2n, 14: 1n, 16: 3n } as const;
const TABLE = 3n;
/** Code that `atEL1` runs: a page of its own, mapped at the same address. */
const CODE = RAM;

interface Options {
  granule: Granule;
  IPS?: number;
  TnSZ?: number;
  model?: CpuModelName;
  controls?: bigint;
}

export class Tables {
  readonly m: Machine;
  TCR: bigint;
  SCTLR = 1n;
  /** Of `atEL1`. */
  pstate = 5;
  private readonly granule: Granule;
  private readonly firstLevel: number;
  private readonly inputBits: number;
  private next = RAM + 0x1_0000;
  private readonly tables: number[] = [];

  /** `controls`: more bits of TCR_EL1. */
  constructor({ granule, IPS = 5, TnSZ = 16, model = 'max', controls = 0n }: Options) {
    this.m = new Machine(model);
    this.granule = granule;
    this.inputBits = 64 - TnSZ;
    this.firstLevel = 4 - Math.ceil((this.inputBits - granule) / (granule - 3));
    const size = BigInt(TnSZ);
    this.TCR = size | (size << 16n) | (TG0[granule] << 14n) | (TG1[granule] << 30n) | (BigInt(IPS) << 32n) | controls;
    this.m.state.TTBR0_EL1 = BigInt(this.table());
    this.m.state.TTBR1_EL1 = BigInt(this.table());
    this.m.state.MAIR_EL1 = 0xffn;
    this.enable();
  }

  /** TCR and SCTLR as they are now. */
  enable(): void {
    this.m.state.TCR_EL1 = this.TCR;
    this.m.state.SCTLR_EL1 = this.SCTLR;
    this.m.cpu.stateChanged();
  }

  /** A page with these attributes. */
  map(va: bigint, pa: number, { attributes }: { attributes: bigint }): void {
    for (let level = this.firstLevel; level < 3; level++) {
      if ((this.get(va, level) & 1n) === 0n) this.set(va, level, BigInt(this.table()) | TABLE);
    }
    this.set(va, 3, BigInt(pa) | attributes | TABLE);
  }

  get(va: bigint, level: number): bigint {
    return this.m.peek(this.entry(va, level), 8);
  }
  set(va: bigint, level: number, descriptor: bigint): void {
    this.m.poke64(this.entry(va, level), descriptor);
  }

  /** Makes the table of `level` lie at `pa`. */
  moveTable(va: bigint, level: number, pa: number): void {
    if (level === this.firstLevel) {
      this.m.state.TTBR0_EL1 = BigInt(pa);
      this.m.state.TTBR1_EL1 = BigInt(pa);
    } else {
      this.set(va, level - 1, BigInt(pa) | TABLE);
    }
  }

  /** Reverses the bytes of every entry. */
  swapAll(): void {
    for (const table of this.tables) {
      for (let at = table; at < table + 2 ** this.granule; at += 8) {
        const bytes = new DataView(new ArrayBuffer(8));
        bytes.setBigUint64(0, this.m.peek(at, 8), true);
        this.m.poke64(at, bytes.getBigUint64(0, false));
      }
    }
  }

  /** Runs one word at EL1 in a page of its own. */
  atEL1(word: number): void {
    this.map(BigInt(CODE), CODE, { attributes: AF });
    this.m.cpu.pstate = this.pstate;
    this.m.run(word);
  }

  private table(): number {
    const bytes = 2 ** this.granule;
    const at = Math.ceil(this.next / bytes) * bytes;
    this.next = at + bytes;
    this.tables.push(at);
    return at;
  }

  private entry(va: bigint, level: number): number {
    const upper = (va >> 55n) & 1n;
    let table = Number((upper ? this.m.state.TTBR1_EL1 : this.m.state.TTBR0_EL1) & 0xffff_ffff_ffffn);
    for (let l = this.firstLevel; ; l++) {
      const shift = BigInt(this.granule + (this.granule - 3) * (3 - l));
      const width = BigInt(l === this.firstLevel ? this.inputBits : Number(shift) + this.granule - 3);
      const index = BigInt.asUintN(Number(width), va) >> shift;
      const at = table + Number(index) * 8;
      if (l === level) return at;
      table = Number(this.m.peek(at, 8) & 0xffff_ffff_f000n);
      table -= table % 2 ** this.granule;
    }
  }
}
