import './base64-globals';
export * from './gen/syncline/v1/admin_service';
export * from './gen/syncline/v1/artifacts_service';
export * from './gen/syncline/v1/conflicts_service';
export * from './gen/syncline/v1/devices_service';
export * from './gen/syncline/v1/history_service';
export * from './gen/syncline/v1/keys_service';
export * from './gen/syncline/v1/resolver_service';
export * from './gen/syncline/v1/sync_service';
