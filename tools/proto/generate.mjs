/** Writes the TypeScript of every proto file: `npm run proto:generate`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledFiles } from './compiled.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const generatedFolder = path.join(root, 'libs/proto/src/gen');

const options = [
  'esModuleInterop=true',
  // Payloads are views into the received message, typed Uint8Array, so that browsers can use the same code.
  'env=both',
  // A number that is not a safe integer throws; no field of the protocol needs more.
  'forceLong=number',
  'oneof=unions',
  'snakeToCamel=true',
  'useMapType=true',
  'enumsAsLiterals=true',
  'removeEnumPrefix=true',
  // In JSON a name that is not known is an error of the sender; in binary it stays the number that it is.
  'unrecognizedEnum=false',
  'outputServices=grpc-js',
  'useExactTypes=false',
  'exportCommonSymbols=false',
  // Versions of the tools would change every file with each update.
  'annotateFilesWithVersion=false',
];

export function protoFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.proto'))
    .sort();
}

const bin = (name) => path.join(root, 'node_modules/.bin', name);
const includes = ['--proto_path=proto', '--proto_path=node_modules/protoc/include'];

/** What server reflection tells of the protocol of devices, with every file that it imports. */
function descriptorsText(folder) {
  const devices = protoFiles(path.join(root, 'proto')).filter((file) => file.startsWith('syncline/v1/'));
  const setFile = path.join(folder, 'descriptors.binpb');
  execFileSync(
    bin('protoc'),
    ['--include_imports', `--descriptor_set_out=${setFile}`, ...includes, ...devices],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const files = compiledFiles(readFileSync(setFile));
  rmSync(setFile);
  return [
    '// Written by tools/proto/generate.mjs. Each is a google.protobuf.FileDescriptorProto in base64.\n',
    'export const DEVICE_DESCRIPTORS: readonly string[] = [\n',
    ...files.map((file) => `  '${file.toString('base64')}',\n`),
    '];\n',
  ].join('');
}

export function generateInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync(
    bin('protoc'),
    [
      `--plugin=protoc-gen-ts_proto=${bin('protoc-gen-ts_proto')}`,
      `--ts_proto_out=${folder}`,
      `--ts_proto_opt=${options.join(',')}`,
      ...includes,
      ...protoFiles(path.join(root, 'proto')),
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  for (const file of protoFiles(path.join(root, 'proto')))
    keepEveryKey(path.join(folder, file.replace(/proto$/, 'ts')));
  writeFileSync(path.join(folder, 'descriptors.ts'), descriptorsText(folder));
}

/** Maps become objects without a prototype in JSON: `__proto__`, a fine id, would not become a key of any other. */
function keepEveryKey(file) {
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replaceAll(/(obj\.\w+) = \{\};/g, '$1 = Object.create(null);'),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateInto(generatedFolder);
