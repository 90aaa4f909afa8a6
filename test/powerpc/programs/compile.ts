/** The static programs of the tests, by the cross compilers of three Linux ABIs. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VariantName } from '../engines/engine.ts';

export const sources = ['integers', 'floats'] as const;
export const ARGUMENT = 'argument';

const compilers: Readonly<Record<VariantName, string>> = {
  ppc64le: 'powerpc64le-linux-gnu-gcc', ppc64: 'powerpc64-linux-gnu-gcc', ppc: 'powerpc-linux-gnu-gcc',
};

/** Gives the path of the executable. */
export function compile(directory: string, variant: VariantName, source: (typeof sources)[number]): string {
  const program = join(directory, `${source}.${variant}`);
  const path = fileURLToPath(new URL(`./${source}.c`, import.meta.url));
  execFileSync(compilers[variant], ['-O2', '-static', '-o', program, path, '-lm']);
  return program;
}

/** Where what QEMU's emulator let the program write is recorded. */
export const recorded = (variant: VariantName, source: string): URL => new URL(`../../golden/powerpc/programs/${source}.${variant}.txt`, import.meta.url);
