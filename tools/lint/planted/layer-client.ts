// path: libs/client/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/ports'; // planted
export * from '@syncline/flows'; // planted
export * from '@syncline/memory'; // planted
export * from '@syncline/redis'; // planted
export * from '@syncline/telemetry'; // planted
export * from '@syncline/port-contracts'; // planted
export * from '@syncline/simulation'; // planted
export * from '@syncline/cli'; // planted
export * from '@syncline/core';
export * from '@syncline/policies';
export * from '@syncline/proto';
export * from '@syncline/wire';
