// path: examples/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/wire'; // planted
export * from '@syncline/flows'; // planted
export * from '@syncline/postgres'; // planted
export * from '@syncline/service-kit'; // planted
export * from '@syncline/port-contracts'; // planted
export * from '@syncline/standalone'; // planted
export * from '@syncline/core';
export * from '@syncline/policies';
export * from '@syncline/proto';
export * from '@syncline/client';
export * from '@syncline/client-node';
export * from '@syncline/memory';
