/** Writes the TypeScript of every proto file: `npm run proto:generate`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

export function generateInto(folder) {
  const bin = (name) => path.join(root, 'node_modules/.bin', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync(
    bin('protoc'),
    [
      `--plugin=protoc-gen-ts_proto=${bin('protoc-gen-ts_proto')}`,
      `--ts_proto_out=${folder}`,
      `--ts_proto_opt=${options.join(',')}`,
      '--proto_path=proto',
      '--proto_path=node_modules/protoc/include',
      ...protoFiles(path.join(root, 'proto')),
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateInto(generatedFolder);
