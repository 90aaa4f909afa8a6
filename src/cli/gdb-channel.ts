/** What -gdb says. */
import { TesseraError } from '../base/errors.ts';

/** Where debuggers come from. */
export type GdbChannel = { readonly kind: 'stdio' } | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** QEMU's -s. */
export const DEFAULT_GDB: GdbChannel = { kind: 'tcp', host: '', port: 1234 };

/** `none`: undefined. Throws a TesseraError. */
export function parseGdb(flag: string, text: string): GdbChannel | undefined {
  if (text === 'none') return undefined;
  if (text === 'stdio') return { kind: 'stdio' };
  const [, bracketed, name, digits] = /^tcp:(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65535) throw new TesseraError(`${flag} ${text}: write tcp:HOST:PORT, tcp::PORT or stdio`);
  return { kind: 'tcp', host: bracketed ?? name ?? '', port };
}
