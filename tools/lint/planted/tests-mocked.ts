// path: libs/core/src/planted-mocked.test.ts
// rule: syncline/tests:mocked
jest.mock('./clock'); // planted
