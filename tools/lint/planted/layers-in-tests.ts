// path: libs/core/src/planted-layer.test.ts
// rule: syncline/layers:layer
export * from '@syncline/flows'; // planted
export * from '@syncline/postgres'; // planted
export * from '@syncline/gateway'; // planted
export * from '@syncline/memory';
export * from '@syncline/port-contracts';
export * from 'fast-check';
