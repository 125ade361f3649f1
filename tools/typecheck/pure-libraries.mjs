/** Libraries that are type-checked without Node and without a browser. */
export const pureLibraries = ['core', 'policies', 'ports', 'flows', 'client', 'wire'];
