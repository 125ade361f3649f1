/** The part of package-lock.json that a program needs which imports the given packages, and the package.json to it. */
import path from 'node:path';

/** As Node looks for a package: beside whoever asks, then further and further up. */
function keyOf(packages, from, name) {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const key = path.posix.join(folder, 'node_modules', name);
    if (packages[key] !== undefined) return key;
    if (folder === '') return null;
  }
}

function needsOf({
  dependencies = {},
  optionalDependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}) {
  const isOptional = (name) => name in optionalDependencies || peerDependenciesMeta[name]?.optional === true;
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return names.map((name) => ({ name, optional: isOptional(name) }));
}

/** `overrides` are those of the workspace: npm asks for the versions that they led to. */
export function imageLock({ packages }, overrides, name, imports) {
  const kept = {};
  const keep = (from, { name: needed, optional }) => {
    const key = keyOf(packages, from, needed);
    if (key === null && optional) return;
    if (key === null) throw new Error(`${name} needs ${needed}, which package-lock.json does not have`);
    if (kept[key] !== undefined) return;
    const entry = { ...packages[key] };
    delete entry.dev;
    delete entry.devOptional;
    kept[key] = entry;
    for (const need of needsOf(entry)) keep(key, need);
  };
  for (const needed of imports) keep('', { name: needed, optional: false });
  const versions = imports.map((needed) => [needed, kept[`node_modules/${needed}`].version]);
  const manifest = {
    name,
    version: '0.0.0',
    private: true,
    dependencies: Object.fromEntries(versions),
    overrides,
  };
  const sorted = Object.fromEntries(Object.entries(kept).sort(([one], [other]) => (one < other ? -1 : 1)));
  const lock = {
    name,
    version: '0.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': manifest, ...sorted },
  };
  return { manifest, lock };
}
