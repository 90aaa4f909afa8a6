/** Constants of arm64's <asm/kvm.h>: register ids, vCPU features, interrupt line encoding, VGIC attributes. Values are Linux's. */
import { sysregKey } from '../../guest/aarch64/platform.ts';

const ARM64 = 0x6000000000000000n;
const SIZE_U32 = 2n << 52n;
const SIZE_U64 = 3n << 52n;
const SIZE_U128 = 4n << 52n;
const SIZE_U256 = 5n << 52n;
const SIZE_U512 = 6n << 52n;
const SIZE_U2048 = 8n << 52n;
const COPROC_MASK = 0x0fff0000n;
const CORE = 0x00100000n;
const SYSREG = 0x00130000n;
const FIRMWARE = 0x00140000n;
const SVE = 0x00150000n;
const FIRMWARE_BITMAP = 0x00160000n;
const DEMUX = 0x00110000n;

/** Ids of core registers count 32-bit words of struct kvm_regs. */
const core = (size: bigint, word: number): bigint => ARM64 | size | CORE | BigInt(word);
const X = (n: number): bigint => core(SIZE_U64, 2 * n);
const V = (n: number): bigint => core(SIZE_U128, 0x54 + 4 * n);
const SPSR = (n: number): bigint => core(SIZE_U64, 0x48 + 2 * n);

export const KVM_REG_ARM_CORE = {
  X, V, SPSR,
  SP_EL0: core(SIZE_U64, 0x3e),
  PC: core(SIZE_U64, 0x40),
  PSTATE: core(SIZE_U64, 0x42),
  SP_EL1: core(SIZE_U64, 0x44),
  ELR_EL1: core(SIZE_U64, 0x46),
  FPSR: core(SIZE_U32, 0xd4),
  FPCR: core(SIZE_U32, 0xd5),
} as const;

/** ARM64_SYS_REG of the header. */
export const ARM64_SYS_REG = (op0: number, op1: number, CRn: number, CRm: number, op2: number): bigint =>
  sysregId(sysregKey(op0, op1, CRn, CRm, op2));
export const sysregId = (key: number): bigint => ARM64 | SIZE_U64 | SYSREG | BigInt(key);
/** The key of a system register's id, or undefined for ids of other classes. */
export const sysregKeyOf = (id: bigint): number | undefined =>
  id >> 16n === sysregId(0) >> 16n ? Number(id & 0xffffn) : undefined;
export const registerClass = (id: bigint): bigint => id & COPROC_MASK;
export const KVM_REG_ARM = { CORE, DEMUX, SYSREG, FIRMWARE, SVE, FIRMWARE_BITMAP } as const;

/** SVE's registers, in slices of 2048 bits of a vector and 256 of a predicate. */
export const KVM_REG_ARM64_SVE_ZREG = (n: number, slice = 0): bigint => ARM64 | SIZE_U2048 | SVE | BigInt(n << 5 | slice);
export const KVM_REG_ARM64_SVE_PREG = (n: number, slice = 0): bigint => ARM64 | SIZE_U256 | SVE | BigInt(0x400 | n << 5 | slice);
export const KVM_REG_ARM64_SVE_FFR = (slice = 0): bigint => ARM64 | SIZE_U256 | SVE | BigInt(0x600 | slice);
/** 512 bits, of which bit n is a vector length of n + 1 times 16 bytes. */
export const KVM_REG_ARM64_SVE_VLS = ARM64 | SIZE_U512 | SVE | 0xffffn;

const firmware = (n: number): bigint => ARM64 | SIZE_U64 | FIRMWARE | BigInt(n);
export const KVM_REG_ARM_PSCI_VERSION = firmware(0);
export const KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1 = firmware(1);
export const KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2 = firmware(2);
export const KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3 = firmware(3);
const bitmap = (n: number): bigint => ARM64 | SIZE_U64 | FIRMWARE_BITMAP | BigInt(n);
export const KVM_REG_ARM_STD_BMAP = bitmap(0);
export const KVM_REG_ARM_STD_HYP_BMAP = bitmap(1);
export const KVM_REG_ARM_VENDOR_HYP_BMAP = bitmap(2);
/** CCSIDR_EL1 where CSSELR_EL1 has this value. */
export const KVM_REG_ARM_DEMUX_CCSIDR = (csselr: number): bigint => ARM64 | SIZE_U32 | DEMUX | BigInt(csselr);
// The headers swap the virtual timer's CVAL and CNT against the architecture's encodings.
export const KVM_REG_ARM_TIMER_CTL = ARM64_SYS_REG(3, 3, 14, 3, 1);
export const KVM_REG_ARM_TIMER_CVAL = ARM64_SYS_REG(3, 3, 14, 0, 2);
export const KVM_REG_ARM_TIMER_CNT = ARM64_SYS_REG(3, 3, 14, 3, 2);
export const KVM_REG_ARM_PTIMER_CTL = ARM64_SYS_REG(3, 3, 14, 2, 1);
export const KVM_REG_ARM_PTIMER_CVAL = ARM64_SYS_REG(3, 3, 14, 2, 2);
export const KVM_REG_ARM_PTIMER_CNT = ARM64_SYS_REG(3, 3, 14, 0, 1);

export const KVM_ARM_TARGET_CORTEX_A57 = 2;
export const KVM_ARM_TARGET_CORTEX_A53 = 4;
export const KVM_ARM_TARGET_GENERIC_V8 = 5;
/** Range of getRegWritableMasks: identification registers. */
export const KVM_ARM_FEATURE_ID_RANGE = 0;
/** Bit numbers in features[0] of KVM_ARM_VCPU_INIT. */
export const KVM_ARM_VCPU_POWER_OFF = 0;
export const KVM_ARM_VCPU_EL1_32BIT = 1;
export const KVM_ARM_VCPU_PSCI_0_2 = 2;
export const KVM_ARM_VCPU_PMU_V3 = 3;
export const KVM_ARM_VCPU_SVE = 4;
export const KVM_ARM_VCPU_PTRAUTH_ADDRESS = 5;
export const KVM_ARM_VCPU_PTRAUTH_GENERIC = 6;
export const KVM_ARM_VCPU_HAS_EL2 = 7;
export const KVM_ARM_VCPU_HAS_EL2_E2H0 = 8;

export const KVM_ARM_IRQ_TYPE_CPU = 0;
export const KVM_ARM_IRQ_TYPE_SPI = 1;
export const KVM_ARM_IRQ_TYPE_PPI = 2;

/** `irq` of irqLine: a shared interrupt (INTID 32 and up), or a private one (16..31) of a vCPU. */
export const spiLine = (intid: number): number => ((KVM_ARM_IRQ_TYPE_SPI << 24) | intid) >>> 0;
export const ppiLine = (vcpu: number, intid: number): number =>
  (((vcpu >> 8) << 28) | (KVM_ARM_IRQ_TYPE_PPI << 24) | ((vcpu & 0xff) << 16) | intid) >>> 0;

/** Lines in device_irq_level. */
export const KVM_ARM_DEV_EL1_VTIMER = 1;
export const KVM_ARM_DEV_EL1_PTIMER = 2;
export const KVM_ARM_DEV_PMU = 4;

export const KVM_HYPERCALL_EXIT_SMC = 1;

/** VM attributes. */
export const KVM_ARM_VM_SMCCC_CTRL = 0;
export const KVM_ARM_VM_SMCCC_FILTER = 0;

/** Groups and attributes of a vCPU. */
export const KVM_ARM_VCPU_PMU_V3_CTRL = 0;
export const KVM_ARM_VCPU_PMU_V3_IRQ = 0;
export const KVM_ARM_VCPU_PMU_V3_INIT = 1;
export const KVM_ARM_VCPU_PMU_V3_FILTER = 2;
export const KVM_ARM_VCPU_PMU_V3_SET_PMU = 3;
export const KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS = 4;
export const KVM_PMU_EVENT_ALLOW = 0;
export const KVM_PMU_EVENT_DENY = 1;
export const KVM_ARM_VCPU_TIMER_CTRL = 1;
export const KVM_ARM_VCPU_TIMER_IRQ_VTIMER = 0;
export const KVM_ARM_VCPU_TIMER_IRQ_PTIMER = 1;
export const KVM_ARM_VCPU_TIMER_IRQ_HVTIMER = 2;
export const KVM_ARM_VCPU_TIMER_IRQ_HPTIMER = 3;
export const KVM_ARM_VCPU_PVTIME_CTRL = 2;
export const KVM_ARM_VCPU_PVTIME_IPA = 0;

export const KVM_DEV_ARM_VGIC_GRP_ADDR = 0;
export const KVM_DEV_ARM_VGIC_GRP_DIST_REGS = 1;
export const KVM_DEV_ARM_VGIC_GRP_CPU_REGS = 2;
export const KVM_DEV_ARM_VGIC_GRP_NR_IRQS = 3;
export const KVM_DEV_ARM_VGIC_GRP_CTRL = 4;
export const KVM_DEV_ARM_VGIC_GRP_REDIST_REGS = 5;
export const KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS = 6;
export const KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO = 7;
export const KVM_DEV_ARM_VGIC_GRP_ITS_REGS = 8;
export const KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ = 9;
export const KVM_DEV_ARM_VGIC_CTRL_INIT = 0;
export const KVM_DEV_ARM_ITS_SAVE_TABLES = 1;
export const KVM_DEV_ARM_ITS_RESTORE_TABLES = 2;
export const KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES = 3;
export const KVM_DEV_ARM_ITS_CTRL_RESET = 4;
export const KVM_VGIC_V2_ADDR_TYPE_DIST = 0;
export const KVM_VGIC_V2_ADDR_TYPE_CPU = 1;
export const KVM_VGIC_V3_ADDR_TYPE_DIST = 2;
export const KVM_VGIC_V3_ADDR_TYPE_REDIST = 3;
export const KVM_VGIC_ITS_ADDR_TYPE = 4;
export const KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION = 5;
/** The one kind of information in KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO. */
export const VGIC_LEVEL_INFO_LINE_LEVEL = 0;

/** `id` of KVM_ARM_SET_DEVICE_ADDR: the device 31:16, the type of address 15:0. */
export const KVM_ARM_DEVICE_VGIC_V2 = 0;
export const KVM_ARM_DEVICE_ID_SHIFT = 16;
