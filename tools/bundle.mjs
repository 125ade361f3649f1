import { mkdirSync, mkdtempSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Everything that is neither a path nor a library of this workspace is an npm package or a Node module. */
const keepPackagesOutside = {
  name: 'keep-packages-outside',
  setup(bundle) {
    bundle.onResolve({ filter: /^[^./]/ }, ({ path: name, kind, resolveDir }) => {
      const isOurs = kind === 'entry-point' || name.startsWith('@syncline/');
      return isOurs || !isFoundFromOutside(name, resolveDir) ? undefined : { path: name, external: true };
    });
  },
};

/** A package that npm keeps beside one library, since the root has it in another version, is not: it is bundled as well. */
function isFoundFromOutside(name, folder) {
  if (isBuiltin(name)) return true;
  const [inside, outside] = [folder, root].map((from) => fileOf(name, from));
  return inside === null || inside === outside;
}

/** Null for what only `import` finds. */
function fileOf(name, folder) {
  try {
    return createRequire(path.join(folder, 'from-here')).resolve(name);
  } catch {
    return null;
  }
}

/** Bundles an entry with the libraries it imports, from source; npm packages stay outside. */
export async function bundle(entry, folder, plugins = []) {
  const outfile = path.join(folder, `${path.basename(entry, '.ts')}.cjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    conditions: ['@syncline/source'],
    plugins: [...plugins, keepPackagesOutside],
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
  return outfile;
}

/** A folder of this process alone, inside the workspace, so that a bundle in it finds node_modules. */
export function ownFolder() {
  const cache = path.join(root, '.cache/run');
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(path.join(cache, `${process.pid}-`));
}
