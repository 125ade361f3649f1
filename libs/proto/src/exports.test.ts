import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const generated = (folder: string) =>
  readdirSync(path.join(__dirname, 'gen', folder))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `./gen/${folder}/${file.slice(0, -'.ts'.length)}`);

const exportedBy = (file: string) =>
  [...readFileSync(path.join(__dirname, file), 'utf8').matchAll(/export \* from '([^']+)'/g)].map(
    ([, from]) => from,
  );

const isService = (file: string) => file.endsWith('_service');
const devices = generated('syncline/v1');

describe('what the package exports', () => {
  test('the index has every message that devices speak, and no gRPC', () => {
    expect(exportedBy('index.ts')).toEqual(devices.filter((file) => !isService(file)).sort());
    const grpc = devices.filter((file) => !isService(file)).filter((file) => importsGrpc(file));
    expect(grpc).toEqual([]);
  });

  test('services has every service', () => {
    expect(exportedBy('services.ts')).toEqual(devices.filter(isService).sort());
  });

  test('internal has what services speak among themselves', () => {
    expect(exportedBy('internal.ts')).toEqual(generated('syncline/internal/v1').sort());
  });
});

function importsGrpc(file: string): boolean {
  return readFileSync(path.join(__dirname, `${file}.ts`), 'utf8').includes('"@grpc/grpc-js"');
}
