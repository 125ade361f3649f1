// path: apps/gateway/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/port-contracts'; // planted
export * from '@syncline/simulation'; // planted
export * from '@syncline/core';
export * from '@syncline/ports';
export * from '@syncline/flows';
export * from '@syncline/wire';
export * from '@syncline/memory';
export * from '@syncline/postgres';
export * from '@syncline/telemetry';
export * from '@syncline/client';
export * from '@syncline/merge';
