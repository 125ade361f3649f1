export type { Compared } from './compare-copy';
export { type Device, type DeviceOptions, NotTaken, openDevice } from './device';
export { type Content, creates, deletes, operates, patches, updates } from './edits';
export { fileDeviceStore, type FileDeviceStore, type FileStoreOptions, WrongFormat } from './file-store';
export { grpcTransport, type GrpcTransportOptions, plaintext } from './grpc-transport';
export { LogDamaged } from './log-file';
export type { Chance, Clock, Timer } from './machine';
export type { Connection, ConnectionEvents, Transport } from './transport';
export { memoryDeviceStore } from '@syncline/client';
