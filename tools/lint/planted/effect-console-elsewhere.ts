// path: libs/memory/src/planted-console.ts
// rule: syncline/effects:console
console.log('hello'); // planted
