/** The primitives of a browser, for `reader` and `unlock`. Use it in a worker: it compiles WebAssembly, and hashes on the thread that calls. */
export { browserPrimitives } from './browser-primitives.ts'
