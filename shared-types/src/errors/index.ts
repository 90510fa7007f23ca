/** Errors without the schemas: for threads that begin with each run, and load neither zod (100 ms) nor all contracts. */
export * from './app-error.ts'
export * from './error-category.ts'
export * from './error-facts.ts'
export * from './error-registry.ts'
export * from './wire-error.ts'
