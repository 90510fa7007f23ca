import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/*
 * From the day format 1 is frozen on, its goldens are never made again, whatever a change needs: vaults of that day must stay readable.
 * Frozen on 2026-11-23 (docs/adr/0023). What a later change needs comes beside them, in files of its own.
 */

export const goldenFiles = ['chunker.json', 'codecs.json', 'managed-vault.json', 'private-vault.json', 'refused.json'] as const

export const freeze: {
  readonly state: 'open' | 'frozen'
  readonly sha256: Readonly<Partial<Record<(typeof goldenFiles)[number], string>>>
} = {
  state: 'frozen',
  sha256: {
    'chunker.json': 'dd3f494919855dacdef1fb7b4629ed959d6fbab22ec1e26e6cbd22b258727dc3',
    'codecs.json': '7edbb293bb78ac769409c60a98716fa58c29046cca02c1547f834950ea54fbe0',
    'managed-vault.json': '9e1a51148d94c902365f8684458a05d7f55f8507a041512d865c4341db51c974',
    'private-vault.json': 'be274f4c4dcac144d2eb370c84748a8880255f86a53694c7147015a75d0ec7db',
    'refused.json': '3576bf01abb0ff622206cf5c18b4ac6ea2dc7f33cbf4945ed138ab940532a658',
  },
}

export const sha256Of = (file: (typeof goldenFiles)[number]): string =>
  createHash('sha256')
    .update(readFileSync(new URL(file, import.meta.url)))
    .digest('hex')

/** For who makes goldens. */
export function requireNotFrozen(): void {
  if (freeze.state === 'frozen') throw new Error('Format 1 is frozen: its goldens are never made again (docs/vault-format.md).')
}
