/**
 * A vCPU's registers as a whole, out of KVM and into it (QEMU's kvm_arch_get_registers and kvm_arch_put_registers): what is written
 * at run time, at a reset, and only where a whole machine is put back.
 */
import {
  KVM_REG_ARM64_SVE_FFR, KVM_REG_ARM64_SVE_PREG, KVM_REG_ARM64_SVE_VLS, KVM_REG_ARM64_SVE_ZREG, KVM_REG_ARM_CORE, KVM_REG_ARM_TIMER_CNT, KvmError, type Vcpu, type VcpuEventsState,
} from '../kvm/index.ts';

/** The guest has run, and runs on; it was reset; everything comes from elsewhere. */
export const SYNC_RUNTIME = 1;
export const SYNC_RESET = 2;
export const SYNC_FULL = 3;
export type SyncLevel = typeof SYNC_RUNTIME | typeof SYNC_RESET | typeof SYNC_FULL;

const CLASS = 0x0fff_0000n;
const CLASS_CORE = 0x0010_0000n;
const CLASS_SVE = 0x0015_0000n;
const SIZE = 0xf0_0000_0000_0000n;
const SIZE_U32 = 2n << 52n;
const SIZE_U64 = 3n << 52n;
const nRW = 1n << 4n;

/** Whether a register is read and written as one of the list: core and SVE registers aren't. */
export const syncsViaList = (id: bigint): boolean => (id & CLASS) !== CLASS_CORE && (id & CLASS) !== CLASS_SVE;

/** From which level on it is written: a running guest's counter isn't turned back. */
export const syncLevel = (id: bigint): SyncLevel => (id === KVM_REG_ARM_TIMER_CNT ? SYNC_FULL : SYNC_RUNTIME);

const { X, V, SPSR, SP_EL0, SP_EL1, PSTATE, PC, ELR_EL1, FPSR, FPCR } = KVM_REG_ARM_CORE;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
/** In the orders in which they are read and written. */
const general = [...numbers(31).map(X), SP_EL0, SP_EL1, PSTATE, PC];
const sve = [...numbers(32).map(n => KVM_REG_ARM64_SVE_ZREG(n)), ...numbers(16).map(n => KVM_REG_ARM64_SVE_PREG(n)), KVM_REG_ARM64_SVE_FFR()];
const others = (SVE: boolean): bigint[] => [ELR_EL1, ...numbers(5).map(SPSR), ...(SVE ? sve : numbers(32).map(V)), FPSR, FPCR];

export interface CpuRegisters {
  /** By id. V registers are 128 bits, the low half first; with SVE there are Z, P and FFR instead. */
  readonly core: ReadonlyMap<bigint, bigint>;
  /** In the list's order. */
  readonly listed: ReadonlyMap<bigint, bigint>;
  readonly events: VcpuEventsState;
  readonly mpState: number;
}

/** What of a vCPU is used. */
export type SyncedVcpu = Pick<Vcpu, 'getOneReg' | 'setOneReg' | 'getRegList' | 'getVcpuEvents' | 'setVcpuEvents' | 'getMpState' | 'setMpState'>;

export class RegisterSync {
  private readonly vcpu: SyncedVcpu;
  private readonly list: readonly bigint[];
  private readonly others: readonly bigint[];

  /** Throws EINVAL where the list has registers of a size that it can't have. */
  constructor(vcpu: SyncedVcpu) {
    this.vcpu = vcpu;
    const all = wholeList(vcpu);
    this.list = listed(all);
    this.others = others(all.includes(KVM_REG_ARM64_SVE_VLS));
  }

  /** Throws EINVAL for a register of the list that isn't read, else what KVM throws. */
  get(): CpuRegisters {
    const { vcpu } = this;
    const core = new Map<bigint, bigint>();
    for (const id of general) core.set(id, vcpu.getOneReg(id));
    if (core.get(PSTATE)! & nRW) throw new KvmError('EINVAL', 'the guest runs in AArch32, which nothing here knows');
    for (const id of this.others) core.set(id, vcpu.getOneReg(id));
    const events = vcpu.getVcpuEvents();
    const listed = new Map(this.list.map(id => [id, asInvalid(id, () => vcpu.getOneReg(id))]));
    return { core, listed, events, mpState: vcpu.getMpState() };
  }

  /** The first that fails ends it, and nothing behind it is written. Throws as `get`. */
  put({ core, listed, events, mpState }: CpuRegisters, level: SyncLevel): void {
    const { vcpu } = this;
    for (const id of [...general, ...this.others]) vcpu.setOneReg(id, core.get(id)!);
    for (const [id, value] of listed) {
      if (syncLevel(id) <= level) asInvalid(id, () => vcpu.setOneReg(id, value));
    }
    // Behind the registers: an SError that is pending has to stay.
    vcpu.setVcpuEvents(events);
    vcpu.setMpState(mpState);
  }
}

/** KVM_GET_REG_LIST without what goes by itself, sorted. */
export const registerList = (vcpu: Pick<Vcpu, 'getRegList'>): readonly bigint[] => listed(wholeList(vcpu));

function wholeList(vcpu: Pick<Vcpu, 'getRegList'>): readonly bigint[] {
  const asked = { n: 0, reg: new BigUint64Array(0) };
  try {
    vcpu.getRegList(asked);
  } catch (error) {
    if (!(error instanceof KvmError) || error.code !== 'E2BIG') throw error;
  }
  const list = { n: asked.n, reg: new BigUint64Array(asked.n) };
  vcpu.getRegList(list);
  return [...list.reg];
}

function listed(all: readonly bigint[]): readonly bigint[] {
  const ids = all.filter(syncsViaList).sort((a, b) => (a < b ? -1 : 1));
  const odd = ids.find(id => (id & SIZE) !== SIZE_U32 && (id & SIZE) !== SIZE_U64);
  if (odd !== undefined) throw new KvmError('EINVAL', `register 0x${odd.toString(16)} has neither 32 nor 64 bits`);
  return ids;
}

function asInvalid<T>(id: bigint, what: () => T): T {
  try {
    return what();
  } catch (error) {
    if (!(error instanceof KvmError)) throw error;
    throw new KvmError('EINVAL', `register 0x${id.toString(16)}: ${error.message}`);
  }
}
