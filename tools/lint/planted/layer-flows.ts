// path: libs/flows/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/proto'; // planted
export * from '@syncline/wire'; // planted
export * from '@syncline/memory'; // planted
export * from '@syncline/redis'; // planted
export * from '@syncline/telemetry'; // planted
export * from '@syncline/client'; // planted
export * from '@syncline/simulation'; // planted
export * from '@syncline/merge'; // planted
export * from '@syncline/core';
export * from '@syncline/policies';
export * from '@syncline/ports';
