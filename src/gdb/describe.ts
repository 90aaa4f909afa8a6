/** The XML documents that GDB asks for (GDB manual, appendices "Target Descriptions", "Memory Map Format", "Thread List Format"). */
import type { Architecture, RegisterFeature } from './architecture.ts';
import { threadOf } from './threads.ts';

const XML = '<?xml version="1.0"?>\n';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, c => ESCAPES[c]!);

export function targetXml({ name, features }: Architecture): string {
  let number = 0;
  const parts = features.map(feature => {
    const text = featureXml(feature, number);
    number += feature.registers.length;
    return text;
  });
  return `${XML}<!DOCTYPE target SYSTEM "gdb-target.dtd">\n<target version="1.0">\n<architecture>${escape(name)}</architecture>\n${parts.join('')}</target>\n`;
}

function featureXml({ name, types, registers }: RegisterFeature, first: number): string {
  const rows = registers.map(({ name: register, bits, type, group }, i) =>
    `<reg name="${escape(register)}" bitsize="${bits}" regnum="${first + i}"${type ? ` type="${escape(type)}"` : ''}${group ? ` group="${escape(group)}"` : ''}/>\n`);
  return `<feature name="${escape(name)}">\n${types ?? ''}${rows.join('')}</feature>\n`;
}

/**
 * GDB takes what isn't in the map for unreachable. Its addresses are virtual, so any may be memory; what is there is answered
 * at each access.
 */
export const memoryMapXml = (): string =>
  `${XML}<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "gdb-memory-map.dtd">
<memory-map>
<memory type="ram" start="0x0" length="0x8000000000000000"/>
<memory type="ram" start="0x8000000000000000" length="0x8000000000000000"/>
</memory-map>
`;

/** `describe`: a CPU, for people. */
export function threadsXml(cpus: number, describe: (cpu: number) => string): string {
  const rows = Array.from({ length: cpus }, (_, cpu) => `<thread id="${threadOf(cpu)}" core="${cpu}">${escape(describe(cpu))}</thread>\n`);
  return `${XML}<threads>\n${rows.join('')}</threads>\n`;
}
