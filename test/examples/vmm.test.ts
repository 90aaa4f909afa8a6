/** The example of a monitor on the KVM-shaped API: that it runs, and that it knows nothing else. */
import { describe, expect, it } from 'vitest';
import { createVmm } from '../../examples/vmm.ts';
import { imports, read } from '../repo/tree.ts';

describe('examples/vmm.ts', () => {
  it('B7.bring-up A4.24 greets, echoes, and powers off', async () => {
    const typed = [...'ab?q'].map(c => c.charCodeAt(0));
    let text = '';
    const vmm = createVmm({ read: () => typed.shift(), write: byte => { text += String.fromCharCode(byte); } });
    expect(await vmm.run()).toBe('power off');
    expect(text).toBe('Hello from EL1\nab?');
  });

  it('runs another program, which resets', async () => {
    // mov x0, #0x84000000; movk x0, #9; hvc #0: PSCI SYSTEM_RESET
    const reset = new Uint8Array(Uint32Array.from([0xd2b08000, 0xf2800120, 0xd4000002]).buffer);
    expect(await createVmm({ read: () => undefined, write: () => {} }, reset).run()).toBe('reset');
  });

  it('is written on tessera-vm/kvm alone, in about 150 lines', () => {
    expect(imports('examples/vmm.ts')).toEqual(['node:fs', 'tessera-vm/kvm']);
    expect(read('examples/vmm.ts').split('\n').length).toBeLessThan(160);
  });
});
