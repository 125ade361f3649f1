import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

const manifests = new Map();

/** The package.json of a folder such as `libs/core`, or undefined when there is none. */
export function manifestOf(folder) {
  if (!manifests.has(folder)) {
    const file = path.join(root, folder, 'package.json');
    manifests.set(folder, existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);
  }
  return manifests.get(folder);
}

/** Every package folder on disk: libs/*, apps/* and examples. */
export function packageFolders() {
  return [
    ...['libs', 'apps'].flatMap((area) =>
      existsSync(path.join(root, area))
        ? readdirSync(path.join(root, area), { withFileTypes: true })
            .filter((entry) => entry.isDirectory())
            .map((entry) => `${area}/${entry.name}`)
        : [],
    ),
    'examples',
  ];
}

/** `libs/core` for any file below it; undefined outside libs, apps and examples. */
export function folderOfFile(filename) {
  const [area, name, ...rest] = path.relative(root, filename).split(path.sep);
  // A program in a folder with a package.json of its own stands for itself.
  if (area === 'examples') return manifestOf(`examples/${name}`) === undefined ? area : `examples/${name}`;
  return (area === 'libs' || area === 'apps') && rest.length > 0 ? `${area}/${name}` : undefined;
}

export const isTestFile = (filename) => /\.test(-fixtures)?\.ts$/.test(filename);
