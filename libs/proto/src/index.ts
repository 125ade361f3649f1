import './base64-globals';
export * from './gen/syncline/v1/artifacts';
export * from './gen/syncline/v1/changes';
export * from './gen/syncline/v1/collections';
export * from './gen/syncline/v1/conflicts';
export * from './gen/syncline/v1/devices';
export * from './gen/syncline/v1/errors';
export * from './gen/syncline/v1/history';
export * from './gen/syncline/v1/keys';
export * from './gen/syncline/v1/members';
export * from './gen/syncline/v1/pages';
export * from './gen/syncline/v1/policies';
export * from './gen/syncline/v1/presence';
export * from './gen/syncline/v1/records';
export * from './gen/syncline/v1/resolver';
export * from './gen/syncline/v1/session';
export * from './gen/syncline/v1/spaces';
export * from './gen/syncline/v1/subscriptions';
export * from './gen/syncline/v1/sync';
export * from './gen/syncline/v1/tenants';
export {
  BadRequest,
  BadRequest_FieldViolation,
  ErrorInfo,
  RequestInfo,
  RetryInfo,
} from './gen/google/rpc/error_details';
export { Status } from './gen/google/rpc/status';
export { Any } from './gen/google/protobuf/any';
export { Duration } from './gen/google/protobuf/duration';
export { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
export { PROTOCOL_VERSION } from './protocol-version';
