/**
 * Records what QEMU's `virt` board tells its guests, to compare ours with:
 *   node tools/oracle/virt-tree.ts virt-gicv3.dts > test/machine/qemu-virt-gicv3.json
 * The input is what `qemu-system-aarch64 -M virt,gic-version=3,dumpdtb=… -smp 2` and `dtc` give.
 */
import { spawnSync } from 'node:child_process';
import { parseFdt } from '../../src/boot/fdt.ts';
import { flatten } from '../../test/machine/tree.ts';

const [file] = process.argv.slice(2);
const { stdout } = spawnSync('dtc', ['-I', 'dts', '-O', 'dtb', '-q', file ?? '']);
const lines = Object.entries(flatten(parseFdt(new Uint8Array(stdout)))).map(
  ([path, properties]) => `  ${JSON.stringify(path)}: ${JSON.stringify(properties)}`,
);
process.stdout.write(`{\n${lines.join(',\n')}\n}\n`);
