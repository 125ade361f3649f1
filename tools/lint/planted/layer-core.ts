// path: libs/core/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/policies'; // planted
export * from '@syncline/ports'; // planted
export * from '@syncline/flows'; // planted
export * from '@syncline/proto'; // planted
export * from '@syncline/wire'; // planted
export * from '@syncline/memory'; // planted
export * from '@syncline/postgres'; // planted
export * from '@syncline/telemetry'; // planted
export * from '@syncline/client'; // planted
export * from '@syncline/simulation'; // planted
export * from '@syncline/gateway'; // planted
export * from './clock';
