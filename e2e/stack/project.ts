import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, whose programs are run as a person would run them. */
export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Committed starter of the command line. */
export const holdfastBin = join(projectRoot, 'agent/bin/holdfast.js')
/** Committed starter of the server. */
export const hubBin = join(projectRoot, 'hub/bin/holdfast-hub.js')

/** Our tests run in the project's Node; its programs run in the same one, from their sources. */
export const nodeArgs = (bin: string, args: readonly string[]): string[] => ['-C', '@holdfast/source', bin, ...args]
