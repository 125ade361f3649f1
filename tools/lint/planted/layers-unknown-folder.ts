// path: libs/utils/src/planted-folder.ts
// rule: syncline/layers:unknownFolder
export * from '@syncline/core'; // planted
