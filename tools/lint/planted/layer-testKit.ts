// path: libs/simulation/src/planted-layer.ts
// rule: syncline/layers:layer
export * from '@syncline/gateway'; // planted
export * from '@syncline/merge'; // planted
export * from '@syncline/delta'; // planted
export * from '@syncline/standalone'; // planted
export * from '@syncline/bridge'; // planted
export * from '@syncline/cli'; // planted
export * from '@syncline/console'; // planted
export * from '@syncline/core';
export * from '@syncline/policies';
export * from '@syncline/ports';
export * from '@syncline/flows';
export * from '@syncline/proto';
export * from '@syncline/wire';
export * from '@syncline/memory';
export * from '@syncline/client';
