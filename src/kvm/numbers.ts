/** Constants of <linux/kvm.h>: exit reasons, events, capabilities, memory flags, device types. Values are Linux's. */

export const KVM_API_VERSION = 12;

export const KVM_EXIT_UNKNOWN = 0;
export const KVM_EXIT_HYPERCALL = 3;
export const KVM_EXIT_DEBUG = 4;
export const KVM_EXIT_MMIO = 6;
export const KVM_EXIT_SHUTDOWN = 8;
export const KVM_EXIT_FAIL_ENTRY = 9;
export const KVM_EXIT_INTR = 10;
export const KVM_EXIT_INTERNAL_ERROR = 17;
export const KVM_EXIT_SYSTEM_EVENT = 24;
export const KVM_EXIT_ARM_NISV = 28;
/** Not Linux's: a semihosting call for whoever drives the vCPU. Far above the numbers that Linux hands out. */
export const KVM_EXIT_TESSERA_SEMIHOSTING = 0x1000;

export const KVM_SYSTEM_EVENT_SHUTDOWN = 1;
export const KVM_SYSTEM_EVENT_RESET = 2;
export const KVM_SYSTEM_EVENT_CRASH = 3;
export const KVM_SYSTEM_EVENT_WAKEUP = 4;
export const KVM_SYSTEM_EVENT_SUSPEND = 5;
/** In data[0] of a RESET: the guest asked by PSCI SYSTEM_RESET2. */
export const KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2 = 1;

export const KVM_INTERNAL_ERROR_EMULATION = 1;
export const KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON = 4;

/** Control of SET_GUEST_DEBUG. */
export const KVM_GUESTDBG_ENABLE = 1;
export const KVM_GUESTDBG_SINGLESTEP = 2;
export const KVM_GUESTDBG_USE_SW_BP = 1 << 16;
export const KVM_GUESTDBG_USE_HW = 1 << 17;
/** With SINGLESTEP: interrupts wait until something else than a step is asked for. Linux has it on x86 only. */
export const KVM_GUESTDBG_BLOCKIRQ = 1 << 20;
/**
 * Not Linux's: the guest keeps its own breakpoints, watchpoints and software step beside those of the API's user, and gets the
 * debug exceptions that come of them without an exit.
 */
export const KVM_GUESTDBG_TESSERA_SHARED = 1 << 30;

export const KVM_MP_STATE_RUNNABLE = 0;
export const KVM_MP_STATE_STOPPED = 5;
export const KVM_MP_STATE_SUSPENDED = 10;

export const KVM_MEM_LOG_DIRTY_PAGES = 1;
export const KVM_MEM_READONLY = 2;

export const KVM_CAP_IRQCHIP = 0;
export const KVM_CAP_USER_MEMORY = 3;
export const KVM_CAP_NR_VCPUS = 9;
export const KVM_CAP_NR_MEMSLOTS = 10;
export const KVM_CAP_MP_STATE = 14;
export const KVM_CAP_COALESCED_MMIO = 15;
export const KVM_CAP_SYNC_MMU = 16;
export const KVM_CAP_SET_GUEST_DEBUG = 23;
export const KVM_CAP_IRQ_ROUTING = 25;
export const KVM_CAP_IRQFD = 32;
export const KVM_CAP_IOEVENTFD = 36;
export const KVM_CAP_INTERNAL_ERROR_DATA = 40;
export const KVM_CAP_VCPU_EVENTS = 41;
export const KVM_CAP_DESTROY_MEMORY_REGION_WORKS = 21;
export const KVM_CAP_JOIN_MEMORY_REGIONS_WORKS = 30;
export const KVM_CAP_MAX_VCPUS = 66;
export const KVM_CAP_ONE_REG = 70;
export const KVM_CAP_SIGNAL_MSI = 77;
export const KVM_CAP_READONLY_MEM = 81;
export const KVM_CAP_IRQFD_RESAMPLE = 82;
export const KVM_CAP_ARM_PSCI = 87;
export const KVM_CAP_ARM_SET_DEVICE_ADDR = 88;
export const KVM_CAP_DEVICE_CTRL = 89;
export const KVM_CAP_ARM_EL1_32BIT = 93;
export const KVM_CAP_ENABLE_CAP_VM = 98;
export const KVM_CAP_VM_ATTRIBUTES = 101;
export const KVM_CAP_ARM_PSCI_0_2 = 102;
export const KVM_CAP_CHECK_EXTENSION_VM = 105;
export const KVM_CAP_GUEST_DEBUG_HW_BPS = 119;
export const KVM_CAP_GUEST_DEBUG_HW_WPS = 120;
export const KVM_CAP_IOEVENTFD_ANY_LENGTH = 122;
export const KVM_CAP_ARM_PMU_V3 = 126;
export const KVM_CAP_VCPU_ATTRIBUTES = 127;
export const KVM_CAP_MAX_VCPU_ID = 128;
export const KVM_CAP_MSI_DEVID = 131;
export const KVM_CAP_IMMEDIATE_EXIT = 136;
export const KVM_CAP_ARM_USER_IRQ = 144;
export const KVM_CAP_STEAL_TIME = 187;
export const KVM_CAP_COUNTER_OFFSET = 227;
export const KVM_CAP_ARM_INJECT_SERROR_ESR = 158;
export const KVM_CAP_ARM_VM_IPA_SIZE = 165;
export const KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 = 168;
export const KVM_CAP_ARM_SVE = 170;
export const KVM_CAP_ARM_PTRAUTH_ADDRESS = 171;
export const KVM_CAP_ARM_PTRAUTH_GENERIC = 172;
export const KVM_CAP_ARM_IRQ_LINE_LAYOUT_2 = 174;
export const KVM_CAP_ARM_NISV_TO_USER = 177;
export const KVM_CAP_ARM_INJECT_EXT_DABT = 178;
export const KVM_CAP_SET_GUEST_DEBUG2 = 195;
export const KVM_CAP_BINARY_STATS_FD = 203;
export const KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES = 230;
export const KVM_CAP_PTP_KVM = 198;
export const KVM_CAP_SYSTEM_EVENT_DATA = 215;
export const KVM_CAP_ARM_SYSTEM_SUSPEND = 216;

/** Bits of KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2's value and argument. */
export const KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE = 1;
export const KVM_DIRTY_LOG_INITIALLY_SET = 2;

export const KVM_DEV_TYPE_ARM_VGIC_V2 = 5;
export const KVM_DEV_TYPE_ARM_VGIC_V3 = 7;
export const KVM_DEV_TYPE_ARM_VGIC_ITS = 8;
export const KVM_CREATE_DEVICE_TEST = 1;

/** In a message's flags: `devid` is there. */
export const KVM_MSI_VALID_DEVID = 1;
