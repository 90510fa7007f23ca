import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/*
 * From the day format 1 is frozen on, its goldens are never made again, whatever a change needs: vaults of that day must stay readable.
 * To freeze it: put the SHA-256 of every file of `goldenFiles` here (the test of this folder says them when one is missing), and 'frozen'.
 */

export const goldenFiles = ['chunker.json', 'codecs.json', 'managed-vault.json', 'private-vault.json', 'refused.json'] as const

export const freeze: {
  readonly state: 'open' | 'frozen'
  readonly sha256: Readonly<Partial<Record<(typeof goldenFiles)[number], string>>>
} = {
  state: 'open',
  sha256: {},
}

export const sha256Of = (file: (typeof goldenFiles)[number]): string =>
  createHash('sha256')
    .update(readFileSync(new URL(file, import.meta.url)))
    .digest('hex')

/** For who makes goldens. */
export function requireNotFrozen(): void {
  if (freeze.state === 'frozen') throw new Error('Format 1 is frozen: its goldens are never made again (docs/vault-format.md).')
}
