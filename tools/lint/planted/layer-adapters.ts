// path: libs/memory/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/policies'; // planted
export * from '@syncline/flows'; // planted
export * from '@syncline/proto'; // planted
export * from '@syncline/wire'; // planted
export * from '@syncline/postgres'; // planted
export * from '@syncline/nats'; // planted
export * from '@syncline/redis'; // planted
export * from '@syncline/telemetry'; // planted
export * from '@syncline/client'; // planted
export * from '@syncline/port-contracts'; // planted
export * from '@syncline/simulation'; // planted
export * from '@syncline/standalone'; // planted
export * from '@syncline/core';
export * from '@syncline/ports';
