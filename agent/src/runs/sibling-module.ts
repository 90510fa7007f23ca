import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The address of a module in the same folder, with the ending of the one that asks: .ts from sources, .js when built. */
export const siblingModule = (ownUrl: string, name: string): URL => new URL(`./${name}${extname(fileURLToPath(ownUrl))}`, ownUrl)
