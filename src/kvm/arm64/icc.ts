/** GICv3's CPU interface by system registers, ICC_*_EL1. IHI 0069 12.2; one security state, system registers always on. */
import { sysregKey } from '../../guest/aarch64/platform.ts';
import type { SystemRegister, SystemRegisters } from './systemregisters.ts';
import type { VgicCpu } from './vgic/cpu.ts';
import type { VgicLock } from './vgic/lock.ts';
import { CONTROL_CBPR, CONTROL_EOIMODE } from './vgic/state.ts';
import type { Vgic } from './vgic/vgic.ts';

const GROUP0 = 1;
const GROUP1 = 2;
/** SRE, and neither FIQ nor IRQ bypass. */
const SRE = 7n;
/** A3V, PRIbits 5, IDbits 16. */
const CTLR_FIXED = 1n << 15n | 4n << 8n;

/** The registers of one CPU by sysregKey, as its instructions reach them: entry points. */
export function iccRegisters(vgic: Vgic, cpu: VgicCpu): SystemRegisters {
  return new Map([...iccState(vgic, cpu)].map(([key, register]) => [key, entry(vgic.lock, register)]));
}

function entry(lock: VgicLock, { read, write }: SystemRegister): SystemRegister {
  return {
    ...(read && {
      read() {
        lock.acquire();
        try {
          return read();
        } finally {
          lock.release();
        }
      },
    }),
    ...(write && {
      write(value: bigint) {
        lock.acquire();
        try {
          write(value);
        } finally {
          lock.release();
        }
      },
    }),
  };
}

/** The same for who holds the lock. */
export function iccState(vgic: Vgic, cpu: VgicCpu): SystemRegisters {
  const { state } = cpu;
  const then = (set: (value: number) => void) => (value: bigint): void => {
    set(Number(value & 0xffffffffn));
    cpu.refresh();
  };
  const word = (read: () => number, set?: (value: number) => void): SystemRegister =>
    set ? { read: () => BigInt(read()), write: then(set) } : { read: () => BigInt(read()) };
  const command = (run: (value: bigint) => void): SystemRegister => ({ write: run });
  const intid = (value: bigint): number => Number(value & 0xffffffn);
  const enable = (group: number): SystemRegister => word(
    () => state.interfaceGroups & group ? 1 : 0,
    value => {
      state.interfaceGroups = value & 1 ? state.interfaceGroups | group : state.interfaceGroups & ~group;
      vgic.participantsChanged();
    },
  );
  const active = (group: number): SystemRegister => word(
    () => state.activePriorities[group]!,
    value => { state.activePriorities[group] = value; },
  );
  // Five priority bits need one register; the other three exist for more and are UNDEFINED (IHI 0069 12.2.4).

  return new Map<number, SystemRegister>([
    [sysregKey(3, 0, 4, 6, 0), word(() => state.pmr, value => { state.pmr = value & 0xf8; })],
    [sysregKey(3, 0, 12, 8, 0), word(() => cpu.acknowledge(GROUP0))], // IAR0
    [sysregKey(3, 0, 12, 8, 1), command(value => cpu.endOfInterrupt(intid(value), GROUP0))], // EOIR0
    [sysregKey(3, 0, 12, 8, 2), word(() => cpu.highestPending(GROUP0))], // HPPIR0
    [sysregKey(3, 0, 12, 8, 3), word(() => cpu.binaryPoint(0), value => cpu.setBinaryPoint(0, value))],
    [sysregKey(3, 0, 12, 8, 4), active(0)], // AP0R0
    [sysregKey(3, 0, 12, 9, 0), active(1)], // AP1R0
    [sysregKey(3, 0, 12, 11, 1), command(value => cpu.deactivate(intid(value)))], // DIR
    [sysregKey(3, 0, 12, 11, 3), word(() => cpu.runningPriority())], // RPR
    [sysregKey(3, 0, 12, 11, 5), command(value => sendSgi(vgic, cpu, value, true))], // SGI1R
    [sysregKey(3, 0, 12, 11, 6), command(value => sendSgi(vgic, cpu, value, false))], // ASGI1R
    [sysregKey(3, 0, 12, 11, 7), command(value => sendSgi(vgic, cpu, value, false))], // SGI0R
    [sysregKey(3, 0, 12, 12, 0), word(() => cpu.acknowledge(GROUP1))], // IAR1
    [sysregKey(3, 0, 12, 12, 1), command(value => cpu.endOfInterrupt(intid(value), GROUP1))], // EOIR1
    [sysregKey(3, 0, 12, 12, 2), word(() => cpu.highestPending(GROUP1))], // HPPIR1
    [sysregKey(3, 0, 12, 12, 3), word(() => cpu.binaryPoint(1), value => cpu.setBinaryPoint(1, value))],
    [sysregKey(3, 0, 12, 12, 4), { read: () => readControl(cpu), write: then(value => writeControl(cpu, value)) }], // CTLR
    [sysregKey(3, 0, 12, 12, 5), { read: () => SRE, write: () => {} }],
    [sysregKey(3, 0, 12, 12, 6), enable(GROUP0)], // IGRPEN0
    [sysregKey(3, 0, 12, 12, 7), enable(GROUP1)], // IGRPEN1
  ]);
}

function readControl({ state: { control } }: VgicCpu): bigint {
  return CTLR_FIXED | (control & CONTROL_CBPR ? 1n : 0n) | (control & CONTROL_EOIMODE ? 2n : 0n);
}

function writeControl({ state }: VgicCpu, value: number): void {
  state.control = (value & 1 ? CONTROL_CBPR : 0) | (value & 2 ? CONTROL_EOIMODE : 0);
}

/**
 * SGI0R, SGI1R, ASGI1R: INTID 27:24; IRM 40: all but the sender; else the CPUs of Aff3.Aff2.Aff1 whose Aff0 is in the list
 * 15:0, counted from 16 * RS. Group 1's register reaches interrupts of either group, the others group 0 only (12.1.10).
 */
function sendSgi(vgic: Vgic, from: VgicCpu, value: bigint, anyGroup: boolean): void {
  const low = Number(value & 0xffffffffn);
  const high = Number(value >> 32n & 0xffffffffn);
  const bit = 1 << (low >>> 24 & 15);
  const everyoneElse = (high >>> 8 & 1) !== 0;
  const cluster = ((high >>> 16 & 0xff) << 24 | (high & 0xff) << 16 | (low >>> 16 & 0xff) << 8) >>> 0;
  const firstAff0 = (high >>> 12 & 15) * 16;
  for (const cpu of vgic.cpus) {
    const aff0 = (cpu.affinity & 0xff) - firstAff0;
    const inList = (cpu.affinity & ~0xff) >>> 0 === cluster && aff0 >= 0 && aff0 < 16 && (low >>> aff0 & 1) !== 0;
    if (everyoneElse ? cpu === from : !inList) continue;
    if (!anyGroup && cpu.state.group[0]! & bit) continue;
    cpu.state.latch[0] = cpu.state.latch[0]! | bit;
    cpu.refresh();
  }
}
