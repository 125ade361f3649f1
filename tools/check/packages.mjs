/** Holds every package.json to the table of layers and to one form. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { allowedNpm, folderOfPackage, layerOf, mayImport, packageOfFolder } from '../lint/layers.mjs';
import { manifestOf, packageFolders } from '../lint/workspace.mjs';
import { sourceFiles } from './source-files.mjs';

const isOurs = (name) => name.startsWith('@syncline/');

function problemsOfForm(folder, manifest) {
  return [
    ...(manifest.name === packageOfFolder(folder) ? [] : [`is named ${manifest.name}`]),
    ...(manifest.private === true ? [] : ['is not private']),
    ...(manifest.scripts?.test ? [] : ['has no test script']),
    ...(manifest.scripts?.typecheck ? [] : ['has no typecheck script']),
  ];
}

function problemsOfDependency(folder, [name, range], isTest) {
  if (isOurs(name)) {
    const target = folderOfPackage(name);
    if (target === undefined || manifestOf(target) === undefined)
      return [`depends on ${name}, which does not exist`];
    if (!mayImport(folder, target, { isTest })) {
      return [`depends on ${name}: ${layerOf(folder)} may not import ${layerOf(target)}`];
    }
    return range === '*' ? [] : [`depends on ${name} ${range}; inside the workspace it is "*"`];
  }
  const allowed = allowedNpm(folder);
  return [
    ...(isTest || allowed === 'declared' || allowed.includes(name) ? [] : [`may not depend on ${name}`]),
    ...(/^\d/.test(range) ? [] : [`depends on ${name} ${range}; versions are exact`]),
  ];
}

/** Two packages that need each other are one package. */
function cycles(manifests) {
  const found = [];
  const visit = (folder, trail) => {
    if (trail.includes(folder)) {
      found.push([...trail.slice(trail.indexOf(folder)), folder].map(packageOfFolder).join(' → '));
      return;
    }
    for (const name of Object.keys(manifests.get(folder)?.dependencies ?? {}).filter(isOurs)) {
      visit(folderOfPackage(name), [...trail, folder]);
    }
  };
  for (const folder of manifests.keys()) visit(folder, []);
  return [...new Set(found)];
}

/** An npm package that is declared and never imported is dead weight in every image. */
function unusedNpm(root, folder, manifest) {
  const used = new Set(
    sourceFiles(root, folder, { withGenerated: true })
      .filter((file) => /\.ts$/.test(file))
      .flatMap((file) => ts.preProcessFile(readFileSync(path.join(root, file), 'utf8')).importedFiles)
      .map(({ fileName }) => fileName.split('/', fileName.startsWith('@') ? 2 : 1).join('/')),
  );
  return Object.keys(manifest.dependencies ?? {})
    .filter((name) => !isOurs(name) && !used.has(name))
    .map((name) => `depends on ${name} and never imports it`);
}

const manifestsOnDisk = () => new Map(packageFolders().map((folder) => [folder, manifestOf(folder)]));

export function packageProblems(root, manifests = manifestsOnDisk()) {
  const problems = [...manifests].flatMap(([folder, manifest]) => {
    if (layerOf(folder) === undefined) return [`${folder} is not in the table of layers`];
    if (manifest === undefined) return [`${folder} has no package.json`];
    return [
      ...problemsOfForm(folder, manifest),
      ...Object.entries(manifest.dependencies ?? {}).flatMap((each) =>
        problemsOfDependency(folder, each, false),
      ),
      ...Object.entries(manifest.devDependencies ?? {}).flatMap((each) =>
        problemsOfDependency(folder, each, true),
      ),
      ...unusedNpm(root, folder, manifest),
    ].map((problem) => `${folder}/package.json ${problem}`);
  });
  return [...problems, ...cycles(manifests).map((cycle) => `packages need each other: ${cycle}`)];
}
