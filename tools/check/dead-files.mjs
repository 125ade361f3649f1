/**
 * Finds source files that nothing imports. What starts by itself is alive: tests, what package.json exports
 * or a script names, and the files that tools find by name. Everything these import, however far, is alive too.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { sourceFiles } from './source-files.mjs';

const isSource = (file) => /\.(ts|mts|cts|mjs|cjs|js)$/.test(file);
const startsByName = [
  /\.test\.ts$/,
  /(^|\/)(eslint|jest)\.config\.(mjs|cjs)$/,
  /^apps\/[^/]+\/src\/main\.ts$/,
  /^tools\/lint\/planted\//,
  /^tools\/bench\/floors\//,
];

/** Any path in any string of a package.json: exports, bin and the commands of scripts. */
function pathsInManifest(root, manifest) {
  const strings = [];
  JSON.parse(readFileSync(path.join(root, manifest), 'utf8'), (_key, value) => {
    if (typeof value === 'string') strings.push(value);
    return value;
  });
  return strings
    .flatMap((text) => text.split(/\s+/))
    .map((word) => path.posix.join(path.posix.dirname(manifest), word));
}

/** Tools and the test kit name further programs by path: Jest its reporter, a runner what it starts. */
const startsPrograms = /^(tools|libs\/port-contracts|libs\/end-to-end|libs\/bench)\//;

function pathsInStrings(text) {
  return [...text.matchAll(/['"`](?:<rootDir>\/)?((?:tools|libs|apps)\/[\w./-]+\.(?:ts|mjs|cjs))['"`]/g)].map(
    ([, file]) => file,
  );
}

function importsOf(root, file, exportsByPackage) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const imported = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    if (fileName.startsWith('.')) return path.posix.join(path.posix.dirname(file), fileName);
    return exportsByPackage.get(fileName);
  });
  const named = startsPrograms.test(file) || !file.includes('/') ? pathsInStrings(text) : [];
  return [...imported.filter((target) => target !== undefined), ...named];
}

function exportedFiles(root, manifests) {
  const exported = new Map();
  for (const manifest of manifests) {
    const { name, exports = {} } = JSON.parse(readFileSync(path.join(root, manifest), 'utf8'));
    for (const [subpath, conditions] of Object.entries(exports)) {
      const target = typeof conditions === 'string' ? conditions : conditions['@syncline/source'];
      exported.set(path.posix.join(name, subpath), path.posix.join(path.posix.dirname(manifest), target));
    }
  }
  return exported;
}

export function deadFiles(root) {
  const all = sourceFiles(root);
  const sources = new Set(all.filter(isSource));
  const manifests = all.filter((file) => path.posix.basename(file) === 'package.json');
  const exportsByPackage = exportedFiles(root, manifests);
  const find = (target) =>
    [target, `${target}.ts`, `${target}/index.ts`, target.replace(/\.js$/, '.ts')].find((each) =>
      sources.has(each),
    );

  const alive = new Set();
  const queue = [
    ...[...sources].filter((file) => startsByName.some((pattern) => pattern.test(file))),
    ...manifests.flatMap((manifest) => pathsInManifest(root, manifest)),
    ...(existsSync(path.join(root, '.ci/run'))
      ? pathsInStrings(readFileSync(path.join(root, '.ci/run'), 'utf8'))
      : []),
  ];
  while (queue.length > 0) {
    const file = find(queue.pop());
    if (file === undefined || alive.has(file)) continue;
    alive.add(file);
    queue.push(...importsOf(root, file, exportsByPackage));
  }
  return [...sources].filter((file) => !alive.has(file));
}
