/** A debugger's single steps, each against the reference evaluator, through exceptions and interrupts. */
import { expect, it } from 'vitest';
import { gdbMachine, GdbServer } from '../../src/gdb/index.ts';
import { ARM64_SYS_REG, KVM_REG_ARM_CORE } from '../../src/kvm/index.ts';
import { BASE, debugging } from '../machine/debug-run.ts';
import { Client } from './client.ts';
import { SteppingModel } from './stepping-model.ts';
import { DATA, IRQ, program, syndromes } from './stepping-program.ts';

const STEPS = 1000;
const DATA_BYTES = 64;
/** QEMU's bits: ENABLE, and NOIRQ as it is at first. */
const WITH_INTERRUPTS = 'Qqemu.sstep=1';
const sizes = [...Array<number>(33).fill(8), 4, ...Array<number>(32).fill(16), 4, 4];
const exceptionRegisters = {
  ELR_EL1: KVM_REG_ARM_CORE.ELR_EL1, SPSR_EL1: KVM_REG_ARM_CORE.SPSR(0), ESR_EL1: ARM64_SYS_REG(3, 0, 5, 2, 0), FAR_EL1: ARM64_SYS_REG(3, 0, 6, 0, 0),
} as const;

/** The registers of packet g. */
function parse(g: string): bigint[] {
  let at = 0;
  return sizes.map(bytes => {
    const hex = g.slice(at, at += 2 * bytes);
    return BigInt(`0x${hex.match(/../g)!.reverse().join('')}`);
  });
}

it.each([true, false])('issue 5: 1,000 steps land where the reference evaluator says, across exceptions; interrupts are taken: %s', async taken => {
  await debugging(program, {}, async ({ machine, debug }) => {
    const client = new Client();
    const served = new GdbServer(gdbMachine(machine)).serve(client.stream);
    const ask = (payload: string): Promise<string> => client.wait(payload);
    const model = new SteppingModel(BASE, program, DATA + DATA_BYTES - BASE, syndromes);
    const counts = { instruction: 0, synchronous: 0, IRQ: 0 };
    const vectors = new Set<bigint>();
    await ask('?');
    // X0 has the device tree's address, as whoever boots has it.
    model.state.x.set(parse(await ask('g')).slice(0, 31));
    expect(parse(await ask('g'))).toEqual(model.registers());
    if (taken) expect(await ask(WITH_INTERRUPTS)).toBe('OK');
    for (let n = 0; n < STEPS; n++) {
      expect(await ask(n % 2 ? 's' : 'vCont;s:1')).toMatch(/^T05/);
      const step = model.step(taken);
      counts[step]++;
      const { state } = model;
      expect({ n, step, registers: parse(await ask('g')) }).toEqual({ n, step, registers: model.registers() });
      if (step === 'instruction') continue;
      vectors.add(state.pc & 0x7ffn);
      for (const [name, id] of Object.entries(exceptionRegisters)) {
        expect({ n, [name]: debug.getRegister(0, id) }).toEqual({ n, [name]: state[name as keyof typeof exceptionRegisters] });
      }
    }
    expect(await ask(`m${DATA.toString(16)},${DATA_BYTES.toString(16)}`)).toBe(Buffer.from(model.memory.bytes.subarray(-DATA_BYTES)).toString('hex'));
    expect(counts.synchronous).toBeGreaterThan(50);
    // From EL1 and from EL0: synchronous, and interrupts.
    expect(vectors).toEqual(new Set(taken ? [0x200n, 0x280n, 0x400n, 0x480n] : [0x200n, 0x400n]));
    expect(counts.IRQ > 15).toBe(taken);
    if (!taken) {
      // What waited isn't lost: it comes as soon as the program runs on.
      expect(await ask(`Z1,${IRQ.toString(16)},4`)).toBe('OK');
      expect(await ask('c')).toMatch(/^T05/);
      expect(parse(await ask('g'))[32]).toBe(BigInt(IRQ));
    }
    client.stream.end();
    await served;
  });
});
