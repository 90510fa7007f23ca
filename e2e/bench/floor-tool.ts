import { fileURLToPath } from 'node:url'
import type { PieceHashName } from './floor/hashes.ts'
import { measureCommand, noServants } from './measure-command.ts'
import { floorName } from './targets.ts'
import type { Tool } from './tool.ts'

const program = fileURLToPath(new URL('./floor/measure-floor.ts', import.meta.url))

/** The floor of a first backup: read, hash, compress and seal, on two threads; nothing is deduplicated or stored. */
export const floorTool = (hash: PieceHashName): Tool => ({
  name: floorName,
  version: `of ${hash}, zstd 1 and AES-256-GCM`,
  steps: ['first'],
  begin: () =>
    Promise.resolve({
      backUp: (source, stop) =>
        measureCommand(floorName, { file: process.execPath, args: [program, source, hash], env: {} }, noServants, stop),
      restore: () => Promise.reject(new Error('the floor stores nothing')),
      restoredPath: (source) => source,
      storedBytes: () => null,
      check: () => Promise.resolve(),
      end: () => Promise.resolve(),
    }),
})
