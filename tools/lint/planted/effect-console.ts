// path: libs/core/src/planted-console.ts
// rule: syncline/effects:console
console.log('hello'); // planted
export const { warn } = console; // planted
