/** AArch64's registers as GDB is told of them. */
import { expect, it } from 'vitest';
import { aarch64 } from '../../src/gdb/aarch64/architecture.ts';
import { targetXml } from '../../src/gdb/describe.ts';
import { KVM_REG_ARM_CORE, KVM_REG_ARM_TIMER_CNT, KVM_REG_ARM_TIMER_CVAL } from '../../src/kvm/index.ts';
import { realVm } from '../kvm/real.ts';

const { vcpu } = realVm([]);
const description = aarch64(vcpu.getRegList());
const all = description.features.flatMap(feature => feature.registers);
const access = { get: (id: bigint) => vcpu.getOneReg(id), set: (id: bigint, value: bigint) => vcpu.setOneReg(id, value) };

it('GDB\'s numbers of the standard features', () => {
  const numbers = Object.fromEntries(all.map(({ name }, n) => [name, n]));
  expect(numbers).toMatchObject({ x0: 0, x30: 30, sp: 31, pc: 32, cpsr: 33, v0: 34, v31: 65, fpsr: 66, fpcr: 67 });
  expect(description.features.map(({ name }) => name)).toEqual(['org.gnu.gdb.aarch64.core', 'org.gnu.gdb.aarch64.fpu', 'tessera.aarch64.system']);
  expect(description.features.slice(0, description.general).flatMap(f => f.registers).reduce((sum, r) => sum + r.bits / 8, 0)).toBe(33 * 8 + 4 + 32 * 16 + 8);
});

it('system registers by the manual\'s names, each once, and each can be read', () => {
  const names = all.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['SCTLR_EL1', 'TTBR0_EL1', 'VBAR_EL1', 'ESR_EL1', 'MIDR_EL1', 'CNTV_CTL_EL0', 'DBGBVR5_EL1']));
  expect(names.filter(name => /^S\d_/.test(name))).toEqual([]);
  for (const register of all) expect(register.read(access) >> BigInt(register.bits), register.name).toBe(0n);
});

it('the timer\'s registers are what their names say, though the ids of two are swapped', () => {
  vcpu.setOneReg(KVM_REG_ARM_TIMER_CVAL, 0x1234n);
  vcpu.setOneReg(KVM_REG_ARM_TIMER_CNT, 0x5678n);
  const read = (name: string): bigint => all.find(r => r.name === name)!.read(access);
  expect([read('CNTV_CVAL_EL0'), read('CNTVCT_EL0')]).toEqual([0x1234n, 0x5678n]);
});

it('sp is the stack pointer in use', () => {
  const sp = all.find(({ name }) => name === 'sp')!;
  const { SP_EL0, SP_EL1, PSTATE } = KVM_REG_ARM_CORE;
  vcpu.setOneReg(SP_EL0, 0x10n);
  vcpu.setOneReg(SP_EL1, 0x20n);
  for (const [pstate, value] of [[0n, 0x10n], [4n, 0x10n], [5n, 0x20n]] as const) {
    vcpu.setOneReg(PSTATE, pstate);
    expect(sp.read(access)).toBe(value);
  }
  sp.write(access, 0x30n);
  expect([vcpu.getOneReg(SP_EL0), vcpu.getOneReg(SP_EL1)]).toEqual([0x10n, 0x30n]);
});

it('the types that registers have are declared, or GDB\'s', () => {
  const xml = targetXml(description);
  const declared = new Set([...xml.matchAll(/<(?:flags|union|vector) id="(\w+)"/g)].map(match => match[1]));
  const known = new Set(['int', 'code_ptr', 'data_ptr', 'ieee_double', 'ieee_single', 'ieee_half', ...[8, 16, 32, 64, 128].flatMap(n => [`int${n}`, `uint${n}`])]);
  const used = [...xml.matchAll(/ type="(\w+)"/g)].map(match => match[1]!);
  expect(used.filter(type => !declared.has(type) && !known.has(type))).toEqual([]);
});
