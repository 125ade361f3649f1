import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/**
 * Server reflection, in its old and its new form, over compiled proto files: each a serialized `FileDescriptorProto`,
 * with every file that it imports. Of their services, only the named ones are listed.
 */
export function serveReflection(
  server: Server,
  files: readonly Uint8Array[],
  services: readonly string[],
): void {
  const everything = {
    format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
    type: {},
    fileDescriptorProtos: files.map((file) => Buffer.from(file)),
  };
  new ReflectionService({ everything }, { services: [...services] }).addToServer(server);
}
