/** A page of docs that is made from the programs themselves, so that it says what they do. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as prettier from 'prettier';
import { ownFolder, root } from './bundle.mjs';

/**
 * Writes the page; with `--check` it writes nothing, and fails when the page is not what is made now. `make` gets a folder of
 * its own and gives the Markdown; `stale` says what to do about an old page.
 */
export async function generatedPage(page, { make, stale }) {
  const file = path.join(root, page);
  const folder = ownFolder();
  try {
    const options = await prettier.resolveConfig(file);
    const wanted = await prettier.format(await make(folder), { ...options, parser: 'markdown' });
    if (!process.argv.includes('--check')) return writeFileSync(file, wanted);
    if (existsSync(file) && readFileSync(file, 'utf8') === wanted) return;
    process.stderr.write(`${page} ${stale}\n`);
    process.exitCode = 1;
  } catch ({ message }) {
    process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
