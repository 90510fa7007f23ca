import type { EntryType, SnapshotEntry } from '@holdfast/shared-types'
import type { MessageKey } from '../../platform/i18n/text.ts'

interface EntryLook {
  readonly icon: string
  readonly label: MessageKey
}

export const entryLooks: { readonly [T in EntryType]: EntryLook } = {
  file: { icon: 'i-lucide-file', label: 'snapshots.type.file' },
  folder: { icon: 'i-lucide-folder', label: 'snapshots.type.folder' },
  symlink: { icon: 'i-lucide-file-symlink', label: 'snapshots.type.symlink' },
  fifo: { icon: 'i-lucide-cable', label: 'snapshots.type.fifo' },
  socket: { icon: 'i-lucide-plug', label: 'snapshots.type.socket' },
  'char-device': { icon: 'i-lucide-cpu', label: 'snapshots.type.char-device' },
  'block-device': { icon: 'i-lucide-hard-drive', label: 'snapshots.type.block-device' },
  error: { icon: 'i-lucide-file-x', label: 'snapshots.type.error' },
}

const typeLetters: { readonly [T in EntryType]: string } = {
  file: '-',
  folder: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'char-device': 'c',
  'block-device': 'b',
  error: '?',
}

/** `drwxr-sr-x`, as `ls` writes it. */
export function modeText({ type, mode }: Pick<SnapshotEntry, 'type' | 'mode'>): string {
  const bit = (mask: number, letter: string) => ((mode & mask) === 0 ? '-' : letter)
  const special = (execute: number, mask: number, both: string, alone: string) =>
    (mode & mask) === 0 ? bit(execute, 'x') : (mode & execute) === 0 ? alone : both
  const user = bit(0o400, 'r') + bit(0o200, 'w') + special(0o100, 0o4000, 's', 'S')
  const group = bit(0o040, 'r') + bit(0o020, 'w') + special(0o010, 0o2000, 's', 'S')
  const others = bit(0o004, 'r') + bit(0o002, 'w') + special(0o001, 0o1000, 't', 'T')
  return typeLetters[type] + user + group + others
}

export const modeOctal = (mode: number): string => mode.toString(8).padStart(4, '0')

/** `www-data (33)`, or the number alone where the snapshot has no name. */
export const ownerText = (name: string | null, id: number): string => (name === null ? String(id) : `${name} (${id})`)
