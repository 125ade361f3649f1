/**
 * Proves that the lint rules notice what they forbid. Each file in planted/ is linted as if it stood at the
 * path in its first line; every line that ends in `// planted` must be reported by the rule in its second
 * line, and no other line by that rule. `rule:message` and `// planted: message` ask for that very message.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ESLint } from 'eslint';
import ts from 'typescript';
import { layers } from './layers.mjs';
import { effectKinds } from './rules/effects.mjs';
import { root } from './workspace.mjs';

const folder = path.join(root, 'tools/lint/planted');

function readPlant(file) {
  const text = readFileSync(path.join(folder, file), 'utf8');
  const [, pretendedPath] = /^\/\/ path: (\S+)\n/.exec(text) ?? [];
  const [, rule, messageId] = /^\/\/ rule: ([^\s:]+)(?::(\w+))?\n/m.exec(text) ?? [];
  if (pretendedPath === undefined || rule === undefined) throw new Error(`${file}: needs a path and a rule`);
  const expected = text.split('\n').flatMap((lineText, index) => {
    const mark = /\/\/ planted(?:: (\w+))?$/.exec(lineText);
    return mark === null ? [] : [{ line: index + 1, message: mark[1] ?? messageId }];
  });
  return { file, text, rule, messageId, expected, filename: path.join(root, pretendedPath) };
}

/** The rules that ask for types see the planted files where they pretend to be. */
function programOver(plants) {
  const texts = new Map(plants.map(({ filename, text }) => [filename, text]));
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) =>
    texts.has(name)
      ? ts.createSourceFile(name, texts.get(name), target, true)
      : getSourceFile.call(host, name, target, ...rest);
  return ts.createProgram({ rootNames: [...texts.keys()], options, host });
}

function problemsOf(plant, messages) {
  const found = messages.filter(
    ({ ruleId, messageId }) =>
      ruleId === plant.rule && (plant.messageId === undefined || messageId === plant.messageId),
  );
  const isReported = ({ line, message }) =>
    found.some((each) => each.line === line && (message === undefined || each.messageId === message));
  const isMarked = (at) => plant.expected.some(({ line }) => line === at);
  const broken = messages.filter(({ fatal }) => fatal).map(({ message }) => `cannot be linted: ${message}`);
  const unnoticed = plant.expected.filter((each) => !isReported(each)).map(({ line }) => line);
  const innocent = found.map(({ line }) => line).filter((line) => !isMarked(line));
  const name = [plant.rule, plant.messageId].filter(Boolean).join(':');
  return [
    ...broken,
    ...(plant.expected.length === 0 ? ['no line is marked'] : []),
    ...unnoticed.map((line) => `line ${line} was not reported by ${name}`),
    ...innocent.map((line) => `line ${line} was reported by ${name} although nothing is wrong with it`),
  ].map((problem) => `${plant.file}: ${problem}`);
}

/** A kind of effect or a layer that no plant covers could be weakened without anybody noticing. */
function uncovered(plants) {
  const kinds = new Set(
    plants.filter(({ rule }) => rule === 'syncline/effects').map((plant) => plant.messageId),
  );
  const rows = new Set(plants.map(({ file }) => /^layer-(\w+)\.ts$/.exec(file)?.[1]));
  return [
    ...effectKinds.filter((kind) => !kinds.has(kind)).map((kind) => `no plant for the effect ${kind}`),
    ...Object.keys(layers)
      .filter((layer) => !rows.has(layer))
      .map((layer) => `no plant for the layer ${layer}`),
  ];
}

const plants = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map(readPlant);
const { default: config } = await import(pathToFileURL(path.join(root, 'eslint.config.mjs')).href);
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  baseConfig: [
    ...config,
    {
      files: ['**/*.ts'],
      languageOptions: { parserOptions: { project: null, programs: [programOver(plants)] } },
    },
  ],
});

const problems = uncovered(plants);
for (const plant of plants) {
  const [result] = await eslint.lintText(plant.text, { filePath: plant.filename });
  problems.push(...problemsOf(plant, result.messages));
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
const marked = plants.reduce((sum, plant) => sum + plant.expected.length, 0);
process.stdout.write(`${marked} planted violations in ${plants.length} files, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
