import { createRequire } from 'node:module'

const packageOf = createRequire(import.meta.url)('../../package.json') as { readonly version: string }

/** The version of this agent, as released. */
export const agentVersion: string = packageOf.version
