// path: libs/wire/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/policies'; // planted
export * from '@syncline/ports'; // planted
export * from '@syncline/memory'; // planted
export * from '@syncline/postgres'; // planted
export * from '@syncline/service-kit'; // planted
export * from '@syncline/client'; // planted
export * from '@syncline/simulation'; // planted
export * from '@syncline/gateway'; // planted
export * from '@syncline/core';
export * from '@syncline/flows';
export * from '@syncline/proto';
