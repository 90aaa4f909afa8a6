/** The registers of all features under GDB's numbers, as bytes in the guest's order (packets g, G, p, P). */
import { KvmError } from '../kvm/index.ts';
import type { DebugTarget } from '../machine/index.ts';
import type { Architecture, RegisterInfo } from './architecture.ts';
import { fromHex, toHex } from './bytes.ts';

export class Registers {
  readonly all: readonly RegisterInfo[];
  private readonly target: DebugTarget;
  private readonly general: readonly RegisterInfo[];
  private readonly expedited: readonly (readonly [number: number, RegisterInfo])[];
  private readonly pc: RegisterInfo;

  constructor(target: DebugTarget, { features, general, pc, expedited }: Architecture) {
    this.target = target;
    this.all = features.flatMap(feature => feature.registers);
    this.general = features.slice(0, general).flatMap(feature => feature.registers);
    this.pc = this.all.find(r => r.name === pc)!;
    this.expedited = [...this.all.entries()].filter(([, r]) => expedited.includes(r.name));
  }

  /** A register in hexadecimal; with an x for each digit where it can't be read. */
  read(cpu: number, register: RegisterInfo): string {
    const digits = register.bits / 4;
    const { target } = this;
    try {
      const value = register.read({ get: id => target.getRegister(cpu, id), set: () => {} });
      return toHex(bytesOf(value, register.bits / 8));
    } catch (error) {
      if (!(error instanceof KvmError)) throw error;
      return 'x'.repeat(digits);
    }
  }

  /** False where it can't be written, or not with this. */
  write(cpu: number, register: RegisterInfo, hex: string): boolean {
    const bytes = fromHex(hex);
    if (!bytes || bytes.length !== register.bits / 8) return false;
    const { target } = this;
    try {
      register.write({ get: id => target.getRegister(cpu, id), set: (id, value) => target.setRegister(cpu, id, value) }, valueOf(bytes));
      return true;
    } catch (error) {
      if (error instanceof KvmError) return false;
      throw error;
    }
  }

  readGeneral(cpu: number): string {
    return this.general.map(register => this.read(cpu, register)).join('');
  }

  /** A register whose digits are all x stays as it is. */
  writeGeneral(cpu: number, hex: string): boolean {
    let at = 0;
    let done = true;
    for (const register of this.general) {
      const digits = hex.slice(at, at += register.bits / 4);
      if (!/^x+$/.test(digits)) done = this.write(cpu, register, digits) && done;
    }
    return done && at === hex.length;
  }

  setPc(cpu: number, address: bigint): boolean {
    return this.write(cpu, this.pc, toHex(bytesOf(address, 8)));
  }

  /** `number:value;` for each that belongs into a stop reply. */
  atStop(cpu: number): string {
    return this.expedited.map(([number, register]) => `${number.toString(16).padStart(2, '0')}:${this.read(cpu, register)};`).join('');
  }
}

/** In little-endian order. */
const bytesOf = (value: bigint, count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => Number(value >> BigInt(8 * i) & 0xffn));
const valueOf = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => value << 8n | BigInt(byte), 0n);
