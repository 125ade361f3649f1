import './base64-globals';
export * from './gen/syncline/internal/v1/delta';
export * from './gen/syncline/internal/v1/events';
export * from './gen/syncline/internal/v1/merge';
export * from './gen/syncline/internal/v1/session';
