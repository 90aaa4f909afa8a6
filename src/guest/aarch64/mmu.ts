/**
 * Address translation of EL1&0, stage 1: permissions, memory types and which cached translations stay valid.
 * ARM DDI 0487, D8.4 (access control), D8.5 (memory types), AArch64.TranslateAddress.
 */
import type { AccessKind, CpuEnv, Translation } from '../../isa/arch.ts';
import { dataAbort, type ExceptionEvent, FaultStatus, instructionAbort, maintenanceAbort } from './exception.ts';
import { GUARDED } from './mode.ts';
import type { CpuModel } from './models.ts';
import { BlockMap } from './blocks.ts';
import { AddressSpaces } from './spaces.ts';
import { fields } from './state.ts';
import type { TranslationControls } from './tcr.ts';
import { TableWalker, WALK_AGAIN, WALK_OK } from './walk.ts';

const SCTLR_M = 1;
const SCTLR_WXN = 1 << 19;
/** In the high word. */
const SCTLR_EPAN = 1 << 25;
const HIGH = 2 ** 32;

/** Whose rights an access has. */
export interface Privilege {
  readonly EL0: boolean;
  /** Privileged access to what EL0 can access is refused. */
  readonly PAN: boolean;
}

export const asEL0: Privilege = { EL0: true, PAN: false };
export const asEL1: Privilege = { EL0: false, PAN: false };
export const asEL1PAN: Privilege = { EL0: false, PAN: true };

/** Where an access went: PAR_EL1's view of a translation. */
export interface Attributes {
  readonly pa: number;
  readonly MAIR: number;
  readonly SH: number;
}

export class Mmu {
  private readonly env: CpuEnv;
  private readonly paSize: number;
  private readonly walker: TableWalker;
  private readonly blocks = new BlockMap();
  private readonly spaces: AddressSpaces;
  private enabled = false;
  private WXN = false;
  private EPAN = false;
  private deviceMask = 0;
  private readonly BTI: boolean;
  // Result of the last `find`.
  private pa = 0;
  private pageBits = 12;
  private writable = false;
  private device = false;
  private guarded = false;

  constructor(env: CpuEnv, model: CpuModel) {
    this.env = env;
    this.spaces = new AddressSpaces(env);
    this.paSize = 2 ** model.paBits;
    this.BTI = model.features.has('BTI');
    this.walker = new TableWalker(env, model);
    this.configure();
  }

  /** SCTLR_EL1, TCR_EL1 or MAIR_EL1 changed. */
  configure(): void {
    const { u8, u32 } = this.env.arena;
    const SCTLR = u32[(this.env.base + fields.SCTLR_EL1.offset) >>> 2] as number;
    this.enabled = (SCTLR & SCTLR_M) !== 0;
    this.WXN = (SCTLR & SCTLR_WXN) !== 0;
    this.EPAN = ((u32[((this.env.base + fields.SCTLR_EL1.offset) >>> 2) + 1] as number) & SCTLR_EPAN) !== 0;
    this.deviceMask = 0;
    const MAIR = this.env.base + fields.MAIR_EL1.offset;
    for (let n = 0; n < 8; n++) if ((u8[MAIR + n] as number) >>> 4 === 0) this.deviceMask |= 1 << n;
    this.walker.configure();
    this.spaces.controlsChanged();
  }

  /** What TCR_EL1 says of the two halves of the address space. */
  get halves(): TranslationControls['halves'] {
    return this.walker.controls.halves;
  }

  /** Identity of what is translated now: GuestCpu.spaceKey. */
  spaceKey(): bigint {
    return this.spaces.key();
  }

  /** Identity of what TTBR1_EL1 translates: GuestCpu.upperSpaceKey. */
  upperSpaceKey(): bigint | undefined {
    return this.enabled ? this.spaces.upperKey() : undefined;
  }

  /** Throws an ExceptionEvent where the access is refused. */
  translate(va: bigint, kind: AccessKind, privilege: Privilege): Translation {
    const status = this.find(va, kind, privilege, kind === 'write');
    if (status !== WALK_OK) throw this.fault(va, kind, status);
    return { pa: this.pa, writable: this.writable, pageBits: this.pageBits, device: this.device, codeMode: this.guarded ? GUARDED : 0 };
  }

  /** The access of a cache maintenance instruction: the physical address. */
  translateForMaintenance(va: bigint, kind: AccessKind, privilege: Privilege): number {
    const status = this.find(va, kind, privilege, false);
    if (status !== WALK_OK) throw maintenanceAbort(va, status);
    return this.pa;
  }

  /** For AT: a fault status, or what the translation gives. */
  probe(va: bigint, kind: AccessKind, privilege: Privilege): number | Attributes {
    const status = this.find(va, kind, privilege, false);
    if (status !== WALK_OK) return status;
    if (!this.enabled) return { pa: this.pa, MAIR: 0, SH: 2 };
    const { AttrIndx, SH } = this.walker;
    return { pa: this.pa, MAIR: this.env.arena.u8[this.env.base + fields.MAIR_EL1.offset + AttrIndx] as number, SH };
  }

  fault(va: bigint, kind: AccessKind, status: number): ExceptionEvent {
    if (this.env.log.on('mmu')) this.env.log.write('mmu', `${kind} 0x${va.toString(16)}: fault status 0x${status.toString(16)}`);
    return kind === 'fetch' ? instructionAbort(va, status) : dataAbort(va, status, kind === 'write');
  }

  /** `dirties`: the page is going to be written, not just looked at with the rights of a write. */
  private find(va: bigint, kind: AccessKind, privilege: Privilege, dirties: boolean): number {
    const vaHigh = Number(va >> 32n);
    const vaLow = Number(va & 0xffff_ffffn);
    if (kind === 'fetch' && hasTag(this.halves, vaHigh)) return FaultStatus.Translation;
    if (!this.enabled) return this.flat(vaHigh, vaLow, kind);
    const { walker } = this;
    for (let updated = WALK_AGAIN; updated === WALK_AGAIN; ) {
      const status = walker.walk(vaHigh, vaLow, privilege.EL0);
      if (status !== WALK_OK) return status;
      if (!this.permits(kind, privilege)) return FaultStatus.Permission | walker.level;
      updated = walker.old || walker.clean ? walker.update(dirties) : WALK_OK;
      if (updated >= 0) return updated;
    }
    this.pa = walker.pa;
    this.pageBits = walker.pageBits;
    this.writable = !walker.readOnly && !walker.clean;
    this.guarded = this.BTI && walker.GP;
    this.device = kind !== 'fetch' && (this.deviceMask & (1 << walker.AttrIndx)) !== 0;
    this.blocks.seen(vaHigh, vaLow, walker);
    if (walker.nG && (vaHigh >>> 23) & 1) this.spaces.upperNotGlobal();
    return WALK_OK;
  }

  /** Stage 1 off: addresses go through as they are; data is Device-nGnRnE. AArch64.S1DisabledOutput. */
  private flat(vaHigh: number, vaLow: number, kind: AccessKind): number {
    const upper = (vaHigh >>> 23) & 1;
    const pa = (this.walker.controls.halves[upper as 0 | 1].TBI ? vaHigh & 0xff_ffff : vaHigh) * HIGH + vaLow;
    if (pa >= this.paSize) return FaultStatus.AddressSize;
    this.pa = pa;
    this.pageBits = 12;
    this.writable = true;
    this.guarded = false;
    this.device = kind !== 'fetch';
    return WALK_OK;
  }

  private permits(kind: AccessKind, privilege: Privilege): boolean {
    const { EL0, readOnly, UXN, PXN } = this.walker;
    if (kind !== 'fetch') {
      if (privilege.EL0 ? !EL0 : privilege.PAN && (EL0 || (this.EPAN && !UXN))) return false;
      return kind === 'read' || !readOnly;
    }
    if (privilege.EL0) return !UXN && !(this.WXN && EL0 && !readOnly);
    // What EL0 can write, EL1 can't execute.
    return !PXN && !(EL0 && !readOnly) && !(this.WXN && !readOnly);
  }

  /** Everything. */
  invalidateAll(): void {
    this.blocks.clear();
    this.env.flushTlb();
  }

  /** What is not global of an ASID: the address spaces that have it, with everything in them. */
  invalidateASID(asid: number): void {
    this.spaces.forgetASID(asid);
    this.env.modeChanged();
  }

  /** A page, with whatever block it was mapped by, in every address space. `va`: bits 55..12 count. */
  invalidatePage(va: bigint): void {
    const canonical = BigInt.asUintN(64, BigInt.asIntN(56, va));
    const half = this.walker.controls.halves[Number((canonical >> 55n) & 1n) as 0 | 1];
    const pageBits = Math.max(half.granule, this.blocks.covering(canonical));
    // An address with a tag is another page to the TLB, and which tags were used nobody knows.
    if (pageBits > 25 || (half.TBI && this.blocks.taggedSeen)) this.invalidateAll();
    else this.env.flushTlbPage((canonical >> BigInt(pageBits)) << BigInt(pageBits), pageBits);
  }

  /** `pages` pages of `1 << pageBits` bytes. */
  invalidateRange(va: bigint, pageBits: number, pages: number): void {
    const half = this.walker.controls.halves[Number((va >> 55n) & 1n) as 0 | 1];
    if (pages > 64 || pageBits !== half.granule) return this.invalidateAll();
    for (let n = 0; n < pages; n++) this.invalidatePage(va + (BigInt(n) << BigInt(pageBits)));
  }
}

/** An instruction's address has a tag where TCR_EL1.TBID has none of them ignored. */
function hasTag(halves: TranslationControls['halves'], vaHigh: number): boolean {
  const upper = (vaHigh >>> 23) & 1;
  return halves[upper as 0 | 1].TBID && vaHigh >>> 24 !== (upper ? 0xff : 0);
}
