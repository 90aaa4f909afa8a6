/** Where a CPU's PC is: its words in the state, and the page of the arena that it leads to. */
import type { Arena } from '../base/arena.ts';
import type { GuestArch, GuestCpu } from '../isa/arch.ts';
import { PAGE } from '../jit/abi.ts';
import type { PhysicalMemory } from './physical.ts';
import type { Bank } from './tlb.ts';

export class ProgramCounter {
  private readonly u32: Uint32Array;
  private readonly guest: GuestCpu;
  private readonly physical: PhysicalMemory;
  private readonly pc: number;
  private readonly pcPage: number;

  constructor(arena: Arena, base: number, { layout: { fields } }: GuestArch, guest: GuestCpu, physical: PhysicalMemory) {
    this.u32 = arena.u32;
    this.guest = guest;
    this.physical = physical;
    this.pc = (base + fields.pc.offset) >>> 2;
    this.pcPage = (base + fields.pcPage.offset) >>> 2;
  }

  get low(): number { return this.u32[this.pc]!; }
  get high(): number { return this.u32[this.pc + 1]!; }
  get offset(): number { return this.low & (PAGE - 1); }
  get value(): bigint { return BigInt(this.high) << 32n | BigInt(this.low); }

  /** What runs next is in the PC's page. */
  setPage(): void {
    this.u32[this.pcPage] = this.low & -PAGE;
    this.u32[this.pcPage + 1] = this.high;
  }

  /**
   * Arena address of the page that PC lies in, plus what it adds to the mode. Throws a GuestEvent where nothing can be fetched.
   * `alignment`: of instructions, in bytes.
   */
  fetch(bank: Bank, alignment: 2 | 4): number {
    const fetchKey = this.fetchKey(0);
    const known = bank.fetches.get(fetchKey);
    if (known !== undefined && (this.low & (alignment - 1)) === 0) return known;
    const pc = this.value;
    const place = this.translate(pc, () => this.value);
    // A guest may give PC the form that it has to have; only that is remembered.
    if (this.value === pc) bank.fetches.set(fetchKey, place);
    return place;
  }

  /** Arena address of the page behind PC's. Throws a GuestEvent likewise. */
  fetchNextPage(bank: Bank): number {
    const fetchKey = this.fetchKey(1);
    const next = (this.value & -0x1000n) + 0x1000n;
    // Behind the last page of 4 GiB a guest may find the first one.
    const wraps = this.low >>> 12 === 0xf_ffff;
    let place = wraps ? undefined : bank.fetches.get(fetchKey);
    if (place === undefined) {
      place = this.translate(next, () => next);
      if (!wraps) bank.fetches.set(fetchKey, place);
    }
    return place - (place % PAGE);
  }

  /** Of the page so many behind PC's. Signed, so that the key is exact: page number and index have 54 bits. */
  private fetchKey(pages: 0 | 1): number {
    return ((this.high | 0) * 2 ** 20 + (this.low >>> 12) + pages) * 4 + this.guest.mmuIndex(false);
  }

  /** `aborting`: the address that an abort has, asked for afterwards. */
  private translate(va: bigint, aborting: () => bigint): number {
    const { pa, codeMode = 0 } = this.guest.translate(va, 'fetch', false);
    const at = this.physical.at(pa, 4);
    if (at < 0) throw this.guest.externalAbort(aborting(), 'fetch', false);
    return at - (at % PAGE) + codeMode;
  }
}
