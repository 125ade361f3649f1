// path: libs/ports/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/policies'; // planted
export * from '@syncline/flows'; // planted
export * from '@syncline/proto'; // planted
export * from '@syncline/wire'; // planted
export * from '@syncline/memory'; // planted
export * from '@syncline/nats'; // planted
export * from '@syncline/service-kit'; // planted
export * from '@syncline/client'; // planted
export * from '@syncline/port-contracts'; // planted
export * from '@syncline/delta'; // planted
export * from '@syncline/core';
