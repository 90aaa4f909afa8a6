/**
 * Which encodings we have, by the index of the manual: prints the page and writes it to docs/coverage-isa.md.
 * npm run coverage:isa
 */
import { writeFileSync } from 'node:fs';
import { page } from './coverage/page.ts';

const text = page();
writeFileSync(new URL('../../docs/coverage-isa.md', import.meta.url), text);
console.log(text);
