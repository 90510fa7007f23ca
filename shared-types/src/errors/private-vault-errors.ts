import type { ErrorSpec } from './error-spec.ts'

/** Part of the registry: vaults whose keys the hub does not have. */
export const privateVaultErrors = {
  'vault.private': {
    category: 'precondition',
    title: 'The hub cannot read this vault.',
    cure: 'Unlock the vault in your browser, or do it on a device that keeps its backups there.',
  },
  'vault.keys-awaited': {
    category: 'precondition',
    title: 'The device has not been given the keys of its private vault yet.',
    cure: 'Let it in on the vault\u2019s page, or with `holdfast-hub vault approve`; compare both fingerprints.',
  },
  'vault.keys-changed': {
    category: 'corrupt',
    title: 'The hub offers another vault, or other keys, than this device was let into.',
    cure: 'Back nothing up until you know why. If the vault was changed on purpose, enrol the device anew.',
  },
  'vault.keys-invalid': {
    category: 'invalid-input',
    title: 'These key objects do not belong to this vault or device.',
    cure: 'Make them anew from what the hub says of the vault and the device.',
  },
  'vault.keys-conflict': {
    category: 'conflict',
    title: 'Other objects are stored under this id already.',
    cure: 'Load the vault again; what is stored is never replaced.',
  },
  'vault.slot-not-found': {
    category: 'not-found',
    title: 'The vault has no such key slot.',
    cure: 'Load the vault\u2019s key slots again.',
  },
  'vault.slot-needed': {
    category: 'precondition',
    title: 'A private vault always keeps a passphrase and recovery words that open it.',
    cure: 'Add a new one of the same kind first, try it, and then remove this one.',
  },
  'vault.slot-unusable': {
    category: 'corrupt',
    title: 'The new key was stored, but it does not open the vault.',
    cure: 'Keep the old ones: they are untouched. Have the vault checked, and try again.',
  },
} as const satisfies Record<string, ErrorSpec>
