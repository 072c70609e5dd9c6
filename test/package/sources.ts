/** What `node build.ts` reads, and no more is needed: the package is built of these in a folder of their own. */
export const builtFrom = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'build.ts', 'src', 'console', 'docs'] as const
