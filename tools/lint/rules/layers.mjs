import { isBuiltin } from 'node:module';
import path from 'node:path';
import { allowedNpm, folderOfPackage, layerOf, mayImport } from '../layers.mjs';
import { importSources } from '../import-sources.mjs';
import { folderOfFile, isTestFile, manifestOf, root } from '../workspace.mjs';

const workspaceScope = '@syncline/';
const packageName = (source) => source.split('/', source.startsWith('@') ? 2 : 1).join('/');

function declares(manifest, name, isTest) {
  return (
    manifest?.dependencies?.[name] !== undefined ||
    (isTest && manifest?.devDependencies?.[name] !== undefined)
  );
}

function relativeProblem(from, source) {
  const target = path.resolve(path.dirname(from.filename), source);
  const inside =
    target === path.join(root, from.folder) || target.startsWith(path.join(root, from.folder) + path.sep);
  return inside ? undefined : { messageId: 'leavesPackage' };
}

function workspaceProblem(from, source) {
  const name = packageName(source);
  const target = folderOfPackage(name);
  if (target === undefined) return { messageId: 'unknownPackage', data: { name } };
  if (target === from.folder) return { messageId: 'ownPackage' };
  if (!mayImport(from.folder, target, from)) {
    return { messageId: 'layer', data: { from: layerOf(from.folder), to: layerOf(target), name } };
  }
  const subpath = `.${source.slice(name.length)}`;
  const targetManifest = manifestOf(target);
  if (targetManifest === undefined) return { messageId: 'unknownPackage', data: { name } };
  if (targetManifest.exports?.[subpath] === undefined)
    return { messageId: 'deepImport', data: { name, source } };
  if (!declares(from.manifest, name, from.isTest)) return { messageId: 'undeclared', data: { name } };
  return undefined;
}

function npmProblem(from, source) {
  const name = packageName(source);
  const allowed = allowedNpm(from.folder);
  const isTestOnly = from.isTest && from.manifest?.devDependencies?.[name] !== undefined;
  if (allowed !== 'declared' && !allowed.includes(name) && !isTestOnly) {
    const rootTestTool = from.isTest && manifestOf('.').devDependencies[name] !== undefined;
    return rootTestTool ? undefined : { messageId: 'npm', data: { folder: from.folder, name } };
  }
  return declares(from.manifest, name, from.isTest) ? undefined : { messageId: 'undeclared', data: { name } };
}

function problemWith(from, source) {
  if (source.startsWith('.') || path.isAbsolute(source)) return relativeProblem(from, source);
  if (isBuiltin(source)) return undefined;
  if (source.startsWith('#')) return { messageId: 'npm', data: { folder: from.folder, name: source } };
  return source.startsWith(workspaceScope) ? workspaceProblem(from, source) : npmProblem(from, source);
}

export default {
  meta: {
    type: 'problem',
    docs: { description: 'keeps every import inside the table of layers' },
    schema: [],
    messages: {
      layer: 'The layer {{from}} may not import {{name}} (layer {{to}}).',
      unknownFolder: '{{folder}} is not in the table of layers (tools/lint/layers.mjs).',
      unknownPackage: '{{name}} is no package of this workspace.',
      ownPackage: 'A package imports its own files by relative paths.',
      leavesPackage: 'A relative import may not leave its package; import the package by its name.',
      deepImport: '{{name}} does not export {{source}}.',
      npm: '{{folder}} may not use the npm package {{name}}.',
      undeclared: '{{name}} is not among the dependencies in the package.json of this package.',
    },
  },
  create(context) {
    const folder = folderOfFile(context.filename);
    if (folder === undefined) return {};
    if (layerOf(folder) === undefined) {
      return {
        Program: ({ body, loc }) =>
          context.report({ loc: body[0]?.loc ?? loc, messageId: 'unknownFolder', data: { folder } }),
      };
    }
    const from = {
      filename: context.filename,
      folder,
      isTest: isTestFile(context.filename),
      manifest: manifestOf(folder),
    };
    return importSources((node, source) => {
      const problem = problemWith(from, source);
      if (problem !== undefined) context.report({ node, ...problem });
    });
  },
};
