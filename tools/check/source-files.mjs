import { readdirSync } from 'node:fs';
import path from 'node:path';

const outside = new Set(['node_modules', '.git', '.nx', '.cache', 'dist', 'coverage', 'syncline-data']);
const generated = 'libs/proto/src/gen';

/** Every file that people wrote, as paths from the root with forward slashes, in a stable order. */
export function sourceFiles(root, folder = '', { withGenerated = false } = {}) {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        const isOutside = outside.has(entry.name) || (file === generated && !withGenerated);
        return isOutside ? [] : sourceFiles(root, file, { withGenerated });
      }
      return entry.isFile() ? [file] : [];
    })
    .sort();
}
