/** Proves that in a pure library the outside world does not even type-check. */
import path from 'node:path';
import ts from 'typescript';
import { root } from '../lint/workspace.mjs';
import { pureLibraries } from './pure-libraries.mjs';

const outsideWorld = [
  'process',
  'Buffer',
  'setTimeout',
  'queueMicrotask',
  'console',
  'performance',
  'crypto',
  'fetch',
  'document',
  'require',
  "import('node:fs')",
];

function unnoticedIn(library) {
  const folder = path.join(root, 'libs', library);
  const { config } = ts.readConfigFile(path.join(folder, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const file = path.join(folder, 'src/planted.ts');
  const text = outsideWorld.map((use, index) => `export const use${index} = ${use};\n`).join('');
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, target, ...rest) =>
    name === file
      ? ts.createSourceFile(name, text, target, true)
      : getSourceFile.call(host, name, target, ...rest);
  const program = ts.createProgram({ rootNames: [file], options, host });
  const source = program.getSourceFile(file);
  const reported = new Set(
    program
      .getSemanticDiagnostics(source)
      .map(({ start = 0 }) => source.getLineAndCharacterOfPosition(start).line),
  );
  return outsideWorld.filter((_use, line) => !reported.has(line));
}

const problems = pureLibraries.flatMap((library) =>
  unnoticedIn(library).map((use) => `libs/${library}: ${use} type-checks, although the library is pure`),
);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
